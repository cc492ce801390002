/** Numeric fields of copied parameters: as the tool writes them, by codec and format. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { MemorySink, remuxSync } from "../../../mod.ts";
import { ffmpeg, setFolder } from "../../support/sets.ts";

const sources: [string, string[]][] = [
  ["ac3.mkv", ["-c:a", "ac3", "-b:a", "192k"]],
  ["ac3.avi", ["-c:a", "ac3", "-b:a", "192k"]],
  ["mp3.avi", ["-c:a", "libmp3lame"]],
  ["mp3.wav", ["-c:a", "libmp3lame"]],
  ["adpcm.wav", ["-c:a", "adpcm_ima_wav"]],
  ["pcm.avi", ["-c:a", "pcm_s16le"]],
];
const targets: [string, string][] = [["avi", "avi"], ["matroska", "mkv"], ["wav", "wav"], [
  "nut",
  "nut",
]];

const folder = setFolder("block_align", (path) => {
  for (const [name, codec] of sources) {
    const sine = ["-f", "lavfi", "-i", "sine=duration=3:sample_rate=44100"];
    ffmpeg([...sine, ...codec, "-fflags", "+bitexact", name], path);
  }
});

const fields = "codec_name,codec_tag_string,sample_rate,channels,bits_per_sample,bit_rate," +
  "time_base,start_pts,duration_ts,nb_frames,initial_padding";
function described(path: string): string {
  const entries = `stream=${fields}:packet=pts,dts,duration,size`;
  return execFileSync("ffprobe", ["-v", "error", "-show_entries", entries, "-of", "csv", path], {
    encoding: "utf8",
  });
}

test("Audio copied into another format has the tool's fields and times, AC-3 and MP3 too", () => {
  let compared = 0;
  for (const [name] of sources) {
    for (const [format, extension] of targets) {
      const input = join(folder, name);
      // The folder is shared with the same test on other runtimes.
      const own = (side: string) => join(folder, `${side}.${process.pid}.${extension}`);
      const [ours, theirs] = [own("ours"), own("theirs")];
      try {
        ffmpeg(["-i", input, "-c", "copy", "-fflags", "+bitexact", "-f", format, theirs]);
      } catch {
        continue;
      }
      const sink = new MemorySink();
      remuxSync(input, sink, { format, options: { fflags: "+bitexact" } });
      writeFileSync(ours, sink.take());
      assertEquals(described(ours), described(theirs), `${name} to ${format}`);
      assertEquals(
        readFileSync(ours).length,
        readFileSync(theirs).length,
        `${name} to ${format}`,
      );
      compared++;
    }
  }
  assert(compared >= 10, `${compared}`);
});
