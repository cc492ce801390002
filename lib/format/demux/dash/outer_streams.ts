/**
 * The streams of a DASH manifest as one context shows them: copies of those of its tracks.
 *
 * @module
 */
import { AV_NOPTS_VALUE, type Native, NULL, type Struct } from "../../../../ffi/mod.ts";
import { type Dictionary, readDictionary, writeDictionary } from "../../../dictionary.ts";
import { AVERROR, AVError } from "../../../error.ts";
import type { Representation } from "../../../io/nested/dash/types.ts";
import type { FormatCore } from "../../format_context.ts";
import { copySideData, readSideData, sideDataOf } from "../../side_data.ts";

const COPIED = [
  "pts_wrap_bits",
  "time_base.num",
  "time_base.den",
  "start_time",
  "disposition",
  "avg_frame_rate.num",
  "avg_frame_rate.den",
  "r_frame_rate.num",
  "r_frame_rate.den",
  "sample_aspect_ratio.num",
  "sample_aspect_ratio.den",
];

/** Adds a copy of a track's stream to the outer context (`avformat_new_stream`); its index. */
export function addOuterStream(
  outer: FormatCore,
  inner: FormatCore,
  index: number,
  { representation, shift, id }: { representation: Representation; shift: number; id: number },
): number {
  const { native } = outer;
  const from = inner.stream(index);
  const at = native.avformat.avformat_new_stream(outer.pointer, NULL);
  if (at === NULL) throw new AVError({ code: AVERROR("ENOMEM"), operation: "avformat_new_stream" });
  const to = native.struct("AVStream", at);
  const code = native.avcodec.avcodec_parameters_copy(to.at("codecpar"), from.at("codecpar"));
  if (code < 0) throw new AVError({ code, operation: "avcodec_parameters_copy" });
  for (const field of COPIED) to.set(field, from.number(field));
  to.set("id", id);
  to.set("duration", AV_NOPTS_VALUE);
  const start = from.number("start_time");
  if (shift !== 0 && start !== AV_NOPTS_VALUE) {
    to.set(
      "start_time",
      start + Math.round(shift * to.number("time_base.den") / to.number("time_base.num")),
    );
  }
  addSideData(native, from, to);
  writeDictionary(native, to.pointer, to.offset("metadata"), {
    ...readDictionary(from.at("metadata")),
    ...tagsOf(representation),
  });
  return to.number("index");
}

/** As libavformat's own demuxer names them. */
function tagsOf({ id, bandwidth, kind, language }: Representation): Dictionary {
  return {
    ...(kind !== "text" && bandwidth > 0 && { variant_bitrate: String(bandwidth) }),
    ...(id !== "" && { id }),
    ...(kind !== "video" && language !== undefined && { language }),
  };
}

/** Before FFmpeg 6.1 it is the stream's; since then the parameters have it. */
function addSideData(native: Native, from: Struct, to: Struct): void {
  if (native.struct("AVCodecParameters", from.at("codecpar")).has("coded_side_data")) return;
  const sideData = readSideData(native, from.at("side_data"), from.number("nb_side_data"));
  copySideData(native, to, sideDataOf(native, { sideData }));
}
