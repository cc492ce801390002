/**
 * Which container an output gets.
 *
 * @module
 */
import { AVError } from "../error.ts";
import { formatMeant, listFormats } from "../info.ts";
import { didYouMean, nearest } from "../suggest.ts";
import { UsageError } from "./usage.ts";

type Muxer = ReturnType<typeof listFormats>["muxers"][number];

/** Throws unless `format` is a muxer here; the message names the one that was probably meant. */
export function checkFormat(format: string, muxers: readonly Muxer[] = listFormats().muxers): void {
  const names = muxers.flatMap((muxer) => muxer.name.split(","));
  if (names.includes(format)) return;
  throw new UsageError(
    `no output format ${JSON.stringify(format)} here${didYouMean(formatMeant(format, muxers))}`,
  );
}

/** Throws unless some muxer here goes by the name's extension. */
export function checkExtension(
  name: string,
  muxers: readonly Muxer[] = listFormats().muxers,
): void {
  const extension = /\.([^./\\]+)$/.exec(name)?.[1].toLowerCase() ?? "";
  const known = muxers.flatMap((muxer) => [...muxer.extensions]);
  if (known.includes(extension)) return;
  const near = extension === "" ? undefined : nearest(extension, known);
  throw new UsageError(
    `${name} does not say which format to write: give -f FORMAT${
      didYouMean(near === undefined ? undefined : `.${near}`)
    }`,
  );
}

/** The error as one of usage, where a muxer has refused an option that it does not know. */
export function optionsExplained(error: unknown): unknown {
  if (!(error instanceof AVError) || error.operation !== "avformat_write_header") return error;
  const names = /unknown options? ("[^\n;]*")(; did you mean "[^\n"]*"\?)?$/.exec(error.message);
  return names === null ? error : new UsageError(
    `the output's format has no option ${names[1]} to give with -o${names[2] ?? ""}`,
  );
}
