/**
 * How libavformat marks the pieces of an output.
 *
 * @module
 */

/** libavformat's kind of a piece of output (`AVIODataMarkerType`). */
export type MarkerType = "header" | "sync" | "boundary" | "unknown" | "trailer" | "flush";

/** A piece of output, as libavformat marked it. */
export interface Marker {
  /** The kind of the piece. */
  type: MarkerType;
  /** Seconds, where libavformat gives a time. */
  time: number | null;
  /** Bytes of the piece. */
  size: number;
  /** Where it starts. */
  position: number;
}

/** `AVIODataMarkerType`, by number. */
export const markerTypes: readonly MarkerType[] = [
  "header",
  "sync",
  "boundary",
  "unknown",
  "trailer",
  "flush",
];
