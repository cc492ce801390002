/**
 * The container of a format's segments, whose needs are those of a plain file of that container.
 *
 * @module
 */
import type { OptionValue } from "../../dictionary.ts";

type Options = Readonly<Record<string, OptionValue>>;

const asWebm = /^(vp8|vp9|opus|vorbis)$/;

/** The muxer's name that writes a codec's packets in the end. */
export function containerOf(format: string, options: Options = {}, codec = ""): string {
  switch (format) {
    case "hls":
      return isOne(options.hls_segment_type, ["fmp4", "1"]) ? "mp4" : "mpegts";
    case "dash": {
      const type = options.dash_segment_type;
      if (isOne(type, ["webm", "2"])) return "webm";
      return !isOne(type, ["mp4", "1"]) && asWebm.test(codec) ? "webm" : "mp4";
    }
    case "segment":
    case "stream_segment,ssegment":
      return options.segment_format === undefined ? format : String(options.segment_format);
    default:
      return format;
  }
}

function isOne(value: OptionValue | undefined, names: readonly string[]): boolean {
  return value !== undefined && names.includes(String(value));
}
