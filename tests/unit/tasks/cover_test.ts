/** Sound with a cover: what becomes of the cover, and what is told of it. */
import { test } from "node:test";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  AVError,
  frames,
  MemorySink,
  probe,
  remux,
  remuxSync,
  thumbnail,
  thumbnails,
  transcode,
} from "../../../mod.ts";
import { fixture } from "../../support/async_sources.ts";
import { madeBy } from "../../support/made.ts";

/** A second of sound with a picture of 32x24. */
function song(codec: string, name: string, picture = "mjpeg"): Uint8Array<ArrayBuffer> {
  const sound = ["-f", "lavfi", "-i", "sine=d=1"];
  const cover = ["-f", "lavfi", "-i", "color=s=32x24:d=0.04", "-map", "0", "-map", "1"];
  const format = picture === "mjpeg" ? ["-pix_fmt", "yuvj420p"] : [];
  const codecs = ["-c:a", codec, "-c:v", picture, ...format, "-disposition:v", "attached_pic"];
  return madeBy([...sound, ...cover, ...codecs], name);
}

const m4a = song("aac", "cover.m4a");
const mp3 = song("libmp3lame", "cover.mp3");

test("sound that is encoded again keeps its cover in the formats that have covers", async () => {
  const inputs = { m4a, png: song("aac", "png.m4a", "png"), flac: song("flac", "cover.flac") };
  for (const [from, bytes] of Object.entries(inputs)) {
    for (const [format, codec] of [["mp3", "mp3"], ["flac", "flac"], ["ipod", "aac"]]) {
      const sink = new MemorySink();
      const { dropped } = await transcode(bytes, sink, { format });
      assertEquals(dropped, [], `${from} to ${format}`);
      const { streams } = await probe(sink.take());
      const told = streams.map((stream) => [stream.codec.name, stream.isCoverArt]);
      assertEquals(told, [[codec, false], [from === "png" ? "png" : "mjpeg", true]]);
    }
  }
  const sink = new MemorySink();
  const { dropped } = await transcode(m4a, sink, { format: "mp3", video: false });
  assertEquals(dropped.map(({ reason }) => reason), ["video is not wanted"]);
});

test("a cover that a .mka file does not hold is told with the format that does", async () => {
  const { dropped } = await remux(mp3, new MemorySink(), { name: "song.mka" });
  assertEquals(dropped.map(({ index, reason }) => [index, reason]), [
    [1, 'a file named .mka is for sound alone; the format "matroska" holds pictures as well'],
  ]);
  const whole = await remux(mp3, new MemorySink(), { name: "song.mka", format: "matroska" });
  assertEquals(whole.dropped, []);
});

test("where the format takes no stream, the error names them and the muxer's reason", async () => {
  const says = /header: .*: the format refuses the streams 0 \(aac\), 1 \(mjpeg\): .*MP3 audio/;
  const options = { format: "mp3" };
  const { message } = assertThrows(() => remuxSync(m4a, new MemorySink(), options), AVError);
  assert(says.test(message), message);
  const later = await assertRejects(() => remux(m4a, new MemorySink(), options), AVError);
  assert(says.test(later.message), later.message);
  // That of amr says nothing: the function is named once all the same.
  const silent = { format: "amr" };
  const refused = assertThrows(() => remuxSync(m4a, new MemorySink(), silent), AVError);
  assert(/refuses the streams 0 \(aac\)$/.test(refused.message), refused.message);
});

test("streams that the program leaves out by name are no dropped ones", async () => {
  const options = { format: "matroska", streams: ["a"] as const };
  assertEquals((await remux(m4a, new MemorySink(), options)).dropped, []);
  assertEquals(remuxSync(m4a, new MemorySink(), options).dropped, []);
});

test("the first picture and the first sound are at 0, not a part of a microsecond off", async () => {
  assertEquals((await thumbnail(mp3)).time, 0);
  for await (const { time } of thumbnails(mp3, [0])) assertEquals(time, 0);
  for (const bytes of [mp3, fixture("mp3.mp3"), fixture("mpegts.ts")]) {
    for await (const { timestamp } of frames(bytes, { stream: "audio" })) {
      assert(Object.is(timestamp, 0), String(timestamp));
      break;
    }
  }
});
