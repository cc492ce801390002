/**
 * Differences that were looked into: `check` and the end of a file's name, and the proven cause.
 *
 * @module
 */

/** The cause of a known difference. */
export interface Known {
  readonly check: RegExp;
  readonly file: RegExp;
  readonly cause: string;
}

/** Every known difference. */
export const known: readonly Known[] = [
  {
    check: /^remux/,
    file: /(audio-overhang\.ogg|bug504843\.ogv)$/,
    cause: "ffmpeg before 6 takes a stream that cannot be copied for the beginning of the media",
  },
  {
    check: /^seeks/,
    file: /sample_h262_mpeg_audio\.ps$/,
    cause:
      "libavformat's seek in program streams lands behind the last sound: ffprobe has none too",
  },
  {
    check: /^fragments/,
    file: /nasa_13013\.mp4$/,
    cause: "the mp4 muxer ends a subtitle by an empty sample, at other places in shorter fragments",
  },
  {
    check: /^(cuts|fragments)/,
    file: /invalid-(m0c0|cmap-s0c0|cmap-short)\.opus$/,
    cause: "the setup is invalid: nothing reads the copy, and that of ffmpeg neither",
  },
  {
    check: /^packets: (one way|a stream)/,
    file: /_128k\.ts$/,
    cause:
      "a source without a size may be live: it is not held back for scan_all_pmts, as the tool's",
  },
  {
    check: /^(seeks|cuts)/,
    file: /audio-overhang\.ogg$/,
    cause: "a stream without setup, whose packets no parser tells apart",
  },
  {
    check: /^packets: a few bytes/,
    file: /2sec-silence\.shn$/,
    cause: "a raw demuxer without a parser: a packet is what one callback brought",
  },
];
