/**
 * A DASH manifest, as far as it is read.
 *
 * @module
 */
import { AVERROR, AVError } from "../../../error.ts";

/** A file, or a part of one. */
export interface Part {
  readonly url: string;
  /** Bytes from `start` to before `end`; absent: all of it. */
  readonly range?: { readonly start: number; readonly end: number | undefined };
}

/** A segment; `start` is in seconds of the representation's own clock. */
export interface Segment extends Part {
  readonly start: number;
}

/** The kind of media in a representation. */
export type Kind = "video" | "audio" | "text" | "other";

/** A representation of one period. */
export interface Representation {
  readonly id: string;
  readonly kind: Kind;
  /** Bits a second; 0 where the manifest gives none. */
  readonly bandwidth: number;
  readonly language: string | undefined;
  /** The setup that each segment needs. */
  readonly init: Part | undefined;
  /** In the order of their times. */
  readonly segments: readonly Segment[];
  /** True where it is one file, in which libavformat finds its way itself. */
  readonly isFile: boolean;
  /** Seconds on the representation's clock at which the period begins. */
  readonly origin: number;
}

/** A period that has representations. */
export interface Period {
  /** Seconds from the beginning of the presentation. */
  readonly start: number;
  readonly representations: readonly Representation[];
}

/** A manifest. */
export interface Manifest {
  readonly isLive: boolean;
  /** Seconds; undefined where unknown. */
  readonly duration: number | undefined;
  readonly periods: readonly Period[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** The error of a manifest that cannot be read. */
export function brokenManifest(detail: string): AVError {
  return new AVError({
    code: AVERROR("EINVAL"),
    operation: "avformat_open_input",
    detail: `DASH: ${detail}`,
  });
}
