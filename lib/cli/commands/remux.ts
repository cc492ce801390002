/** `avio remux`: the same packets in another container. @module */
import process from "node:process";
import type { RemuxResult } from "../../format/remux/options.ts";
import { remux as copy } from "../../tasks/remux.ts";
import { END_OF_INPUT } from "../../async/main/end_of_input.ts";
import { LibavErrors } from "../libav_errors.ts";
import { checkExtension, checkFormat, optionsExplained } from "../formats.ts";
import { checkOutput, neverWaits, openInput, openOutput } from "../targets.ts";
import { Interruption } from "../interruption.ts";
import { progressBar } from "../progress.ts";
import { print, printError } from "../standard.ts";
import { mainOf, openBoth, readSet, writeSet } from "../sets.ts";
import { asUsageError, parseStreams } from "../specifier.ts";
import { type Command, pairs, parse, seconds, UsageError } from "../usage.ts";

const options = {
  format: { type: "string", short: "f" },
  start: { type: "string" },
  end: { type: "string" },
  streams: { type: "string" },
  option: { type: "string", short: "o", multiple: true },
  json: { type: "boolean" },
  y: { type: "boolean", short: "y" },
} as const;

/** Says on standard error which streams are not in the output. */
export function tellDropped({ dropped, truncated }: RemuxResult): void {
  for (const { index, type, codec, reason } of dropped) {
    printError(`avio: left out stream ${index} (${type}, ${codec}): ${reason}\n`);
  }
  if (truncated) printError("avio: the input ends early: the output is not all of it\n");
}

/** `avio remux`. */
export const remux: Command = {
  usage: "remux INPUT OUTPUT [-f FORMAT] [--start S] [--end S] [--streams L] [-o key=value] [-y]",
  summary: "the same packets in another container, nothing encoded again",
  details: [
    "-f FORMAT     the output's format; without it, its extension says",
    "--start S     from the keyframe at or before S: seconds or HH:MM:SS",
    "--end S       up to S",
    "--streams L   v, V (no cover), a, s, d, t, v:0 or an index, with commas between;",
    "              without it every video, audio, subtitle and attachment that the format holds",
    "-o key=value  an option of the output's format, as often as needed",
    "-y            writes over an OUTPUT that is there",
    "--json        what was done, on standard output",
    "playlists, segments and numbered images are read and written in their own folder alone",
    "a URL as OUTPUT gets a PUT request with the bytes as they come",
  ],
  async run(args) {
    const { values, positionals: [from, to] } = parse(args, options, ["INPUT", "OUTPUT"]);
    const start = seconds("--start", values.start);
    const end = seconds("--end", values.end);
    if (end !== undefined && end <= (start ?? 0)) {
      throw new UsageError("--end is not after --start");
    }
    const muxerOptions = pairs("-o", values.option);
    checkOutput(from, to, values.y ?? false);

    const streams = values.streams === undefined ? undefined : parseStreams(values.streams);
    if (values.format !== undefined) checkFormat(values.format);
    else if (to === "-") throw new UsageError("standard output has no extension: give -f FORMAT");
    else checkExtension(to);
    const target = writeSet({
      input: from,
      output: to,
      format: values.format,
      options: muxerOptions,
    });
    if (values.json && to === "-") throw new UsageError("standard output is taken by OUTPUT");
    const origin = readSet(from);
    const input = mainOf(origin, openInput(from));

    // Where a pipe may hold this thread up, no signal would be heard: there it ends everything.
    const heard = neverWaits(to) && (from === "-" || neverWaits(from));
    using interruption = heard ? new Interruption() : undefined;
    const open = openBoth(origin?.open, target, to);
    const errors = new LibavErrors();
    // A program that reads the output may use the terminal itself.
    const bar = process.stderr.isTTY && to !== "-" ? progressBar() : undefined;
    try {
      const output = target === undefined ? openOutput(to, interruption?.signal) : undefined;
      const done = await copy(input, output, {
        ...(values.format === undefined ? {} : { format: values.format }),
        ...(start === undefined ? {} : { start }),
        ...(end === undefined ? {} : { end }),
        ...(streams === undefined ? {} : { streams }),
        ...(bar === undefined ? {} : { onProgress: bar.show }),
        ...(origin === undefined ? {} : { input: { name: origin.name } }),
        ...(target === undefined ? {} : { name: target.name }),
        ...(open === undefined ? {} : { open }),
        ...(interruption === undefined
          ? {}
          : { signal: interruption.signal, [END_OF_INPUT]: interruption.ending }),
        onLog: errors.onLog,
        options: muxerOptions,
      });
      if (values.json) print(JSON.stringify(done, null, 2));
      tellDropped(done);
    } catch (error) {
      if (!interruption?.explains(error)) throw asUsageError(optionsExplained(error));
    } finally {
      bar?.clear();
    }
    if (interruption?.exitCode !== undefined) return interruption.exitCode;
    errors.tell();
    return 0;
  },
};
