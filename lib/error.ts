/**
 * Every error of this module, and the one conversion from a return code to an error.
 *
 * @module
 */
import { plainOptions } from "./plain_options.ts";
import { averrorTags, makeBytes, native, platform } from "../ffi/mod.ts";
import { builtin } from "./builtin.ts";

export { LibraryNotFoundError, UnsupportedVersionError } from "../ffi/mod.ts";

/** The numbers of the most frequent names: known without `node:os`, which takes Deno 10 ms. */
const frequent: ReadonlyMap<string, number> = new Map([
  ["ENOENT", 2],
  ["EIO", 5],
  ["EAGAIN", platform.os === "darwin" || platform.os === "freebsd" ? 35 : 11],
  ["ENOMEM", 12],
  ["EACCES", 13],
  ["EINVAL", 22],
  ["ESPIPE", 29],
]);

/** The platform's errno numbers by name. FFmpeg is built with the same ones. */
let errnos: Readonly<Record<string, number>> | undefined;

function errnoNumbers(): Readonly<Record<string, number>> {
  // Read at the first error: Deno needs some milliseconds to load the module.
  return errnos ??= { ...builtin("os").constants.errno };
}

/**
 * `AVERROR(errno)`: the negative code libav uses for a POSIX errno, by name or number. The
 * numbers are the platform's own (EAGAIN is 11 on Linux and 35 on macOS).
 *
 * @example
 * ```ts
 * import { AVERROR } from "@avio/avio";
 * const read = () => AVERROR("EIO");
 * ```
 */
export function AVERROR(errno: number | string): number {
  if (typeof errno === "number") return errno > 0 ? -errno : errno;
  const known = frequent.get(errno);
  if (known !== undefined) return -known;
  const numbers = errnoNumbers();
  const number = Object.hasOwn(numbers, errno) ? numbers[errno] : undefined;
  if (number === undefined) throw new RangeError(`unknown errno name ${JSON.stringify(errno)}`);
  return -number;
}

/** `AVERROR_EOF`: the end of the stream, as a callback of {@link IOContext} may return it. */
export const AVERROR_EOF: number = averrorTags.AVERROR_EOF;
/** `AVERROR_EXIT`: stopped on request. */
export const AVERROR_EXIT: number = averrorTags.AVERROR_EXIT;
/** `AVERROR_INVALIDDATA`: the bytes are not what the format promises. */
export const AVERROR_INVALIDDATA: number = averrorTags.AVERROR_INVALIDDATA;

let names: Map<number, string> | undefined;

function errorNames(): Map<number, string> {
  if (names !== undefined) return names;
  names = new Map();
  // Of two names for one number the first of the alphabet counts: EAGAIN, not EWOULDBLOCK.
  for (const [name, number] of Object.entries(errnoNumbers()).sort().reverse()) {
    names.set(-number, name);
  }
  for (const [name, code] of Object.entries(averrorTags)) names.set(code, name);
  return names;
}

/** The name of a code: `AVERROR_INVALIDDATA`, `EIO`, or `AVERROR(N)` where it has none. */
export function codeName(code: number): string {
  return errorNames().get(code) ?? `AVERROR(${-code})`;
}

/** libav's own words for a code (`av_strerror`). */
export function describeCode(code: number): string {
  const text = makeBytes(128);
  native().avutil.av_strerror(code, text, text.length);
  return new TextDecoder().decode(text.subarray(0, text.indexOf(0)));
}

/** The parts of an {@link AVError}. */
export interface AVErrorOptions {
  /** The negative AVERROR. */
  code: number;
  /** The C function that failed. */
  operation: string;
  /** libavformat's log lines from that call. */
  log?: readonly string[] | undefined;
  /** Text beside the code's own description. */
  detail?: string | undefined;
  /** The error that caused it. */
  cause?: unknown | undefined;
}

/**
 * A libav function failed. The message holds the function, libav's description of the code and
 * the reason that libavformat logged, where it logged one.
 */
export class AVError extends Error {
  /** The class's name. */
  override name = "AVError";
  /** The negative AVERROR, as C returned it. */
  readonly code: number;
  /** Its name: `"AVERROR_INVALIDDATA"`, `"EIO"`. */
  readonly codeName: string;
  /** The C function that returned it. */
  readonly operation: string;
  /** libavformat's own lines from that call, such as `moov atom not found`. */
  readonly log: string[];

  /** See {@link AVErrorOptions}. */
  constructor(options: AVErrorOptions) {
    const { code, operation, log: given, detail, cause } = plainOptions("AVError", options);
    const log = Array.isArray(given) ? given.map(String) : [];
    const reason = detail ?? log.at(-1);
    super(
      `${operation}: ${describeCode(code)} (${codeName(code)})${reason ? `: ${reason}` : ""}`,
      cause === undefined ? undefined : { cause },
    );
    this.code = code;
    this.codeName = codeName(code);
    this.operation = operation;
    this.log = log;
  }
}

/** Something was used after it was closed, or a payload after its packet was replaced. */
export class DisposedError extends Error {
  /** The class's name. */
  override name = "DisposedError";
}
