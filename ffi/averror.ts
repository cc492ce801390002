/**
 * FFmpeg's own error codes, those of `libavutil/error.h` that are not an errno.
 *
 * @module
 */

/** `FFERRTAG`: the negated little-endian number of four characters. */
function tag(a: string | number, b: string, c: string, d: string): number {
  const first = typeof a === "number" ? a : a.charCodeAt(0);
  return -(first | (b.charCodeAt(0) << 8) | (c.charCodeAt(0) << 16) | (d.charCodeAt(0) << 24));
}

const f8 = 0xf8;

/** FFmpeg's error codes by name, each a negative 32 bit integer. */
export const averrorTags = {
  AVERROR_BSF_NOT_FOUND: tag(f8, "B", "S", "F"),
  AVERROR_BUG: tag("B", "U", "G", "!"),
  AVERROR_BUG2: tag("B", "U", "G", " "),
  AVERROR_BUFFER_TOO_SMALL: tag("B", "U", "F", "S"),
  AVERROR_DECODER_NOT_FOUND: tag(f8, "D", "E", "C"),
  AVERROR_DEMUXER_NOT_FOUND: tag(f8, "D", "E", "M"),
  AVERROR_ENCODER_NOT_FOUND: tag(f8, "E", "N", "C"),
  AVERROR_EOF: tag("E", "O", "F", " "),
  AVERROR_EXIT: tag("E", "X", "I", "T"),
  AVERROR_EXTERNAL: tag("E", "X", "T", " "),
  AVERROR_FILTER_NOT_FOUND: tag(f8, "F", "I", "L"),
  AVERROR_INVALIDDATA: tag("I", "N", "D", "A"),
  AVERROR_MUXER_NOT_FOUND: tag(f8, "M", "U", "X"),
  AVERROR_OPTION_NOT_FOUND: tag(f8, "O", "P", "T"),
  AVERROR_PATCHWELCOME: tag("P", "A", "W", "E"),
  AVERROR_PROTOCOL_NOT_FOUND: tag(f8, "P", "R", "O"),
  AVERROR_STREAM_NOT_FOUND: tag(f8, "S", "T", "R"),
  AVERROR_UNKNOWN: tag("U", "N", "K", "N"),
  AVERROR_EXPERIMENTAL: -0x2bb2afa8,
  AVERROR_INPUT_CHANGED: -0x636e6701,
  AVERROR_OUTPUT_CHANGED: -0x636e6702,
  AVERROR_HTTP_BAD_REQUEST: tag(f8, "4", "0", "0"),
  AVERROR_HTTP_UNAUTHORIZED: tag(f8, "4", "0", "1"),
  AVERROR_HTTP_FORBIDDEN: tag(f8, "4", "0", "3"),
  AVERROR_HTTP_NOT_FOUND: tag(f8, "4", "0", "4"),
  AVERROR_HTTP_TOO_MANY_REQUESTS: tag(f8, "4", "2", "9"),
  AVERROR_HTTP_OTHER_4XX: tag(f8, "4", "X", "X"),
  AVERROR_HTTP_SERVER_ERROR: tag(f8, "5", "X", "X"),
} as const satisfies Readonly<Record<string, number>>;
