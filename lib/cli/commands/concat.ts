/** `avio concat`: parts of the same codecs, one after the other. @module */
import process from "node:process";
import { END_OF_INPUT } from "../../async/main/end_of_input.ts";
import { concat as join } from "../../tasks/concat.ts";
import { checkExtension, checkFormat, optionsExplained } from "../formats.ts";
import { Interruption } from "../interruption.ts";
import { LibavErrors } from "../libav_errors.ts";
import { progressBar } from "../progress.ts";
import { openBoth, writeSet } from "../sets.ts";
import { asUsageError, parseStreams } from "../specifier.ts";
import { print } from "../standard.ts";
import { checkOutput, neverWaits, openInput, openOutput } from "../targets.ts";
import { type Command, pairs, parseSome, UsageError } from "../usage.ts";
import { tellDropped } from "./remux.ts";

const options = {
  format: { type: "string", short: "f" },
  streams: { type: "string" },
  option: { type: "string", short: "o", multiple: true },
  json: { type: "boolean" },
  yes: { type: "boolean", short: "y" },
} as const;

/** `avio concat`. */
export const concat: Command = {
  usage: "concat INPUT… OUTPUT [-f FORMAT] [--streams v:0,a] [-o key=value] [-y]",
  summary: "parts of the same codecs one after the other, nothing encoded again",
  details: [
    "-f FORMAT     the output's format; without it, its extension says",
    "--streams L   v, V (no cover), a, s, d, t, v:0 or an index, with commas between",
    "-o key=value  an option of the output's format, as often as needed",
    "-y            writes over an OUTPUT that is there",
    "--json        what was done, on standard output",
  ],
  async run(args) {
    const { values, positionals } = parseSome(args, options, ["INPUT", "OUTPUT"]);
    const inputs = positionals.slice(0, -1);
    const to = positionals[positionals.length - 1];
    for (const from of inputs) checkOutput(from, to, values.yes === true);
    if (inputs.filter((from) => from === "-").length > 1) {
      throw new UsageError("standard input can be one INPUT only");
    }
    if (values.format !== undefined) checkFormat(values.format);
    else if (to === "-") throw new UsageError("standard output has no extension: give -f FORMAT");
    else checkExtension(to);
    if (values.json && to === "-") throw new UsageError("standard output is taken by OUTPUT");
    const streams = values.streams === undefined ? undefined : parseStreams(values.streams);
    const muxerOptions = pairs("-o", values.option);
    const { format } = values;
    const target = writeSet({ input: inputs[0], output: to, format, options: muxerOptions });
    // Where a pipe may hold this thread up, no signal would be heard: there it ends everything.
    const heard = neverWaits(to) && inputs.every((from) => from === "-" || neverWaits(from));
    using interruption = heard ? new Interruption() : undefined;
    const open = openBoth(undefined, target, to);
    const errors = new LibavErrors();
    const bar = process.stderr.isTTY ? progressBar() : undefined;
    try {
      const output = target === undefined ? openOutput(to, interruption?.signal) : undefined;
      const done = await join(inputs.map((from) => openInput(from)), output, {
        ...(format === undefined ? {} : { format }),
        ...(streams === undefined ? {} : { streams }),
        ...(bar === undefined ? {} : { onProgress: bar.show }),
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
