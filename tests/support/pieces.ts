/**
 * Fragments, and the same output uncut.
 *
 * @module
 */
import { DemuxerSync, type Fragment, remuxSync, type Stream } from "../../mod.ts";
import { liveOptions } from "../../lib/format/mux/fragment_options.ts";

/** The containers that fragments() cuts. */
export const formats = ["mp4", "matroska", "mpegts"] as const;
/** Muxer options without which no two outputs are the same bytes. */
export const bitexact = { fflags: "+bitexact" };

/** Every value, in order. */
export async function all(iterable: AsyncIterable<Fragment>): Promise<Fragment[]> {
  const found: Fragment[] = [];
  for await (const one of iterable) found.push(one);
  return found;
}

/** The parts, one after the other. */
export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The bytes of all fragments. */
export const whole = (pieces: readonly Fragment[]) => concat(pieces.map(({ data }) => data));

/** The same output, uncut. */
export function written(path: string, format: typeof formats[number]): Uint8Array {
  using demuxer = DemuxerSync.open(path);
  const copied = (wanted: readonly Stream[]) => {
    const chunks: Uint8Array[] = [];
    const write = (chunk: Uint8Array) => void chunks.push(chunk);
    const options = { ...liveOptions({ family: format }, wanted), ...bitexact };
    const streams = wanted.map(({ index }) => index);
    const unsupported = "drop";
    const result = remuxSync(path, { seekable: false, write }, {
      format,
      options,
      streams,
      unsupported,
    });
    return { bytes: concat(chunks), result };
  };
  // fragments() leaves out covers, and its options are those of the streams that the format takes.
  const named = demuxer.streams.filter(({ type, disposition }) =>
    type !== "data" && !disposition.includes("attached_pic") &&
    (type !== "attachment" || format === "matroska")
  );
  const { result: { dropped } } = copied(named);
  return copied(named.filter(({ index }) => !dropped.some((one) => one.index === index))).bytes;
}
