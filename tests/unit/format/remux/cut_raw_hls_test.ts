/** HLS of mp3 segments without ID3 timestamps: after a seek libavformat's times would be wrong. */
import { Buffer } from "node:buffer";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { DemuxerSync, directory, MemorySink, remux, remuxSync } from "../../../../mod.ts";
import { scratch } from "../../../support/made.ts";

const MP3_FRAME_SECONDS = 1152 / 44_100;

test("a cut of HLS with raw mp3 segments begins at the packet that sounds at start", async () => {
  using folder = scratch();
  const list = join(folder.path, "raw.m3u8");
  const options = "write_xing=0:id3v2_version=0";
  const segments = ["-f", "segment", "-segment_time", "3", "-segment_format", "mp3"];
  const lists = ["-segment_list", list, "-segment_format_options", options];
  const tone = ["-f", "lavfi", "-i", "sine=duration=12:sample_rate=44100", "-c:a", "libmp3lame"];
  const arguments_ = ["-v", "error", ...tone, ...segments, ...lists];
  execFileSync("ffmpeg", [...arguments_, join(folder.path, "raw%d.mp3")]);
  const input = { open: directory(folder.path), name: "raw.m3u8" };
  const payloads = (demuxer: DemuxerSync) =>
    Array.from(demuxer, ({ data }) => Buffer.from(data).toString("base64"));
  using demuxer = DemuxerSync.open(list, input);
  const all = payloads(demuxer);
  const check = (sink: MemorySink) => {
    using cut = DemuxerSync.open(sink.take());
    const at = all.indexOf(payloads(cut)[0]);
    assertEquals(at, Math.floor(5 / MP3_FRAME_SECONDS));
  };
  const sync = new MemorySink();
  remuxSync(list, sync, { format: "matroska", start: 5, end: 8, input });
  check(sync);
  const other = new MemorySink();
  await remux(list, other, { format: "matroska", start: 5, end: 8, input });
  check(other);
});
