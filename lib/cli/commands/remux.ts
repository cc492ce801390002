/** `avio remux`: the same packets in another container. @module */
import { remux as copy } from "../../tasks/remux.ts";
import { mainOf, readSet } from "../sets.ts";
import { parseStreams } from "../specifier.ts";
import { openInput } from "../targets.ts";
import { type Command, parse, range } from "../usage.ts";
import { checkTarget, outputOptions, writeOutput } from "./write_output.ts";

const options = {
  ...outputOptions,
  start: { type: "string" },
  end: { type: "string" },
} as const;

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
    const cut = range(values);
    checkTarget([from], to, values);
    const streams = values.streams === undefined ? undefined : parseStreams(values.streams);
    const origin = readSet(from);
    const input = mainOf(origin, openInput(from));
    return await writeOutput([from], to, values, {
      origin,
      run: (output, common) =>
        copy(input, output, { ...common, ...cut, ...(streams && { streams }) }),
    });
  },
};
