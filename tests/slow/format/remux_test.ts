/**
 * Every file remuxed by this module and by `ffmpeg -c copy`, and the two outputs compared packet
 * by packet: the corpus that `AVIO_CORPUS` names, or the generated fixtures without one.
 */
import { test } from "node:test";
import { assert } from "@std/assert";
import { readFileSync } from "node:fs";
import { extname } from "node:path";
import { MemorySink, MuxerSync, probeSync } from "../../../mod.ts";
import { ffmpegCopy, ffmpegVersion, muxers } from "../../support/copy.ts";
import { type Job, judge, remuxed } from "../../support/corpus/judge.ts";
import { corpus, generated, type MediaFile } from "../../support/media.ts";

const files = corpus().length > 0 ? corpus() : generated();

const before5 = /version [0-4]\./.test(ffmpegVersion());

function hasVp9(bytes: Uint8Array, name: string): boolean {
  return probeSync(bytes, { name }).streams.some(({ codec }) => codec.name === "vp9");
}

function report(title: string, jobOf: (file: MediaFile, bytes: Uint8Array) => Job): void {
  test(`remuxSync to ${title} writes what ffmpeg -c copy writes (${files.length} files)`, () => {
    const counts = new Map<string, number>();
    const wrong: string[] = [];
    for (const file of files) {
      const bytes = new Uint8Array(readFileSync(file.path));
      const job = jobOf(file, bytes);
      const own = remuxed(bytes, file.name, job);
      const ask = (extra: readonly string[] = []) =>
        ffmpegCopy(file.path, job.format, job.options, { extra, streams: own.streams });
      const verdict = judge(
        own,
        ask(),
        before5 && hasVp9(bytes, file.name),
        () => ask(["-bsf:a", "aac_adtstoasc"]),
      );
      if ("wrong" in verdict) wrong.push(`${file.name}: ${verdict.wrong}`);
      else counts.set(verdict.as, (counts.get(verdict.as) ?? 0) + 1);
    }
    const told = Array.from(counts, ([as, count]) => `${count} ${as}`).join(", ");
    console.log(`remux to ${title}: ${told}`);
    assert(wrong.length === 0, `${wrong.length} differ:\n${wrong.join("\n")}`);
    assert((counts.get("equal") ?? 0) > files.length / 4, `too few are equal: ${told}`);
  });
}

const movflags = "frag_keyframe+empty_moov+default_base_moof";
report("matroska", () => ({ format: "matroska", options: {} }));
report("mp4", () => ({ format: "mp4", options: {} }));
report("fragmented mp4", () => ({ format: "mp4", options: { movflags } }));
report("mpegts", () => ({ format: "mpegts", options: {} }));
report("nut", () => ({ format: "nut", options: {} }));

const known = muxers();

report("its own format", ({ name }, bytes) => {
  const like = `out${extname(name)}`;
  try {
    MuxerSync.create(new MemorySink(), { name: like }).close();
    return { format: { like }, options: {} };
  } catch {
    // No muxer has the name's ending: the demuxer's name may be a muxer's, or both must refuse.
    const named = probeSync(bytes, { name }).format.name.split(",");
    const format = named.find((one) => known.has(one)) ?? { like };
    // The tool's -muxdelay 0, which the muxer of program streams orders its packs by.
    const options: Job["options"] = format === "mpeg" ? { max_delay: "0" } : {};
    return { format, options };
  }
});
