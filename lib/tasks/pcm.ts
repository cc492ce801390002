/**
 * Samples of a sound.
 *
 * @module
 */
import type { Input } from "../async/main/endpoints.ts";
import { assertPcmFormat, type PcmChunk, type PcmFormat } from "../codec/pcm_reader.ts";
import type { StreamChoice } from "../format/pick_stream.ts";
import { assertRange } from "../check.ts";
import type { OptionNames } from "../plain_options.ts";
import { ignore } from "../promises.ts";
import {
  decodeOptionNames,
  type DecodeOptions,
  decodingOptions,
  nothingBetween,
  openDecoding,
} from "./decoding.ts";

/** Options of {@link pcm}; `format` is that of the samples. */
export interface PcmOptions extends Omit<DecodeOptions, "format">, PcmFormat {
  /** The stream: default the first audio. */
  stream?: StreamChoice | undefined;
  /** Seconds from the beginning of the media, to the sample. */
  start?: number | undefined;
  /** Seconds from the beginning of the media, to the sample. */
  end?: number | undefined;
}

const names: OptionNames<PcmOptions> = {
  ...decodeOptionNames,
  sampleRate: true,
  channels: true,
  stream: true,
  start: true,
  end: true,
};

/** Seconds of sound that are asked for at a time: as many again may be on their way. */
const BATCH_SECONDS = 2;

/** Samples as `f32`. */
export function pcm(
  input: Input,
  options?: PcmOptions & { format?: "f32" | undefined },
): AsyncGenerator<PcmChunk & { samples: Float32Array<ArrayBuffer> }, void, undefined>;
/** Samples as `s16`. */
export function pcm(
  input: Input,
  options: PcmOptions & { format: "s16" },
): AsyncGenerator<PcmChunk & { samples: Int16Array<ArrayBuffer> }, void, undefined>;
/**
 * The samples of a sound, decoded and converted in a worker (`swr_convert_frame`): runs of
 * interleaved channels with the time at which each begins, in seconds from the beginning of the
 * media. Each run is the program's own.
 *
 * @example
 * ```ts
 * import { pcm } from "@avio/avio";
 *
 * let loudest = 0;
 * for await (const { samples } of pcm("movie.mp4", { sampleRate: 16000, channels: 1 })) {
 *   for (const sample of samples) loudest = Math.max(loudest, Math.abs(sample));
 * }
 * console.log(loudest);
 * ```
 */
export async function* pcm(
  input: Input,
  asked: PcmOptions = {},
): AsyncGenerator<PcmChunk, void, undefined> {
  const options = await decodingOptions("pcm", input, { given: asked, names });
  const { stream = "audio", start, end, sampleRate, channels, format, ...rest } = options;
  const wanted = { sampleRate, channels, format };
  const { session, damaged } = await openDecoding(
    "pcm",
    input,
    rest,
    { stream, start, end },
    () => {
      assertRange("pcm", start, end);
      assertPcmFormat(wanted);
    },
  );
  try {
    await session.command("openPcm", { ...wanted, start, end });
    const ask = () => {
      const asked = session.command("nextPcm", { seconds: BATCH_SECONDS });
      ignore(asked);
      return asked;
    };
    let next = ask();
    let given = 0;
    for (let ended = false; !ended;) {
      const batch = await next;
      damaged(batch.damage);
      ended = batch.ended;
      if (!ended) next = ask();
      given += batch.chunks.length;
      yield* batch.chunks;
      rest.signal?.throwIfAborted();
      if (batch.error) throw session.revive(batch.error);
    }
    const nothing = given === 0 && nothingBetween("pcm", { start, end });
    if (nothing) throw nothing;
  } finally {
    await session.close();
  }
}
