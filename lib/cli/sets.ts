/**
 * Formats of many files: a playlist beside its segments, numbered images.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { basename, dirname, relative, resolve, sep } from "node:path";
import type { OpenHook, OpenHookSync } from "../io/contract.ts";
import { listFormats } from "../info.ts";
import { directory } from "../io/nested/directory.ts";
import { isSequenceName } from "../io/nested/sequence.ts";
import { isSameFile, isWeb, toPath } from "./targets.ts";
import { UsageError } from "./usage.ts";

/** Muxers that write files of their own, by names that they make of OUTPUT. */
const writing: ReadonlySet<string> = new Set([
  ...["hls", "dash", "segment", "stream_segment", "ssegment", "image2", "tee", "webm_chunk"],
]);

/** A set's main file, and who answers for all of it. */
export interface FileSet {
  /** The format's name for libavformat. */
  readonly name: string;
  /** Answers for the files of its folder, and no others. */
  readonly open: OpenHookSync;
}

/**
 * Names count from where the program was started, as ffmpeg's do; `folder` is what they may not
 * leave.
 */
function within(folder: string): OpenHookSync {
  const root = resolve(folder);
  const open = directory(root);
  return (url, request) => {
    if (/^[a-z][a-z0-9+.-]+:/i.test(url)) return undefined; // a URL; one letter is a drive
    return open(relative(root, resolve(url)).replaceAll(sep, "/"), request);
  };
}

function slashed(path: string): string {
  return path.replaceAll(sep, "/");
}

/** The set that a local playlist or a numbered name (`img%03d.png`) stands for. */
export function readSet(place: string): FileSet | undefined {
  if (place === "-" || isWeb(place)) return undefined;
  const path = toPath(place);
  if (!/\.(m3u8?|mpd)$/i.test(path) && !isImages(path)) return undefined;
  return { name: slashed(path), open: within(dirname(path)) };
}

function isImages(path: string): boolean {
  return !existsSync(path) && isSequenceName(basename(path), undefined);
}

/** The input of a set that is read: numbered images have no file of their own. */
export function mainOf<T>(set: FileSet | undefined, input: T): T | undefined {
  return set !== undefined && isImages(set.name) ? undefined : input;
}

/** The options that decide about the files of an output. */
export interface Writing {
  readonly input: string;
  readonly output: string;
  readonly format: string | undefined;
  /** Of the muxer. */
  readonly options: Readonly<Record<string, string>>;
}

/** The set that OUTPUT begins; undefined where the format is one file. */
export function writeSet({ input, output, format, options }: Writing): FileSet | undefined {
  const muxer = format ?? muxerOf(output);
  if (muxer === undefined || !writing.has(muxer)) return undefined;
  if (output === "-" || isWeb(output)) {
    throw new UsageError(`${muxer} writes files of its own: OUTPUT must be a path`);
  }
  // The outputs of tee are a list: they lie anywhere below where the program was started.
  const tee = muxer === "tee";
  const path = tee ? output : toPath(output);
  const name = tee ? output : slashed(path);
  const open = within(tee ? "." : dirname(path));
  // Read again is what was written, and what the options name: the input's bytes ask here, too.
  const known = new Set([name, ...Object.values(options)]);
  return {
    name,
    open(url, request) {
      if (!request.write) return known.has(url) ? open(url, request) : undefined;
      if (isSameFile(url, input)) throw lost(url);
      known.add(url);
      return open(url, request);
    },
  };
}

function lost(name: string): Error {
  return new Error(`${name} is read as well: it would be lost`);
}

/** As libavformat guesses. */
function muxerOf(output: string): string | undefined {
  if (isSequenceName(basename(output), undefined)) return "image2";
  const extension = /\.([^./\\]+)$/.exec(output)?.[1].toLowerCase() ?? "";
  return listFormats().muxers.find(({ extensions }) => extensions.includes(extension))?.name;
}

/** One hook for both sides; `place` is OUTPUT, which is not among what is read. */
export function openBoth(
  input: OpenHook | undefined,
  output: FileSet | undefined,
  place: string,
): OpenHook | undefined {
  if (input === undefined && output === undefined) return undefined;
  const read = new Set<string>();
  return (url, request) => {
    const path = resolve(url);
    if (request.write) {
      if (read.has(path)) throw lost(url);
      return output?.open(url, request);
    }
    const own = output?.open(url, request);
    if (own !== undefined) return own;
    if (isSameFile(url, place)) throw lost(place);
    read.add(path);
    return input?.(url, request);
  };
}
