import { test } from "node:test";
import { assert } from "@std/assert";
import { createHash } from "node:crypto";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { DemuxerSync, MemorySink, remuxSync } from "../../mod.ts";
import { generated } from "../support/media.ts";

const targets = [
  { format: "matroska", options: {} },
  { format: "mp4", options: {} },
  { format: "mp4", options: { movflags: "frag_keyframe+empty_moov+default_base_moof" } },
  { format: "mpegts", options: {} },
  { format: "nut", options: {} },
] as const;

const files = generated();

// The tool rebuilds audio times from the sample rate (av_rescale_delta) where the input counts in
// milliseconds; the library rescales what the input says. The packets themselves must be the same.
const rebuilt = new Set(["flv.flv"]);
const folder = ".cache/remux";
mkdirSync(folder, { recursive: true });

/** Every packet in one line: what `framehash` would tell of it. */
function lines(bytes: Uint8Array): string[] {
  using input = DemuxerSync.open(bytes);
  const found: string[] = [];
  try {
    for (const packet of input) {
      const hash = createHash("sha256").update(packet.data).digest("hex").slice(0, 16);
      found.push(
        [
          packet.streamIndex,
          packet.pts,
          packet.dts,
          packet.duration,
          packet.size,
          packet.isKeyframe,
          hash,
        ]
          .join(" "),
      );
    }
  } catch (error) {
    found.push(String(error));
  }
  return found;
}

function tool(
  path: string,
  format: string,
  options: Record<string, string>,
): Uint8Array | undefined {
  const out = `${folder}/${basename(path)}.${format}${Object.keys(options).length}`;
  // The tool adds 0.7 s of mux delay of its own; the library does not.
  const delay = ["-muxdelay", "0", "-muxpreload", "0"];
  const words = ["-v", "error", "-nostdin", "-y", "-copyts", "-i", path, "-map", "0", "-c", "copy"];
  for (const [name, value] of Object.entries(options)) words.push(`-${name}`, value);
  const done = spawnSync("ffmpeg", [...words, ...delay, "-f", format, out], { encoding: "utf8" });
  return done.status === 0 ? new Uint8Array(readFileSync(out)) : undefined;
}

for (const { format, options } of targets) {
  const title = Object.keys(options).length > 0 ? `fragmented ${format}` : format;
  test(`remuxSync to ${title} writes what ffmpeg -c copy writes (${files.length} files)`, () => {
    const wrong: string[] = [];
    const same: string[] = [];
    const refused: string[] = [];
    for (const { name, path } of files) {
      const expected = tool(path, format, options);
      const sink = new MemorySink();
      let failure: unknown;
      try {
        remuxSync(new Uint8Array(readFileSync(path)), sink, { format, options, input: { name } });
      } catch (error) {
        failure = error;
      }
      if (expected === undefined || failure !== undefined) {
        if ((expected === undefined) === (failure !== undefined)) refused.push(name);
        else {wrong.push(
            `${name}: ours ${failure ?? "written"}, ffmpeg ${expected ? "written" : "refused"}`,
          );}
        continue;
      }
      const [ours, theirs] = [lines(sink.take()), lines(expected)];
      const at = ours.findIndex((line, i) => line !== theirs[i]);
      if (at >= 0 && rebuilt.has(name)) {
        const payloads = (all: string[]) => all.map((line) => line.split(" ").at(-1)).sort().join();
        if (payloads(ours) === payloads(theirs)) same.push(name);
        else wrong.push(`${name}: other payloads`);
      } else if (at < 0 && ours.length === theirs.length) same.push(name);
      else {wrong.push(
          `${name}: ${ours.length}/${theirs.length} #${at}: ${ours[at]} | ${theirs[at]}`,
        );}
    }
    console.log(`${title}: ${same.length} the same, ${refused.length} refused by both`);
    assert(wrong.length === 0, `${wrong.length} differ:\n${wrong.join("\n")}`);
  });
}
