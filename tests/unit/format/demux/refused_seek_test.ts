/** A seek that libavformat refuses: what it had read for the opening is not missed in silence. */
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  AVError,
  Demuxer,
  DemuxerSync,
  frames,
  MemorySink,
  remux,
  remuxSync,
} from "../../../../mod.ts";

function made(words: string): Uint8Array {
  const done = spawnSync("ffmpeg", ["-v", "error", ...words.split(" "), "-"], {
    maxBuffer: 1 << 26,
  });
  if (done.status !== 0) throw new Error(String(done.stderr));
  return new Uint8Array(done.stdout);
}

const picture = "-f lavfi -i testsrc=size=32x32:rate=25:duration=2";
const formats = [
  { name: "a.mjpeg", bytes: made(`${picture} -c:v mjpeg -f mjpeg`), format: "jpeg_pipe" },
  { name: "a.png", bytes: made(`${picture} -c:v png -f image2pipe`), format: "png_pipe" },
  { name: "a.swf", bytes: made(`${picture} -c:v flv -f swf`), format: "swf" },
];
const refusal = "its first packets are gone";

for (const { name, bytes, format } of formats) {
  const input = { name, format };

  test(`${format}: reading after a refused seek is an error, and so is no packet`, async () => {
    using demuxer = DemuxerSync.open(bytes, input);
    assertThrows(() => demuxer.seek(1), AVError);
    assertThrows(() => demuxer.read(), AVError, refusal);
    await using other = await Demuxer.open(bytes, input);
    await assertRejects(() => other.seek(1), AVError);
    await assertRejects(() => other.read(), AVError, refusal);
  });

  // Its demuxer does not begin anew at the first byte.
  if (format === "swf") {
    test("swf: a cut and its frames are refused", async () => {
      const cut = { format: "nut", start: 0.5, end: 1, input };
      assertThrows(() => remuxSync(bytes, new MemorySink(), cut), AVError, refusal);
      await assertRejects(() => remux(bytes, new MemorySink(), cut), AVError, refusal);
      const shown = frames(bytes, { start: 0.5, end: 1, ...input });
      await assertRejects(() => shown.next(), AVError, "avformat_seek_file");
    });
    continue;
  }

  test(`${format}: a cut is found from the beginning`, async () => {
    const options = { format: "nut", start: 0.5, end: 1, input };
    const sink = new MemorySink();
    const { packets } = remuxSync(bytes, sink, options);
    using all = DemuxerSync.open(bytes, input);
    const sums = (packets: DemuxerSync) => Array.from(packets, ({ data }) => String(data));
    using cut = DemuxerSync.open(sink.take());
    const [own, whole] = [sums(cut), sums(all)];
    const at = whole.indexOf(own[0]);
    assertEquals(own, whole.slice(at, at + own.length));
    assertEquals(own.length, packets);
    assertEquals([at, at + own.length], [12, 25]);
    assertEquals((await remux(bytes, new MemorySink(), options)).packets, packets);
  });

  test(`${format}: frames of a part are those of the whole`, async () => {
    const times = async (part: { start?: number; end?: number }) => {
      const found: number[] = [];
      for await (const { timestamp } of frames(bytes, { ...part, ...input })) found.push(timestamp);
      return found;
    };
    const whole = (await times({})).filter((time) => time > 5e5 - 4e4 && time < 7e5);
    assertEquals(await times({ start: 0.5, end: 0.7 }), whole);
    assertEquals(whole.length, 6);
  });
}
