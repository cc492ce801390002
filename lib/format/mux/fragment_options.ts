/**
 * How each format has to be written to be live.
 *
 * @module
 */
import type { OptionValue } from "../../dictionary.ts";
import type { Stream } from "../types.ts";

/** Handed through a remux to where the streams are known and the header is not yet written. */
export interface FragmentOptions {
  readonly live?: {
    readonly family: ContainerFamily;
    /** Seconds. */
    readonly fragmentDuration?: number;
  };
}

/** Formats that are cut alike. */
export type ContainerFamily = "mp4" | "matroska" | "mpegts";

const families: Readonly<Record<string, ContainerFamily>> = {
  mp4: "mp4",
  mov: "mp4",
  matroska: "matroska",
  webm: "matroska",
  mpegts: "mpegts",
};

/** Seconds a fragment lasts where no keyframe of a picture ends it. */
export const WITHOUT_VIDEO_SECONDS = 1;

// A cluster's blocks count milliseconds from its start in 16 bits.
const MAX_CLUSTER_SECONDS = 30;
const CLUSTER_SECONDS = 5;
const CLUSTER_BYTES = 5 * 1024 * 1024;

/** How a format is cut. Throws a TypeError, which names those that can be, for any other. */
export function containerFamilyOf(format: unknown): ContainerFamily {
  if (typeof format === "string" && Object.hasOwn(families, format)) return families[format];
  throw new TypeError(
    `fragments: the format is ${
      JSON.stringify(format)
    }; it can be mp4, matroska (or webm) or mpegts`,
  );
}

const fragmentable = new Set(["mp4", "mov", "ipod", "3gp", "3g2", "f4v", "psp"]);

/** True for those of mp4's family that can be written without going back, in fragments alone. */
export function isFragmentable(format: string): boolean {
  return fragmentable.has(format);
}

/** The muxer's options, where the program gives none of its own. */
export function liveOptions(
  live: NonNullable<FragmentOptions["live"]>,
  streams: readonly Stream[],
): Record<string, OptionValue> {
  const { family, fragmentDuration } = live;
  const video = streams.some(({ type, disposition }) =>
    type === "video" && !disposition.includes("attached_pic")
  );
  switch (family) {
    case "mp4": {
      // Their description in the header is made from packets.
      const late = streams.some(({ codec }) => codec.name === "ac3" || codec.name === "eac3");
      const movflags = "frag_keyframe+empty_moov+default_base_moof" + (late ? "+delay_moov" : "");
      const maxSeconds = fragmentDuration ?? (video ? undefined : WITHOUT_VIDEO_SECONDS);
      return maxSeconds === undefined
        ? { movflags }
        : { movflags, frag_duration: Math.round(maxSeconds * 1e6) };
    }
    case "matroska": {
      const maxSeconds = fragmentDuration ?? (video ? CLUSTER_SECONDS : WITHOUT_VIDEO_SECONDS);
      return {
        cluster_time_limit: Math.round(Math.min(maxSeconds, MAX_CLUSTER_SECONDS) * 1000),
        cluster_size_limit: CLUSTER_BYTES,
      };
    }
    case "mpegts":
      return {};
  }
}
