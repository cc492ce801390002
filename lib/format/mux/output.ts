/**
 * The beginning of a muxer: its format, its output, and who answers for its files.
 *
 * @module
 */
import { cString, native, type Pointer, PointerSlot } from "../../../ffi/mod.ts";
import type { OptionValue } from "../../dictionary.ts";
import { AVERROR, AVError } from "../../error.ts";
import type { OpenHookSync, SinkSync } from "../../io/contract.ts";
import { IOContext } from "../../io/avio/io_context.ts";
import type { IOCore } from "../../io/avio/context_core.ts";
import {
  discardOutput,
  localPath,
  type OpenedOutput,
  openOutput,
  type OutputSync,
} from "../../io/input.ts";
import { assertHookResult } from "../../io/nested/hook_call.ts";
import { isSequenceName } from "../../io/nested/sequence.ts";
import { checkMuxer, muxerSandbox } from "../../io/nested/sandbox.ts";
import { guessMuxer, type MuxerGuess } from "../../io/nested/muxer_guess.ts";
import { fileSet } from "../../io/nested/muxer_settings.ts";
import { release, releasedAfter } from "../../io/avio/release.ts";
import { formatMeant, listFormats } from "../../info.ts";
import { didYouMean } from "../../suggest.ts";
import { withLogSuppressed } from "../../log/capture.ts";
import type { MuxerSyncOptions } from "./options.ts";
import { checkReadBack, withReadBack } from "./read_back.ts";

/** An allocated muxer: the context is the caller's, who hands the I/O to it. */
export interface AllocatedOutput {
  readonly pointer: Pointer;
  readonly io: IOCore;
  readonly options: Record<string, OptionValue>;
  readonly open: OpenHookSync | undefined;
  /** The output's own, where it is one file. */
  readonly url?: string;
  /** To be called when everything is written. */
  readonly writeMainFile: () => void;
  /** To be called once the header is written. */
  readonly commit?: (() => void) | undefined;
}

// The output of a muxer that writes files of its own.
const nullSink: SinkSync = { write() {}, seekable: false };

/** Opens the output and allocates the muxer (`avformat_alloc_output_context2`). */
export function allocateOutput(
  given: OutputSync | undefined,
  options: MuxerSyncOptions,
): AllocatedOutput {
  let taken = false;
  const take = (output: OutputSync, limits: MuxerSyncOptions): OpenedOutput => {
    taken = true;
    return openOutput(output, limits);
  };
  try {
    return allocate(localPath(given), options, take);
  } catch (error) {
    throw releasedAfter(error, () => {
      if (!taken) discardOutput(given);
    });
  }
}

function allocate(
  given: OutputSync | undefined,
  options: MuxerSyncOptions,
  openOutput: (output: OutputSync, options: MuxerSyncOptions) => OpenedOutput,
): AllocatedOutput {
  const ownName = typeof given === "string" ? given : (given as SinkSync | undefined)?.name;
  const named = options.name ?? ownName ?? "";
  const guess = formatOf(options, named);
  const isPicture = guess.name === "image2" && given !== undefined &&
    !isSequenceName(named, options.format);
  // One picture goes to the output itself: the muxer asks for no other file.
  const open = options.open ?? (isPicture ? () => undefined : undefined);
  checkMuxer(guess.name, options.options ?? {});
  const settings = muxerSandbox(options.options);
  if (!guess.manyFiles) {
    // A path reads back, a guard has nothing but its callbacks.
    const readsBack = typeof given === "string" ||
      (!(given instanceof IOContext) && (given as SinkSync | undefined)?.read !== undefined);
    checkReadBack(guess.name, readsBack, options);
    const output = given ?? namedOutput(options);
    const { core: io, name, sink, commit } = openOutput(output, options);
    const url = options.name ?? name ?? "";
    return allocated(io, guess.pointer, url, {
      options: settings,
      open: withReadBack(sink, url, open),
      url,
      commit,
      writeMainFile: () => {},
    });
  }
  if (open === undefined) {
    throw new TypeError(`the format ${guess.name} writes files of its own: give the open option`);
  }
  const name = options.name ?? ownName?.split(/[/\\]/).at(-1);
  if (name === undefined) {
    throw new TypeError(`the format ${guess.name} needs the name of its main file: give name`);
  }
  if (given instanceof IOContext) {
    throw new TypeError(
      `the format ${guess.name} writes files of its own: give a sink for the main one, no IOContext`,
    );
  }
  const { core: io, sink, commit } = openOutput(given ?? nullSink, options);
  try {
    const main = given === undefined ? undefined : sink;
    const set = fileSet({ format: guess.name, name, options: settings, open, sink: main });
    const { options: entries, open: asked, writeMainFile } = set;
    return allocated(io, guess.pointer, set.url, {
      options: entries,
      open: asked,
      writeMainFile,
      commit,
    });
  } catch (error) {
    throw releasedAfter(error, () => release(io.releaseSteps()));
  }
}

function formatOf({ format }: MuxerSyncOptions, name: string): MuxerGuess {
  const guess = guessMuxer(format, name);
  if (guess !== undefined) return guess;
  throw new AVError({
    code: AVERROR("EINVAL"),
    operation: "avformat_alloc_output_context2",
    detail: format === undefined
      ? `no muxer is known for the name ${JSON.stringify(name)}: give the format option`
      : `unknown muxer ${JSON.stringify(format)}${
        didYouMean(formatMeant(String(format), listFormats().muxers))
      }`,
  });
}

function namedOutput({ open, name }: MuxerSyncOptions): SinkSync {
  if (open === undefined || name === undefined) {
    throw new TypeError("an output is needed, or the options name and open to ask for it");
  }
  const sink = open(name, { write: true, options: {} });
  if (sink === undefined) {
    throw new AVError({
      code: AVERROR("EACCES"),
      operation: "avformat_alloc_output_context2",
      detail: `opening ${JSON.stringify(name)} was refused by the open option`,
    });
  }
  return assertHookResult(name, sink, "write") as SinkSync;
}

function allocated(
  io: IOCore,
  format: Pointer,
  url: string,
  rest: Pick<AllocatedOutput, "options" | "open" | "url" | "writeMainFile" | "commit">,
): AllocatedOutput {
  try {
    const slot = new PointerSlot();
    const code = withLogSuppressed(() =>
      native().avformat.avformat_alloc_output_context2(slot.bytes, format, null, cString(url))
    );
    if (code < 0) throw new AVError({ code, operation: "avformat_alloc_output_context2" });
    return { pointer: slot.value, io, ...rest };
  } catch (error) {
    throw releasedAfter(error, () => release(io.releaseSteps()));
  }
}
