/** `avio transcode`: other codecs, sizes and rates. @module */
import type { AudioTarget, VideoTarget } from "../../codec/transcode/options.ts";
import { transcode as run } from "../../tasks/transcode.ts";
import { mainOf, readSet } from "../sets.ts";
import { parseStreams } from "../specifier.ts";
import { printError } from "../standard.ts";
import { openInput } from "../targets.ts";
import {
  bitsPerSecond,
  type Command,
  pairs,
  parse,
  range,
  UsageError,
  wholeNumber,
} from "../usage.ts";
import { checkTarget, outputOptions, writeOutput } from "./write_output.ts";

const options = {
  ...outputOptions,
  video: { type: "string" },
  audio: { type: "string" },
  width: { type: "string" },
  height: { type: "string" },
  fit: { type: "string" },
  rate: { type: "string" },
  "video-bitrate": { type: "string" },
  "audio-bitrate": { type: "string" },
  "sample-rate": { type: "string" },
  channels: { type: "string" },
  "video-option": { type: "string", multiple: true },
  "audio-option": { type: "string", multiple: true },
  start: { type: "string" },
  end: { type: "string" },
} as const;

/** `copy`, `none`, a codec, or what else is asked for; undefined where nothing is. */
function targetOf<T extends object>(
  codec: string | undefined,
  asked: T,
): T | "copy" | false | undefined {
  const given = Object.fromEntries(
    Object.entries(asked).filter(([, value]) => value !== undefined),
  );
  const nothing = Object.keys(given).length === 0;
  if (codec === "copy" || codec === "none") {
    if (!nothing) throw new UsageError(`${codec} takes no ${Object.keys(given).join(", ")}`);
    return codec === "copy" ? "copy" : false;
  }
  if (codec === undefined && nothing) return undefined;
  return { ...(codec !== undefined && { codec }), ...given } as T;
}

function optionsOf(name: string, texts: readonly string[] | undefined) {
  return texts === undefined ? undefined : pairs(name, texts);
}

function rate(text: string | undefined): VideoTarget["frameRate"] {
  if (text === undefined) return undefined;
  const [, num, den] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  if (num !== undefined && Number(den) > 0) return { num: Number(num), den: Number(den) };
  if (/^\d+(\.\d+)?$/.test(text) && Number(text) > 0) return Number(text);
  throw new UsageError(`--rate takes frames a second, such as 25 or 30000/1001, not ${text}`);
}

/** `avio transcode`. */
export const transcode: Command = {
  usage: "transcode INPUT OUTPUT [--video CODEC] [--width W] [--audio CODEC] …",
  summary: "other codecs, sizes and rates; what needs no change is copied",
  details: [
    "--video CODEC, --audio CODEC        h264, aac, … or an encoder; copy; none",
    "--width W, --height H, --fit F      pixels; contain (bars), cover (cut) or fill",
    "--rate R                            frames a second",
    "--video-bitrate B, --audio-bitrate B  bits a second: 800k, 2M",
    "--sample-rate R, --channels N       of the sound",
    "--video-option K=V, --audio-option K=V  an option of the encoder, as often as needed",
    "--start S, --end S                  seconds or HH:MM:SS, exact for what is encoded",
    "--streams L                         v, a, s, v:0 or an index, with commas between",
    "-f FORMAT, -o key=value             the output's format, and its options",
    "--json                              what was done, on standard output",
    "-y                                  writes over an OUTPUT that is there",
  ],
  async run(args) {
    const { values, positionals: [from, to] } = parse(args, options, ["INPUT", "OUTPUT"]);
    const cut = range(values);
    const video = targetOf<VideoTarget>(values.video, {
      width: wholeNumber("--width", values.width),
      height: wholeNumber("--height", values.height),
      fit: values.fit as VideoTarget["fit"],
      frameRate: rate(values.rate),
      bitRate: bitsPerSecond("--video-bitrate", values["video-bitrate"]),
      options: optionsOf("--video-option", values["video-option"]),
    });
    const audio = targetOf<AudioTarget>(values.audio, {
      bitRate: bitsPerSecond("--audio-bitrate", values["audio-bitrate"]),
      sampleRate: wholeNumber("--sample-rate", values["sample-rate"]),
      channels: wholeNumber("--channels", values.channels),
      options: optionsOf("--audio-option", values["audio-option"]),
    });
    if (values.fit !== undefined && !["contain", "cover", "fill"].includes(values.fit)) {
      throw new UsageError(`--fit takes contain, cover or fill, not ${values.fit}`);
    }
    checkTarget([from], to, values);
    const streams = values.streams === undefined ? undefined : parseStreams(values.streams);
    const origin = readSet(from);
    const input = mainOf(origin, openInput(from));
    return await writeOutput([from], to, values, {
      origin,
      run: (output, common) =>
        run(input, output, {
          ...common,
          ...cut,
          ...(streams && { streams }),
          ...(video !== undefined && { video }),
          ...(audio !== undefined && { audio }),
        }),
      tell: ({ damaged }) => {
        if (damaged > 0) printError(`avio: damaged and left out: ${damaged} packets\n`);
      },
    });
  },
};
