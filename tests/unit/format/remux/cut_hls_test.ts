/** Cuts of HLS: right, or an error, and never a file without packets. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { AVError, DemuxerSync, MemorySink, remuxSync } from "../../../../mod.ts";
import { scratch } from "../../../support/made.ts";
import { ffmpeg } from "../../../support/sets.ts";

const coded = ["-c:v", "libx264", "-preset", "veryfast", "-g", "50", "-c:a", "aac"];

for (const kind of ["mpegts", "fmp4"]) {
  test(`a cut of HLS with ${kind} segments has its pictures, or is an error`, () => {
    using folder = scratch();
    ffmpeg([
      ...["-f", "lavfi", "-i", "testsrc2=duration=12:size=160x96:rate=25"],
      ...["-f", "lavfi", "-i", "sine=duration=12", ...coded, "-f", "hls", "-hls_time", "4"],
      ...["-hls_playlist_type", "vod", "-hls_segment_type", kind],
      join(folder.path, "main.m3u8"),
    ]);
    const files = new Map(
      readdirSync(folder.path).map((name) => [name, readFileSync(join(folder.path, name))]),
    );
    const open = (url: string) => {
      const bytes = files.get(url.split("/").at(-1)!);
      return bytes && { read: readerOf(bytes), size: bytes.length };
    };
    const sink = new MemorySink();
    const options = { format: "matroska", start: 6.5, end: 9, input: { name: "main.m3u8", open } };
    try {
      remuxSync(new Uint8Array(files.get("main.m3u8")!), sink, options);
    } catch (error) {
      assert(kind === "fmp4" && error instanceof AVError, String(error));
      assertEquals(error.operation, "avformat_seek_file");
      assert(/no packet (after|follows) a seek/.test(error.message), error.message);
      return;
    }
    using cut = DemuxerSync.open(sink.take());
    const shown = Array.from(cut).filter(({ streamIndex }) =>
      cut.streams[streamIndex].type === "video"
    );
    // From the keyframe at 6 s to 9 s, and the pictures that those refer to.
    assert(shown[0].isKeyframe && shown.length >= 75 && shown.length < 80, `${shown.length}`);
  });
}

function readerOf(bytes: Uint8Array) {
  return (into: Uint8Array, position: number) => {
    const part = bytes.subarray(position, position + into.length);
    into.set(part);
    return part.length;
  };
}
