/**
 * `VideoColorSpace`, and its words in libav's.
 *
 * @module
 */
import type { ColorInfo } from "../format/types.ts";
import type {
  VideoColorPrimaries,
  VideoColorSpaceInit,
  VideoMatrixCoefficients,
  VideoTransferCharacteristics,
} from "./frame_types.ts";
import { defineInterface } from "./interface_shape.ts";
import { boolean, type Converter, dictionary, enumeration, nullable } from "./webidl.ts";

/** libav's name of each word of the standard. */
const primariesNames: Readonly<Record<VideoColorPrimaries, string>> = {
  bt709: "bt709",
  bt470bg: "bt470bg",
  smpte170m: "smpte170m",
  bt2020: "bt2020",
  smpte432: "smpte432",
};
const transferNames: Readonly<Record<VideoTransferCharacteristics, string>> = {
  "bt709": "bt709",
  "smpte170m": "smpte170m",
  "iec61966-2-1": "iec61966-2-1",
  "linear": "linear",
  "pq": "smpte2084",
  "hlg": "arib-std-b67",
};
const matrixNames: Readonly<Record<VideoMatrixCoefficients, string>> = {
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
export const videoColorSpaceInit: Converter<Required<VideoColorSpaceInit>> = dictionary({
  primaries: { type: nullable(wordsOf(primariesNames)), initial: () => null },
  transfer: { type: nullable(wordsOf(transferNames)), initial: () => null },
  matrix: { type: nullable(wordsOf(matrixNames)), initial: () => null },
  fullRange: { type: nullable(boolean), initial: () => null },
});

/** The meaning of the samples of a frame; each part is null where unknown. */
export class VideoColorSpace {
  readonly #init: Required<VideoColorSpaceInit>;

  /** Absent members are null. */
  constructor(init: VideoColorSpaceInit = {}) {
    this.#init = videoColorSpaceInit(init, "VideoColorSpaceInit");
  }

  /** The primaries. */
  get primaries(): VideoColorPrimaries | null {
    return this.#init.primaries;
  }

  /** The transfer function. */
  get transfer(): VideoTransferCharacteristics | null {
    return this.#init.transfer;
  }

  /** The matrix. */
  get matrix(): VideoMatrixCoefficients | null {
    return this.#init.matrix;
  }

  /** True where the samples use every value. */
  get fullRange(): boolean | null {
    return this.#init.fullRange;
  }

  /** The four parts as a plain object. */
  toJSON(): Required<VideoColorSpaceInit> {
    const { primaries, transfer, matrix, fullRange } = this.#init;
    return { primaries, transfer, matrix, fullRange };
  }
}
defineInterface(VideoColorSpace);

/** The colour space of libav's names; a name that the standard lacks is null. */
export function colorSpaceOf(color: ColorInfo): Required<VideoColorSpaceInit> {
  return {
    primaries: wordOf(primariesNames, color.primaries),
    transfer: wordOf(transferNames, color.transfer),
    matrix: wordOf(matrixNames, color.space),
    fullRange: color.range === null ? null : color.range === "pc",
  };
}

/** libav's names of a colour space; null where unknown. */
export function colorInfoOf(space: VideoColorSpaceInit): ColorInfo {
  const { primaries, transfer, matrix, fullRange } = space;
  return {
    primaries: primaries ? primariesNames[primaries] : null,
    transfer: transfer ? transferNames[transfer] : null,
    space: matrix ? matrixNames[matrix] : null,
    range: fullRange === null || fullRange === undefined ? null : fullRange ? "pc" : "tv",
  };
}

/** The colour space of RGB pixels of the web. */
export const SRGB: Required<VideoColorSpaceInit> = {
  primaries: "bt709",
  transfer: "iec61966-2-1",
  matrix: "rgb",
  fullRange: true,
};

/** The colour space of YUV samples that say nothing of theirs. */
export const REC709: Required<VideoColorSpaceInit> = {
  primaries: "bt709",
  transfer: "bt709",
  matrix: "bt709",
  fullRange: false,
};
