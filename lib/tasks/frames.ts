/**
 * Frames of an input, as the web has them.
 *
 * @module
 */
import type { Input } from "../async/main/endpoints.ts";
import type { DecodeCommands } from "../async/shared/decode_protocol.ts";
import { Frame } from "../codec/frame.ts";
import { orientationOf } from "../codec/orientation.ts";
import type { StreamChoice } from "../format/pick_stream.ts";
import type { AudioStream, VideoStream } from "../format/types.ts";
import { assertRange } from "../check.ts";
import type { OptionNames } from "../plain_options.ts";
import { ignore } from "../promises.ts";
import type { Rational } from "../rational.ts";
import { type AudioData, audioDataOf } from "../webcodecs/audio_data.ts";
import { type VideoFrame, videoFrameOf } from "../webcodecs/video_frame.ts";
import {
  decodeOptionNames,
  type DecodeOptions,
  type Decoding,
  decodingOptions,
  nothingBetween,
  openDecoding,
} from "./decoding.ts";

/** Options of {@link frames}. */
export interface FramesOptions extends DecodeOptions {
  /**
   * The stream: `"video"` (default), `"audio"`, `"v:1"`, `"a:1"` or an index. Cover art counts
   * among the video only where there is no other picture.
   */
  stream?: StreamChoice | undefined;
  /** Seconds from the beginning of the media: the first frame is the one that is shown then. */
  start?: number | undefined;
  /**
   * Seconds from the beginning of the media: the last frame is the one that is shown before then.
   */
  end?: number | undefined;
}

const names: OptionNames<FramesOptions> = {
  ...decodeOptionNames,
  stream: true,
  start: true,
  end: true,
};

const MICROSECONDS = 1_000_000;
/**
 * Frames and bytes that are asked for at a time: as many again may be on their way. More bytes
 * would leave the processor's caches before the decoder uses their memory again.
 */
const MAX_BATCH_FRAMES = 64;
const MAX_BATCH_BYTES = 2 * 1024 * 1024;

/** A frame that this thread owns, and when it is shown. */
interface TimedFrame {
  readonly frame: Frame;
  /** Seconds from the beginning of the media. */
  readonly time: number;
}

type Batch = Omit<DecodeCommands["nextFrames"]["answer"], "frames"> & {
  readonly frames: TimedFrame[];
};

/**
 * The next frames. Each has an owner at once: a loop that is forgotten leaves them to a finalizer.
 */
async function batchOf({ session }: Decoding): Promise<Batch> {
  const { frames, ...rest } = await session.command("nextFrames", {
    count: MAX_BATCH_FRAMES,
    bytes: MAX_BATCH_BYTES,
  });
  const owned = frames.map(({ pointer, time }) => ({
    frame: Frame.adopt(pointer, rest.timeBase),
    time,
  }));
  return { ...rest, frames: owned };
}

function closeAll(frames: readonly TimedFrame[]): void {
  for (const { frame } of frames) frame.close();
}

function webFrame(
  { frame, time }: TimedFrame,
  timeBase: Rational,
  stream: VideoStream | AudioStream,
): VideoFrame | AudioData {
  // No -0, which the web's own frames never have.
  const timestamp = Math.round(time * MICROSECONDS) + 0;
  if (stream.type === "audio") return audioDataOf(frame, { timestamp });
  const { duration } = frame;
  const { num, den } = timeBase;
  return videoFrameOf(frame, {
    timestamp,
    duration: duration === null ? null : Math.round(duration * num / den * MICROSECONDS),
    ...orientationOf(frame, stream),
  });
}

/** Decoded sound, one `AudioData` at a time. */
export function frames(
  input: Input,
  options: FramesOptions & { stream: "audio" | "a" | `a:${number}` },
): AsyncGenerator<AudioData, void, undefined>;
/** Decoded pictures, one `VideoFrame` at a time. */
export function frames(
  input: Input,
  options?: FramesOptions & { stream?: "video" | "v" | `v:${number}` | undefined },
): AsyncGenerator<VideoFrame, void, undefined>;
/** Decoded frames of a stream by its index. */
export function frames(
  input: Input,
  options: FramesOptions,
): AsyncGenerator<VideoFrame | AudioData, void, undefined>;
/**
 * The frames of one stream, decoded in a worker (`avcodec_send_packet`, `avcodec_receive_frame`).
 * Each is closed when the next one is asked for: keep one with `clone()`. Times are microseconds
 * from the beginning of the media; what libav knows besides is in `frame.libav`. A `VideoFrame`
 * says how it is to be turned and scaled (`rotation`, `flip`, `displayWidth`), its pixels are as
 * they were coded. Colours of high dynamic range are not mapped: `frame.libav.transfer` says so.
 *
 * @example
 * ```ts
 * import { frames } from "@avio/avio";
 *
 * for await (const frame of frames("movie.mp4", { start: 2, end: 4 })) {
 *   console.log(frame.timestamp, frame.codedWidth, frame.codedHeight, frame.libav.pts);
 * }
 * ```
 */
export async function* frames(
  input: Input,
  asked: FramesOptions = {},
): AsyncGenerator<VideoFrame | AudioData, void, undefined> {
  const options = await decodingOptions("frames", input, { given: asked, names });
  const { stream: choice = "video", start, end, ...rest } = options;
  const range = { stream: choice, start, end };
  const decoding = await openDecoding("frames", input, rest, range, () => {
    assertRange("frames", start, end);
  });
  const { session, opened, damaged } = decoding;
  let next: Promise<Batch> | undefined = batchOf(decoding);
  let waiting: TimedFrame[] = [];
  let given = 0;
  try {
    while (next !== undefined) {
      const batch: Batch = await next;
      next = undefined;
      waiting = batch.frames;
      damaged(batch.damage);
      if (!batch.ended) {
        next = batchOf(decoding);
        // It is waited for in its turn.
        ignore(next);
      }
      for (let first; (first = waiting.shift()); given++) {
        const frame = webFrame(first, batch.timeBase, opened.stream);
        try {
          yield frame;
        } finally {
          frame.close();
        }
        rest.signal?.throwIfAborted();
      }
      if (batch.error) throw session.revive(batch.error);
    }
    const nothing = given === 0 && nothingBetween("frames", { start, end });
    if (nothing) throw nothing;
  } finally {
    closeAll(waiting);
    // A frame on its way is closed when it comes.
    ignore(next?.then(({ frames }) => closeAll(frames)));
    await session.close();
  }
}
