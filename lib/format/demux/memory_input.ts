/**
 * Opening bytes that are in memory already, so that they are read where they are.
 *
 * @module
 */
import { NULL, type OwnBytes, type Pointer, PointerSlot } from "../../../ffi/mod.ts";
import type { FormatCore } from "../format_context.ts";
import type { DemuxerSyncOptions } from "./options.ts";

/** The result that libavformat's own probe would have. */
export interface Probed {
  readonly demuxer: Pointer;
  readonly score: number;
}

/** True where a program wants to see or to bound what is read, or could run in between. */
function needsCallbacks(
  { bufferSize, maxBytes, onLog, open, options }: DemuxerSyncOptions,
): boolean {
  return [bufferSize, maxBytes, onLog, open, options?.formatprobesize].some((value) =>
    value !== undefined
  );
}

/**
 * Probes as `avformat_open_input` would (`av_probe_input_buffer2`), since that replaces the buffer
 * by its own, and then makes the input the buffer. Undefined where it stays with the callbacks.
 */
export function readInPlace(
  core: FormatCore,
  options: DemuxerSyncOptions,
  url: OwnBytes,
  named: Pointer,
): Probed | undefined {
  const { io, native, pointer } = core;
  if (io.adapter.memory === undefined || needsCallbacks(options)) return undefined;
  let score = 0;
  let demuxer = named;
  if (demuxer === NULL) {
    const found = new PointerSlot();
    const { av_probe_input_buffer2: probe } = native.avformat;
    score = probe(io.pointer, found.bytes, url, pointer, 0, 0);
    demuxer = found.value;
    // A failure here comes again in avformat_open_input, which describes it.
    if (score < 0 || demuxer === NULL) return undefined;
  }
  return io.attachMemory() ? { demuxer, score } : undefined;
}
