/**
 * From one size, pixel format, matrix or range to another.
 *
 * @module
 */
import { cString, makeBytes, native, type Pointer, readPointer } from "../../ffi/mod.ts";
import type { ColorInfo } from "../format/types.ts";
import { check, outOfMemory } from "./errors.ts";
import { Frame } from "./frame.ts";
import { pixelFormat } from "./pixel_format.ts";

/** The output of a {@link Scaler}. */
export interface ScalerTarget {
  /** Pixels; default the frame's. */
  readonly width?: number;
  /** Pixels; default the frame's. */
  readonly height?: number;
  /** libav's name; default the frame's. */
  readonly pixelFormat?: string;
  /** Matrix and range of the result where it is no RGB; default the frame's own. */
  readonly color?: Partial<Pick<ColorInfo, "space" | "range">>;
}

/** Options of a {@link Scaler}. */
export interface ScalerOptions {
  /** The output for every frame. */
  readonly to: ScalerTarget;
  /** libswscale's names, such as `bilinear` or `accurate_rnd`; default `bicubic`. */
  readonly flags?: readonly string[];
  /** The colour space of a frame that names none; default: by its size. */
  readonly assume?: Partial<Pick<ColorInfo, "space" | "range">>;
}

// sws_getCoefficients takes the numbers of AVColorSpace, which are those of ITU-T H.273.
const coefficients: Readonly<Record<string, number>> = {
  bt709: 1,
  fcc: 4,
  bt470bg: 5,
  smpte170m: 6,
  smpte240m: 7,
  bt2020nc: 9,
  bt2020c: 10,
};
const BT601 = "smpte170m";
const ONE = 1 << 16;
// In 1/256 of a pixel: where the first chroma sample of 4:2:0 is between two rows.
const CHROMA_BETWEEN_ROWS = 128;

/** The matrix of a picture that does not say: that of its time, as players take it. */
export function assumedSpace(width: number, height: number): string {
  return width >= 1280 || height > 576 ? "bt709" : BT601;
}

interface Details {
  readonly space: string | null;
  /** True for full range; null for the format's own. */
  readonly full: boolean | null;
}

function fullRange(range: string | null | undefined): boolean | null {
  return range === "pc" ? true : range === "tv" ? false : null;
}

/**
 * Converts pictures (`sws_scale`), each by the matrix and range that it says it has. Equal source
 * and target cost nothing.
 */
export class Scaler implements Disposable {
  readonly #native = native();
  readonly #options: ScalerOptions;
  #context: Pointer = 0 as Pointer;
  #key = "";

  /** Throws a TypeError for an unknown format or flag at the first frame. */
  constructor(options: ScalerOptions) {
    this.#options = options;
    if (options.to.pixelFormat !== undefined) pixelFormat(options.to.pixelFormat);
  }

  /** A new frame with the same times and properties; the given one stays the caller's. */
  convert(frame: Frame): Frame {
    const { to } = this.#options;
    const { width, height } = frame;
    const source = pixelFormat(frame.pixelFormat);
    const target = pixelFormat(to.pixelFormat ?? source.name);
    const size = { width: to.width ?? width, height: to.height ?? height };
    const from = this.#sourceDetails(frame);
    const into: Details = {
      space: to.color?.space ?? from.space,
      full: fullRange(to.color?.range) ?? (target.isRgb ? null : from.full),
    };
    const same = source === target && size.width === width && size.height === height &&
      (source.isRgb || (from.space === into.space && from.full === into.full));
    if (same) return frame.clone();
    this.#prepare(
      { width, height, source: source.number, from },
      {
        ...size,
        target: target.number,
        into,
      },
      source.name,
      target.name,
    );
    const result = Frame.video({ ...size, pixelFormat: target.name });
    try {
      result.copyProperties(frame);
      this.#describe(result, target.isRgb, into, frame, size);
      const { sws_scale: scale } = this.#native.swscale();
      check(
        "sws_scale",
        scale(
          this.#context,
          frame.address("data"),
          frame.address("linesize"),
          0,
          height,
          result.address("data"),
          result.address("linesize"),
        ),
      );
      return result;
    } catch (error) {
      result.close();
      throw error;
    }
  }

  #sourceDetails(frame: Frame): Details {
    const { assume } = this.#options;
    const { color, width, height } = frame;
    const space = color.space ?? assume?.space ?? assumedSpace(width, height);
    return { space, full: fullRange(color.range ?? assume?.range) };
  }

  #describe(
    result: Frame,
    isRgb: boolean,
    into: Details,
    frame: Frame,
    size: { width: number; height: number },
  ): void {
    if (isRgb) result.setColor({ space: "gbr", range: "pc" });
    else {
      if (this.#options.to.color?.space) result.setColor({ space: into.space });
      if (into.full !== null) result.setColor({ range: into.full ? "pc" : "tv" });
    }
    const ratio = frame.sampleAspectRatio;
    if (ratio === null || (size.width === frame.width && size.height === frame.height)) return;
    // The picture keeps its shape: its pixels change theirs.
    result.sampleAspectRatio = reduced(
      ratio.num * frame.width * size.height,
      ratio.den * frame.height * size.width,
    );
  }

  #prepare(
    from: { width: number; height: number; source: number; from: Details },
    into: { width: number; height: number; target: number; into: Details },
    sourceName: string,
    targetName: string,
  ): void {
    const key = JSON.stringify([from, into]);
    if (key === this.#key) return;
    this.close();
    const sws = this.#native.swscale();
    if (sws.sws_isSupportedInput(from.source) === 0) {
      throw new TypeError(`libswscale cannot read the pixel format ${sourceName}`);
    }
    if (sws.sws_isSupportedOutput(into.target) === 0) {
      throw new TypeError(`libswscale cannot make the pixel format ${targetName}`);
    }
    this.#context = sws.sws_alloc_context();
    if (this.#context === 0) throw outOfMemory("sws_alloc_context");
    this.#set("srcw", from.width);
    this.#set("srch", from.height);
    this.#set("src_format", from.source);
    this.#set("dstw", into.width);
    this.#set("dsth", into.height);
    this.#set("dst_format", into.target);
    // As the tool's scale filter has it.
    if (sourceName === "yuv420p") this.#set("src_v_chr_pos", CHROMA_BETWEEN_ROWS);
    if (targetName === "yuv420p") this.#set("dst_v_chr_pos", CHROMA_BETWEEN_ROWS);
    const { flags = ["bicubic"] } = this.#options;
    const { avutil } = this.#native;
    const code = avutil.av_opt_set(
      this.#context,
      cString("sws_flags"),
      cString(flags.join("+")),
      0,
    );
    if (code < 0) throw new TypeError(`unknown flags of libswscale: ${flags.join("+")}`);
    check("sws_init_context", sws.sws_init_context(this.#context, 0 as Pointer, 0 as Pointer));
    this.#setColors(from.from, into.into);
    this.#key = key;
  }

  #set(name: string, value: number): void {
    const { avutil } = this.#native;
    check(`av_opt_set_int ${name}`, avutil.av_opt_set_int(this.#context, cString(name), value, 0));
  }

  /** Absent values stay as libswscale chooses them by the formats. */
  #setColors(from: Details, into: Details): void {
    const sws = this.#native.swscale();
    const out = () => makeBytes(8);
    const [inverse, sourceFull, table, targetFull, ...rest] = Array.from({ length: 7 }, out);
    const [brightness, contrast, saturation] = rest;
    const known = sws.sws_getColorspaceDetails(
      this.#context,
      inverse,
      sourceFull,
      table,
      targetFull,
      brightness,
      contrast,
      saturation,
    );
    // Formats without a matrix, such as from RGB to RGB, have no details.
    if (known < 0) return;
    const int = (bytes: Uint8Array) => new DataView(bytes.buffer).getInt32(0, true);
    const at = (space: string | null, otherwise: Uint8Array): Pointer => {
      const number = space === null ? undefined : coefficients[space];
      return number === undefined
        ? readPointer(new DataView(otherwise.buffer as ArrayBuffer), 0)
        : sws.sws_getCoefficients(number);
    };
    const flag = (full: boolean | null, otherwise: Uint8Array) =>
      full === null ? int(otherwise) : Number(full);
    sws.sws_setColorspaceDetails(
      this.#context,
      at(from.space, inverse),
      flag(from.full, sourceFull),
      at(into.space, table),
      flag(into.full, targetFull),
      0,
      ONE,
      ONE,
    );
  }

  /** Frees the context (`sws_freeContext`). The scaler makes a new one where it is used again. */
  close(): void {
    const context = this.#context;
    this.#context = 0 as Pointer;
    this.#key = "";
    if (context !== 0) this.#native.swscale().sws_freeContext(context);
  }

  /** {@link Scaler.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}

const MAX_RATIO = 2 ** 31 - 1;

/** A fraction in lowest terms; null where it has no meaning or its terms do not fit. */
export function reduced(num: number, den: number): { num: number; den: number } | null {
  if (!(num > 0 && den > 0)) return null;
  let [a, b] = [num, den];
  while (b > 0) [a, b] = [b, a % b];
  const ratio = { num: num / a, den: den / a };
  return ratio.num > MAX_RATIO || ratio.den > MAX_RATIO ? null : ratio;
}
