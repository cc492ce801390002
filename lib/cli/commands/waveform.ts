/** `avio waveform`: the shape of a sound. @module */
import { writeFileSync } from "node:fs";
import { waveform as measure } from "../../tasks/waveform.ts";
import { print, writeAll } from "../standard.ts";
import { checkOutput, openInput, toPath } from "../targets.ts";
import { clock, table } from "../text.ts";
import { type Command, parse, seconds, UsageError, wholeNumber } from "../usage.ts";
import { waveformSvg } from "../waveform_svg.ts";

const options = {
  svg: { type: "string" },
  json: { type: "boolean" },
  points: { type: "string" },
  start: { type: "string" },
  end: { type: "string" },
  y: { type: "boolean", short: "y" },
} as const;

const DEFAULT_POINTS = 800;
/** Rows of the table for people. */
const TABLE_POINTS = 20;
const BAR_CHARACTERS = 40;

/** `avio waveform`. */
export const waveform: Command = {
  usage: "waveform INPUT [--svg FILE | --json] [--points N] [--start S] [--end S]",
  summary: "the lowest and highest samples of a sound, as a picture or as numbers",
  details: [
    "--svg FILE    a picture, a row a channel; - for standard output",
    "--json        { duration, peaks }: lowest and highest in turn, an array a channel",
    `--points N    parts that the sound is cut into; default ${DEFAULT_POINTS}`,
    "--start S     from S: seconds or HH:MM:SS",
    "--end S       up to S",
    "-y            writes over a FILE that is there",
  ],
  async run(args) {
    const { values, positionals: [from] } = parse(args, options, ["INPUT"]);
    const { svg, json } = values;
    if (svg !== undefined && json) throw new UsageError("--svg and --json: give one of them");
    if (svg !== undefined) checkOutput(from, svg, values.y ?? false);
    const given = wholeNumber("--points", values.points);
    const points = given ?? (svg === undefined && !json ? TABLE_POINTS : DEFAULT_POINTS);
    const { duration, peaks } = await measure(openInput(from), {
      points,
      start: seconds("--start", values.start),
      end: seconds("--end", values.end),
    });
    if (json) {
      print(JSON.stringify({ duration, peaks: peaks.map((channel) => [...channel]) }));
    } else if (svg === undefined) {
      const loudest = Array.from(
        { length: points },
        (_, i) => Math.max(...peaks.map((p) => Math.max(-p[i * 2], p[i * 2 + 1]))),
      );
      for (const row of table(loudest.map((peak, i) => bar(i * duration / points, peak)))) {
        print(row);
      }
    } else {
      const picture = new TextEncoder().encode(waveformSvg({ duration, peaks }));
      if (svg === "-") writeAll(1, picture);
      else writeFileSync(toPath(svg), picture);
    }
    return 0;
  },
};

function bar(time: number, peak: number): string[] {
  const length = Math.round(Math.min(Math.max(peak, 0), 1) * BAR_CHARACTERS);
  return [clock(time), peak.toFixed(3), "#".repeat(length)];
}
