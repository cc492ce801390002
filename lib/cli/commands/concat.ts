/** `avio concat`: parts of the same codecs, one after the other. @module */
import { concat as join } from "../../tasks/concat.ts";
import { parseStreams } from "../specifier.ts";
import { openInput } from "../targets.ts";
import { type Command, parseSome, UsageError } from "../usage.ts";
import { checkTarget, outputOptions, writeOutput } from "./write_output.ts";

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
    const { values, positionals } = parseSome(args, outputOptions, ["INPUT", "OUTPUT"]);
    const inputs = positionals.slice(0, -1);
    const to = positionals[positionals.length - 1];
    checkTarget(inputs, to, values);
    if (inputs.filter((from) => from === "-").length > 1) {
      throw new UsageError("standard input can be one INPUT only");
    }
    const streams = values.streams === undefined ? undefined : parseStreams(values.streams);
    return await writeOutput(inputs, to, values, {
      run: (output, common) =>
        join(inputs.map((from) => openInput(from)), output, {
          ...common,
          ...(streams && { streams }),
        }),
    });
  },
};
