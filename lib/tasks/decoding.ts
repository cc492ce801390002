/**
 * The common part of the tasks that decode: their options, and a session with a reader.
 *
 * @module
 */
import { demuxerOptionNames, type DemuxerOptions } from "../async/demuxer.ts";
import { discardedAfter } from "../async/main/discard_endpoints.ts";
import type { Input } from "../async/main/endpoints.ts";
import { DEFAULT_HIGH_WATER_MARK, describeInput, openSession } from "../async/main/session_io.ts";
import { Session } from "../async/main/session.ts";
import type { DecodeCommands, RemoteDamage } from "../async/shared/decode_protocol.ts";
import { fromPlain } from "../async/shared/errors.ts";
import { checkedHighWaterMark } from "../async/shared/ring.ts";
import { assertMaxPixels, DEFAULT_MAX_PIXELS } from "../check.ts";
import { threadCount } from "../codec/codec_context.ts";
import type { Damage } from "../codec/frame_reader.ts";
import type { AVError } from "../error.ts";
import type { StreamChoice } from "../format/pick_stream.ts";
import { type OptionNames, plainOptions, without } from "../plain_options.ts";

/** Options of every task that decodes, besides those of the demuxer. */
export interface DecodeOptions extends Omit<DemuxerOptions, "streams" | "findStreamInfo"> {
  /** The names of the decoders allowed, the preferred one first; default libavcodec's choice. */
  decoders?: readonly string[] | undefined;
  /** Pixels that a picture may have; default 64 Mi (67,108,864). A larger one is an error. */
  maxPixels?: number | undefined;
  /** Threads of a video decoder; default as many as the machine has, 16 at most. */
  threads?: number | undefined;
  /**
   * Told of each packet that could not be decoded. It is left out, and decoding goes on; where
   * nothing at all can be decoded, the first such error is thrown.
   */
  onDamage?: ((damage: Damage) => void) | undefined;
}

/** Their names. */
export const decodeOptionNames: OptionNames<DecodeOptions> = {
  ...without(demuxerOptionNames, "streams", "findStreamInfo"),
  threads: true,
  onDamage: true,
};

/** {@link plainOptions} of a task, whose input is closed where they are refused. */
export async function decodingOptions<T extends DecodeOptions>(
  task: string,
  input: Input | undefined,
  { given, names }: { readonly given: T; readonly names: OptionNames<NoInfer<T>> },
): Promise<T> {
  try {
    return plainOptions(task, given, names);
  } catch (error) {
    throw await discardedAfter(error, input);
  }
}

/** The task of a reader. */
export interface ReaderRange {
  readonly stream: StreamChoice;
  readonly start?: number;
  readonly end?: number;
}

/** A session with an open reader. */
export interface Decoding {
  readonly session: Session;
  readonly opened: DecodeCommands["openReader"]["answer"];
  /** Tells `onDamage`; what that throws ends the session. */
  damaged(damage: readonly RemoteDamage[]): void;
}

/** The error for a range in which the media has nothing; undefined where none was asked for. */
export function nothingBetween(
  task: string,
  { start, end }: { readonly start?: number | undefined; readonly end?: number | undefined },
): RangeError | undefined {
  if (start === undefined && end === undefined) return undefined;
  const until = end === undefined ? "the end" : `${end} s`;
  return new RangeError(
    `${task}: nothing lies between start (${start ?? 0} s) and ${until}: choose a longer part`,
  );
}

/**
 * Opens an input and a reader in a session; whatever goes wrong, `check` included, releases the
 * input.
 */
export async function openDecoding(
  kind: string,
  input: Input | undefined,
  options: DecodeOptions,
  range: ReaderRange,
  check: () => void,
): Promise<Decoding> {
  const { signal, onLog, open, onDamage, decoders, maxPixels, threads, highWaterMark, ...rest } =
    options;
  const { timeout } = rest;
  const mark = highWaterMark ?? DEFAULT_HIGH_WATER_MARK;
  try {
    signal?.throwIfAborted();
    checkedHighWaterMark(mark);
    threadCount(threads);
    assertMaxPixels(maxPixels);
    check();
  } catch (error) {
    throw await discardedAfter(error, input);
  }
  const session = new Session({ kind, signal, onLog, open, timeout });
  const opened = await openSession(session, async () => {
    const described = await describeInput(session, input, {
      ...rest,
      signal,
      highWaterMark: mark,
    });
    return await session.command("openReader", {
      input: described,
      inputOptions: { ...rest, maxPixels: maxPixels ?? DEFAULT_MAX_PIXELS },
      reader: { decoders, maxPixels, threads, ...range },
      hooks: { open: open !== undefined, log: onLog !== undefined },
    });
  });
  return {
    session,
    opened,
    damaged: (damage) => {
      for (const { error, ...where } of damage) {
        onDamage?.({ ...where, error: fromPlain(error) as AVError });
      }
    },
  };
}

/** Runs what is done with a reader, and closes its session whatever comes of it. */
export async function withDecoding<T>(
  decoding: Promise<Decoding>,
  use: (decoding: Decoding) => Promise<T>,
): Promise<T> {
  const opened = await decoding;
  try {
    return await use(opened);
  } finally {
    await opened.session.close();
  }
}

export type { Damage } from "../codec/frame_reader.ts";
