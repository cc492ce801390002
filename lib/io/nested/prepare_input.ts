/**
 * Inputs that libavformat would read past the hook: image sequences, which are put otherwise, and
 * DASH manifests, which `lib/format/demux/dash/` reads.
 *
 * libavformat's own DASH demuxer opens segments without asking before FFmpeg 7.0, and in every
 * version it ends with the shortest stream, and on some manifests never.
 *
 * @module
 */
import { native } from "../../../ffi/mod.ts";
import type { OptionValue } from "../../dictionary.ts";
import { AVERROR, AVError } from "../../error.ts";
import { IOContext } from "../avio/io_context.ts";
import { cannotResume } from "../avio/check_callback_answers.ts";
import { discardInput, type InputSync, namedInput, sourceOf } from "../input.ts";
import type { OpenHookSync, SourceSync } from "../contract.ts";
import { MemorySource } from "../sources/memory_source.ts";
import { detectDash } from "./dash/detect.ts";
import { readManifest } from "./dash/manifest.ts";
import type { Manifest } from "./dash/types.ts";
import { callWithLimits, type HookLimits, readUpTo } from "./hook_call.ts";
import { UNNAMED } from "./demuxer_settings.ts";
import { releasedAfter } from "../avio/release.ts";
import { DASH_USES_IO_OPEN_MAJOR } from "./sandbox.ts";
import { findSequence, isSequenceName, type Sequence } from "./sequence.ts";

/** The options of a demuxer that decide. */
export interface TranslationOptions extends HookLimits {
  readonly format?: string;
  readonly formats?: readonly string[];
  readonly name?: string;
  readonly open?: OpenHookSync;
  readonly options?: Readonly<Record<string, OptionValue>>;
}

const MAX_MANIFEST_BYTES = 64 * 1024 * 1024;

/** A DASH manifest, and what its own names are relative to. */
export interface DashInput {
  readonly manifest: Manifest;
  readonly bytes: Uint8Array;
  readonly name: string;
  readonly open: OpenHookSync;
}

/** An input as it is read, and the options with it. */
export interface PreparedInput<O> {
  readonly input: InputSync;
  readonly options: O;
  /** Present where the input is a DASH manifest: it is closed then. */
  readonly dash?: DashInput;
}

/**
 * The input that is to be read, and the options with it. An input that is left out is asked of the
 * hook by its name.
 */
export function prepareInput<O extends TranslationOptions>(
  given: InputSync | undefined,
  options: O,
): PreparedInput<O> {
  const images = imageSequence(given, options);
  if (images !== undefined) return images;
  const input = given === undefined ? openByName(options) : given;
  const { open, format, formats } = options;
  if (
    open === undefined || input instanceof IOContext ||
    (format !== undefined && format !== "dash") ||
    (formats !== undefined && !formats.includes("dash"))
  ) {
    return { input, options };
  }
  const original = sourceOf(input);
  let dash: DashInput;
  try {
    const name = options.name ?? original.name ?? UNNAMED;
    const { isDash, source } = detectDash(original, options);
    if (!isDash) return { input: source, options };
    const bytes = readUpTo(source, MAX_MANIFEST_BYTES, options);
    if (bytes === undefined) throw cannotResume("reading a DASH manifest");
    const manifest = readManifest(bytes, name);
    if (manifest.isLive) return { input: liveManifest(source, bytes), options };
    dash = { manifest, bytes, name, open };
  } catch (error) {
    throw releasedAfter(error, () => original.close?.());
  }
  original.close?.();
  return { input: dash.bytes, options: { ...options, name: dash.name }, dash };
}

/** A live manifest is libavformat's to follow, where its demuxer asks for every file. */
function liveManifest(source: SourceSync, bytes: Uint8Array): SourceSync {
  if (native().versions.avformat[0] < DASH_USES_IO_OPEN_MAJOR) {
    throw new AVError({
      code: AVERROR("ENOSYS"),
      operation: "avformat_open_input",
      detail: "a live DASH manifest is followed from FFmpeg 7.0 on only",
    });
  }
  if (source.seekable !== false) return source;
  // It went by: what was read of it is all of it.
  const memory = new MemorySource(bytes);
  return {
    size: bytes.length,
    name: source.name,
    read: (into, position) => memory.read(into, position),
    close: () => source.close?.(),
  };
}

function openByName(options: TranslationOptions): InputSync {
  return callWithLimits({
    operation: "avformat_open_input",
    what: `open(${JSON.stringify(options.name)})`,
    run: () => namedInput(options.open, options.name),
    discard: (late) => late.close?.(),
  }, options);
}

/** A numbered name: the images are looked for and read through the hook, never on the disk. */
function imageSequence<O extends TranslationOptions>(
  given: InputSync | undefined,
  options: O,
): { input: InputSync; options: O } | undefined {
  const { open, name, format } = options;
  if (open === undefined || name === undefined || !isSequenceName(name, format)) return undefined;
  let sequence: Sequence | undefined;
  try {
    sequence = findSequence(name, options.options ?? {}, open, options);
  } catch (error) {
    throw releasedAfter(error, () => discardInput(given));
  }
  if (sequence === undefined) {
    if (given !== undefined) return undefined;
    throw new AVError({
      code: AVERROR("ENOENT"),
      operation: "avformat_open_input",
      detail: `no image of ${JSON.stringify(name)} was found through the open option`,
    });
  }
  return {
    input: given ?? sequence.first(),
    options: { ...options, format: "image2", options: sequence.options, open: sequence.open },
  };
}
