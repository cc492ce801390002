/** `avio thumbnail`: a picture of a video. @module */
import { writeFileSync } from "node:fs";
import type { ImageType } from "../../codec/image_encoder.ts";
import { thumbnail as make } from "../../tasks/thumbnail.ts";
import { checkOutput, isWeb, openInput, toPath } from "../targets.ts";
import { writeAll } from "../standard.ts";
import { type Command, parse, seconds, UsageError, wholeNumber } from "../usage.ts";

const options = {
  time: { type: "string" },
  width: { type: "string" },
  height: { type: "string" },
  quality: { type: "string" },
  type: { type: "string" },
  y: { type: "boolean", short: "y" },
} as const;

const types: Readonly<Record<string, ImageType>> = {
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  png: "image/png",
  webp: "image/webp",
  rgba: "rgba",
};

function typeOf(given: string | undefined, output: string): ImageType {
  const name = given ?? (output === "-" ? "jpg" : /\.([^./\\]+)$/.exec(output)?.[1] ?? "");
  const type = types[name.toLowerCase()];
  if (type !== undefined) return type;
  throw new UsageError(
    given === undefined
      ? `${JSON.stringify(output)} has no extension of an image (jpg, png, webp): give --type`
      : `--type takes ${Object.keys(types).join(", ")}, not ${JSON.stringify(given)}`,
  );
}

/** `avio thumbnail`. */
export const thumbnail: Command = {
  usage: "thumbnail INPUT OUTPUT [--time S] [--width W] [--height H]",
  summary: "a picture of a video: upright, its shape kept",
  details: [
    "--time S      what is shown at S: seconds or HH:MM:SS; default the beginning",
    "--width W     pixels at most",
    "--height H    pixels at most",
    "--quality Q   from 0 to 1, of jpg and webp",
    "--type T      jpg, png, webp or rgba (the pixels); without it, OUTPUT's extension says,",
    "              and jpg goes to standard output",
    "-y            writes over an OUTPUT that is there",
  ],
  async run(args) {
    const { values, positionals: [from, to] } = parse(args, options, ["INPUT", "OUTPUT"]);
    const type = typeOf(values.type, to);
    const quality = values.quality === undefined ? undefined : Number(values.quality);
    if (quality !== undefined && !(quality >= 0 && quality <= 1)) {
      throw new UsageError(`--quality takes a number from 0 to 1, not ${values.quality}`);
    }
    checkOutput(from, to, values.y ?? false);
    if (isWeb(to)) throw new UsageError("a thumbnail is written to a file or to -");
    const made = await make(openInput(from), {
      time: seconds("--time", values.time) ?? 0,
      width: wholeNumber("--width", values.width),
      height: wholeNumber("--height", values.height),
      type,
      quality,
    });
    if (to === "-") writeAll(1, made.data);
    else writeFileSync(toPath(to), made.data);
    return 0;
  },
};
