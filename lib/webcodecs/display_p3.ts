/**
 * Colours of sRGB in the colour space Display P3, of the same transfer function.
 *
 * @module
 */
import type { PlaneCopy } from "./pixel_layout.ts";

const STEPS = 4096;

/** The value of a byte in linear light. */
function linearOf(value: number): number {
  const x = value / 255;
  return x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4;
}

/** The byte of a value in linear light. */
function byteOf(x: number): number {
  return Math.round(255 * (x <= 0.0031308 ? x * 12.92 : 1.055 * x ** (1 / 2.4) - 0.055));
}

interface Tables {
  readonly linear: Float64Array;
  readonly encoded: Uint8Array;
}

let tables: Tables | undefined;

/** Both functions as tables, made at the first use: few programs convert. */
function conversionTables(): Tables {
  return tables ??= {
    linear: Float64Array.from({ length: 256 }, (_, value) => linearOf(value)),
    encoded: Uint8Array.from({ length: STEPS + 1 }, (_, step) => byteOf(step / STEPS)),
  };
}

/** Linear sRGB to linear Display P3, row by row. */
const MATRIX = [
  [0.8224619687, 0.1775380313, 0],
  [0.0331941989, 0.9668058011, 0],
  [0.0170826307, 0.0723974407, 0.9105199286],
] as const;

/** Converts pixels in their memory; `blueFirst` for the order of BGRA. */
export function toDisplayP3(pixels: Uint8Array, plane: PlaneCopy, blueFirst: boolean): void {
  const [red, blue] = blueFirst ? [2, 0] : [0, 2];
  const { offset, stride, rows, rowBytes } = plane;
  const { linear, encoded } = conversionTables();
  // Dark colours need finer steps than the table has.
  const encode = (x: number) => x < 0.01 ? byteOf(x) : encoded[Math.round(Math.min(1, x) * STEPS)];
  for (let row = 0; row < rows; row++) {
    const from = offset + row * stride;
    for (let at = from; at < from + rowBytes; at += 4) {
      const r = linear[pixels[at + red]];
      const g = linear[pixels[at + 1]];
      const b = linear[pixels[at + blue]];
      const [x, y, z] = MATRIX;
      pixels[at + red] = encode(x[0] * r + x[1] * g);
      pixels[at + 1] = encode(y[0] * r + y[1] * g);
      pixels[at + blue] = encode(z[0] * r + z[1] * g + z[2] * b);
    }
  }
}
