/**
 * Inputs that libavformat would read past the hook, put as ones that it reads through it.
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
import { cannotResume } from "../avio/callback_adapter.ts";
import { discardInput, type InputSync, namedInput, sourceOf } from "../input.ts";
import type { OpenHookSync } from "../contract.ts";
import { callWithLimits, type HookLimits, readUpTo } from "./hook_call.ts";
import { dashAsHls, looksLikeDash } from "./dash.ts";
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

const manifests = new WeakSet<OpenHookSync>();

/** True where the demuxer reads a DASH manifest in another form. */
export function isDashManifest(open: OpenHookSync | undefined): boolean {
  return open !== undefined && manifests.has(open);
}

const HEAD_BYTES = 1024;
const MAX_MANIFEST_BYTES = 64 * 1024 * 1024;

/**
 * The input that is to be read, and the options with it: a DASH manifest as HLS where DASH does not
 * ask (before FFmpeg 7.0), and all else as it is. An input left out is asked of the hook by name.
 */
export function prepareInput<O extends TranslationOptions>(
  given: InputSync | undefined,
  options: O,
): { input: InputSync; options: O } {
  const images = imageSequence(given, options);
  if (images !== undefined) return images;
  const input = given === undefined ? openByName(options) : given;
  const { open, format, formats } = options;
  const asks = open === undefined ||
    (format !== undefined && format !== "dash") ||
    (formats !== undefined && !formats.includes("dash"));
  if (asks || input instanceof IOContext) return { input, options };
  const source = sourceOf(input);
  let translated;
  try {
    const name = options.name ?? source.name ?? UNNAMED;
    const head = source.seekable === false ? undefined : readUpTo(source, HEAD_BYTES, options);
    if (head === undefined || !looksLikeDash(head)) return { input: source, options };
    const manifest = readUpTo(source, MAX_MANIFEST_BYTES, options);
    if (manifest === undefined) throw cannotResume("reading a DASH manifest");
    const hlsSet = dashAsHls(manifest, name, open);
    if (hlsSet === undefined) {
      if (native().versions.avformat[0] >= DASH_USES_IO_OPEN_MAJOR) {
        return { input: source, options };
      }
      throw new AVError({
        code: AVERROR("ENOSYS"),
        operation: "avformat_open_input",
        detail: "a live DASH manifest is followed from FFmpeg 7.0 on only",
      });
    }
    const { master, open: asked } = hlsSet;
    manifests.add(asked);
    const hls = { ...options, name, format: "hls", formats: formats && [...formats, "hls"] };
    translated = { input: master, options: { ...hls, open: asked } };
  } catch (error) {
    throw releasedAfter(error, () => source.close?.());
  }
  source.close?.();
  return translated;
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
