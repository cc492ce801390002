/**
 * Scalers that are used again: making a context takes longer than a small picture.
 *
 * @module
 */
import type { Frame } from "../codec/frame.ts";
import { Scaler, type ScalerOptions } from "../codec/scaler.ts";

/** Conversions that take turns keep their contexts. */
const MAX_KEPT = 4;

const kept = new Map<string, Scaler>();

/** Converts a frame by a scaler of these options. */
export function convertFrame(frame: Frame, options: ScalerOptions): Frame {
  const { width, height, pixelFormat } = frame;
  const key = JSON.stringify([width, height, pixelFormat, options]);
  let scaler = kept.get(key);
  if (scaler === undefined) {
    scaler = new Scaler(options);
    if (kept.size >= MAX_KEPT) {
      const [oldest, one] = kept.entries().next().value!;
      one.close();
      kept.delete(oldest);
    }
  }
  // The last one used is the last one to go.
  kept.delete(key);
  kept.set(key, scaler);
  return scaler.convert(frame);
}
