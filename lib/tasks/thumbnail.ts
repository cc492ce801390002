/**
 * Pictures of a video, made to be shown.
 *
 * @module
 */
import { nameOf, quoted, takeList } from "../check.ts";
import type { OptionNames } from "../plain_options.ts";
import { inTurn } from "../async/main/job_queue.ts";
import { discardedAfter } from "../async/main/discard_endpoints.ts";
import type { Input } from "../async/main/endpoints.ts";
import { assertThumbnailShape, type Thumbnail, type ThumbnailShape } from "../codec/thumbnail.ts";
import type { StreamChoice } from "../format/pick_stream.ts";
import {
  decodeOptionNames,
  type DecodeOptions,
  type Decoding,
  decodingOptions,
  openDecoding,
  withDecoding,
} from "./decoding.ts";

/** Options of {@link thumbnails}. */
export interface ThumbnailsOptions extends DecodeOptions, ThumbnailShape {
  /** The stream: default the first video, cover art where there is no other picture. */
  stream?: StreamChoice | undefined;
}

/** Options of {@link thumbnail}. */
export interface ThumbnailOptions extends ThumbnailsOptions {
  /**
   * Seconds from the beginning of the media; default 0. After the end, the last picture is taken.
   */
  time?: number | undefined;
}

const severalNames: OptionNames<ThumbnailsOptions> = {
  ...decodeOptionNames,
  stream: true,
  width: true,
  height: true,
  type: true,
  quality: true,
  exact: true,
};

const names: OptionNames<ThumbnailOptions> = { ...severalNames, time: true };

function openPictures(input: Input, times: readonly number[], options: ThumbnailsOptions) {
  const { stream = "video", width, height, type, quality, exact, ...rest } = options;
  const shape = { width, height, type, quality, exact };
  return {
    shape,
    // One thread starts sooner than several, which would decode ahead.
    decoding: openDecoding("thumbnail", input, { threads: 1, ...rest }, { stream }, () => {
      assertThumbnailShape(shape);
      for (const time of times) {
        if (Number.isFinite(time) && time >= 0) continue;
        throw new RangeError(`time must be a number of seconds from 0 on, not ${quoted(time)}`);
      }
    }),
  };
}

async function takeAt(
  { session, damaged }: Decoding,
  time: number,
  shape: ThumbnailShape,
): Promise<Thumbnail> {
  const { thumbnail, damage } = await session.command("thumbnail", { time, shape });
  damaged(damage);
  return thumbnail;
}

/**
 * The picture that is shown at a time: upright, of square pixels, by its own colour matrix and
 * range. It fits into `width` and `height`, its shape kept. Resolves with the bytes of a JPEG
 * unless `type` says otherwise; `rgba` gives the pixels.
 *
 * @example
 * ```ts
 * import { thumbnail } from "@avio/avio";
 * import { writeFile } from "node:fs/promises";
 *
 * const { data, width, height } = await thumbnail("movie.mp4", { time: 5, width: 320 });
 * await writeFile("thumbnail.jpg", data);
 * console.log(width, height);
 * ```
 */
export async function thumbnail(input: Input, given: ThumbnailOptions = {}): Promise<Thumbnail> {
  const { time = 0, ...rest } = await decodingOptions("thumbnail", input, { given, names });
  const { signal, open } = rest;
  return await inTurn({ inputs: [input], signal, open }, async () => {
    const { decoding, shape } = openPictures(input, [time], rest);
    return await withDecoding(decoding, (opened) => takeAt(opened, time, shape));
  });
}

/**
 * Several of them, in the order of `times`, with one opening; neighbours share the decoding where
 * the times go up.
 *
 * @example
 * ```ts
 * import { thumbnails } from "@avio/avio";
 *
 * for await (const { data, time } of thumbnails("movie.mp4", [1, 2, 3], { width: 160 })) {
 *   console.log(time, data.length);
 * }
 * ```
 */
export async function* thumbnails(
  input: Input,
  times: Iterable<number>,
  given: ThumbnailsOptions = {},
): AsyncGenerator<Thumbnail, void, undefined> {
  let all: number[];
  try {
    if (typeof Object(times)[Symbol.iterator] !== "function") {
      throw new TypeError(`thumbnails: times must be an iterable of seconds, not ${nameOf(times)}`);
    }
    all = takeList("thumbnails: times", times);
  } catch (error) {
    throw await discardedAfter(error, input);
  }
  const options = await decodingOptions("thumbnails", input, { given, names: severalNames });
  const { decoding, shape } = openPictures(input, all, options);
  const opened = await decoding;
  try {
    for (const time of all) yield await takeAt(opened, time, shape);
  } finally {
    await opened.session.close();
  }
}

export type { Thumbnail, ThumbnailShape };
