/** `avio remux`: the same packets in another container. @module */
import process from "node:process";
import { probeSync } from "../../tasks/probe.ts";
import { remuxSync } from "../../format/remux.ts";
import { checkExtension, checkFormat } from "../formats.ts";
import { checkDistinct, lastReader, openInput, openOutput } from "../places.ts";
import { progressBar } from "../progress.ts";
import { selectStreams } from "../specifier.ts";
import { type Command, pairs, parse, seconds, UsageError } from "../usage.ts";

const options = {
  format: { type: "string", short: "f" },
  start: { type: "string" },
  end: { type: "string" },
  streams: { type: "string" },
  option: { type: "string", short: "o", multiple: true },
} as const;

/** `avio remux`. */
export const remux: Command = {
  usage: "remux INPUT OUTPUT [-f FORMAT] [--start S] [--end S] [--streams v:0,a] [-o key=value]",
  summary: "the same packets in another container, nothing encoded again",
  details: [
    "-f FORMAT     the output's format; without it, its extension says",
    "--start S     from the keyframe at or before S: seconds or HH:MM:SS",
    "--end S       up to S",
    "--streams L   v, a, s, d, t, v:0 or an index, with commas between",
    "-o key=value  an option of the output's format, as often as needed",
  ],
  run(args) {
    const { values, positionals: [from, to] } = parse(args, options, ["INPUT", "OUTPUT"]);
    const start = seconds("--start", values.start);
    const end = seconds("--end", values.end);
    if (end !== undefined && end <= (start ?? 0)) {
      throw new UsageError("--end is not after --start");
    }
    const muxerOptions = pairs("-o", values.option);
    checkDistinct(from, to);

    const byName = values.streams !== undefined;
    const input = openInput(from, byName);
    const sink = openOutput(to);
    if (values.format !== undefined) checkFormat(values.format);
    else if (to === "-") throw new UsageError("standard output has no extension: give -f FORMAT");
    else checkExtension(to);

    const streams = byName
      ? selectStreams(values.streams ?? "", probeSync(input, {}).streams)
      : undefined;
    lastReader(input);
    const bar = process.stderr.isTTY ? progressBar() : undefined;
    try {
      remuxSync(input, sink, {
        ...(values.format === undefined ? {} : { format: values.format }),
        ...(start === undefined ? {} : { start }),
        ...(end === undefined ? {} : { end }),
        ...(streams === undefined ? {} : { streams }),
        ...(bar === undefined ? {} : { onProgress: bar.show }),
        options: muxerOptions,
      });
    } finally {
      bar?.clear();
    }
    return 0;
  },
};
