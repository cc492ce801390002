/**
 * `VideoColorSpace`, and its words in libav's.
 *
 * @module
 */
import type { ColorInfo } from "../format/types.ts";
import type {
  AnyVideoColorPrimaries,
  AnyVideoColorSpaceInit,
  AnyVideoMatrixCoefficients,
  AnyVideoTransferCharacteristics,
  VideoColorPrimaries,
  VideoColorSpaceInit,
  VideoMatrixCoefficients,
  VideoTransferCharacteristics,
} from "./frame_types.ts";
import { defineInterface } from "./interface_shape.ts";
import { boolean, type Converter, dictionary, enumeration, nullable } from "./webidl.ts";

/** libav's name of each word of the standard. */
const primariesNames: Readonly<Record<AnyVideoColorPrimaries, string>> = {
  bt709: "bt709",
  bt470bg: "bt470bg",
  smpte170m: "smpte170m",
  bt2020: "bt2020",
  smpte432: "smpte432",
};
const transferNames: Readonly<Record<AnyVideoTransferCharacteristics, string>> = {
  "bt709": "bt709",
  "smpte170m": "smpte170m",
  "iec61966-2-1": "iec61966-2-1",
  "linear": "linear",
  "pq": "smpte2084",
  "hlg": "arib-std-b67",
};
const matrixNames: Readonly<Record<AnyVideoMatrixCoefficients, string>> = {
  "rgb": "gbr",
  "bt709": "bt709",
  "bt470bg": "bt470bg",
  "smpte170m": "smpte170m",
  "bt2020-ncl": "bt2020nc",
};

const wordOf = <T extends string>(names: Readonly<Record<T, string>>, name: string | null) =>
  name === null ? null : (Object.keys(names) as T[]).find((key) => names[key] === name) ?? null;
const wordsOf = <T extends string>(names: Readonly<Record<T, string>>) =>
  enumeration(Object.keys(names) as T[]);

/** Converts to a `VideoColorSpaceInit`: all four members, null where unknown. */
export const videoColorSpaceInit: Converter<Required<AnyVideoColorSpaceInit>> = dictionary({
  primaries: { type: nullable(wordsOf(primariesNames)), initial: () => null },
  transfer: { type: nullable(wordsOf(transferNames)), initial: () => null },
  matrix: { type: nullable(wordsOf(matrixNames)), initial: () => null },
  fullRange: { type: nullable(boolean), initial: () => null },
});

/** The meaning of the samples of a frame; each part is null where unknown. */
export class VideoColorSpace {
  readonly #init: Required<AnyVideoColorSpaceInit>;

  /** Absent members are null. */
  constructor(init: AnyVideoColorSpaceInit = {}) {
    this.#init = videoColorSpaceInit(init, "VideoColorSpaceInit");
  }

  /** The primaries. */
  get primaries(): VideoColorPrimaries | null {
    return this.#init.primaries as VideoColorPrimaries | null;
  }

  /** The transfer function. */
  get transfer(): VideoTransferCharacteristics | null {
    return this.#init.transfer as VideoTransferCharacteristics | null;
  }

  /** The matrix. */
  get matrix(): VideoMatrixCoefficients | null {
    return this.#init.matrix as VideoMatrixCoefficients | null;
  }

  /** True where the samples use every value. */
  get fullRange(): boolean | null {
    return this.#init.fullRange;
  }

  /** The four parts as a plain object. */
  toJSON(): VideoColorSpaceInit {
    const { primaries, transfer, matrix, fullRange } = this.#init;
    return { primaries, transfer, matrix, fullRange } as VideoColorSpaceInit;
  }
}
defineInterface(VideoColorSpace);

/** The colour space of libav's names; a name that the standard lacks is null. */
export function colorSpaceOf(color: ColorInfo): Required<AnyVideoColorSpaceInit> {
  return {
    primaries: wordOf(primariesNames, color.primaries),
    transfer: wordOf(transferNames, color.transfer),
    matrix: wordOf(matrixNames, color.space),
    fullRange: color.range === null ? null : color.range === "pc",
  };
}

/** libav's names of a colour space; null where unknown. */
export function colorInfoOf(space: AnyVideoColorSpaceInit): ColorInfo {
  const { primaries, transfer, matrix, fullRange } = space;
  return {
    primaries: primaries ? primariesNames[primaries] : null,
    transfer: transfer ? transferNames[transfer] : null,
    space: matrix ? matrixNames[matrix] : null,
    range: fullRange === null || fullRange === undefined ? null : fullRange ? "pc" : "tv",
  };
}

/** The colour space of RGB pixels of the web. */
export const SRGB: Required<AnyVideoColorSpaceInit> = {
  primaries: "bt709",
  transfer: "iec61966-2-1",
  matrix: "rgb",
  fullRange: true,
};

/** The colour space of YUV samples that say nothing of theirs. */
export const REC709: Required<AnyVideoColorSpaceInit> = {
  primaries: "bt709",
  transfer: "bt709",
  matrix: "bt709",
  fullRange: false,
};
