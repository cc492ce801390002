/**
 * The common part of the commands that write an OUTPUT: the checks of where it goes, Ctrl-C, the
 * progress bar, and what is told at the end.
 *
 * @module
 */
import process from "node:process";
import { END_OF_INPUT, type EndOfInput } from "../../async/main/end_of_input.ts";
import type { TranscodeResult } from "../../codec/transcode/options.ts";
import type { RemuxResult } from "../../format/remux/options.ts";
import type { Sink } from "../../io/contract.ts";
import type { RemuxOptions } from "../../tasks/remux_options.ts";
import { checkExtension, checkFormat, optionsExplained } from "../formats.ts";
import { Interruption } from "../interruption.ts";
import { LibavErrors } from "../libav_errors.ts";
import { progressBar } from "../progress.ts";
import { type FileSet, openBoth, writeSet } from "../sets.ts";
import { asUsageError } from "../specifier.ts";
import { print, printError } from "../standard.ts";
import { checkOutput, neverWaits, openOutput } from "../targets.ts";
import { pairs, UsageError } from "../usage.ts";

/** The options that all of them have. */
export const outputOptions = {
  format: { type: "string", short: "f" },
  streams: { type: "string" },
  option: { type: "string", short: "o", multiple: true },
  json: { type: "boolean" },
  yes: { type: "boolean", short: "y" },
} as const;

/** {@link outputOptions} as they are given. */
interface OutputValues {
  readonly format?: string;
  readonly option?: string[];
  readonly json?: boolean;
  readonly yes?: boolean;
}

/** Throws where OUTPUT cannot be written as it is asked for. */
export function checkTarget(
  inputs: readonly string[],
  to: string,
  { format, json, yes = false }: OutputValues,
): void {
  for (const from of inputs) checkOutput(from, to, yes);
  if (format !== undefined) checkFormat(format);
  else if (to === "-") throw new UsageError("standard output has no extension: give -f FORMAT");
  else checkExtension(to);
  if (json && to === "-") throw new UsageError("standard output is taken by OUTPUT");
}

/** Says on standard error which streams are not in the output. */
function tellDropped({ dropped }: RemuxResult | TranscodeResult): void {
  for (const { index, type, codec, reason } of dropped) {
    printError(`avio: left out stream ${index} (${type}, ${codec}): ${reason}\n`);
  }
}

/** A task that writes OUTPUT. */
interface Writing<Result> {
  /** The files that INPUT brings along. */
  readonly origin?: FileSet;
  /** Runs the task, with the options that all tasks have. */
  run(output: Sink | string | undefined, common: RemuxOptions & EndOfInput): Promise<Result>;
  /** Says on standard error what else there is to say. */
  tell?(result: Result): void;
}

/** Runs a task that writes OUTPUT to its end, and answers the exit code. */
export async function writeOutput<Result extends RemuxResult | TranscodeResult>(
  inputs: readonly string[],
  to: string,
  { format, option, json }: OutputValues,
  { origin, run, tell }: Writing<Result>,
): Promise<number> {
  const options = pairs("-o", option);
  const target = writeSet({ input: inputs[0], output: to, format, options });
  // Where a pipe may hold this thread up, no signal would be heard: there it ends everything.
  const heard = neverWaits(to) && inputs.every((from) => from === "-" || neverWaits(from));
  using interruption = heard ? new Interruption() : undefined;
  const open = openBoth(origin?.open, target, to);
  const errors = new LibavErrors();
  // A program that reads the output may use the terminal itself.
  const bar = process.stderr.isTTY && to !== "-" ? progressBar() : undefined;
  try {
    const output = target === undefined ? openOutput(to, interruption?.signal) : undefined;
    const done = await run(output, {
      ...(format !== undefined && { format }),
      ...(bar && { onProgress: bar.show }),
      ...(origin && { input: { name: origin.name } }),
      ...(target && { name: target.name }),
      ...(open && { open }),
      ...(interruption && {
        signal: interruption.signal,
        [END_OF_INPUT]: interruption.ending,
      }),
      onLog: errors.onLog,
      options,
    });
    if (json) print(JSON.stringify(done, null, 2));
    tellDropped(done);
    // An interruption ends the input, and has been told.
    if (done.truncated && interruption?.exitCode === undefined) {
      printError("avio: the input ends early: the output is not all of it\n");
    }
    tell?.(done);
  } catch (error) {
    if (!interruption?.explains(error)) throw asUsageError(optionsExplained(error));
  } finally {
    bar?.clear();
  }
  if (interruption?.exitCode !== undefined) return interruption.exitCode;
  errors.tell();
  return 0;
}
