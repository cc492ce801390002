/**
 * The functions of libav that log nothing, in any version. Where threads take turns at the log
 * (`turn_lock.ts`), every other function is called in a turn.
 *
 * @module
 */
import type { Native } from "../../ffi/mod.ts";

const avutil = [
  "avutil_version",
  "avutil_configuration",
  "av_version_info",
  "av_malloc",
  "av_mallocz",
  "av_free",
  "av_strerror",
  "av_dict_get",
  "av_dict_set",
  "av_dict_set_at",
  "av_dict_free",
  "av_log_set_callback",
  "av_log_format_line2",
  "av_rescale_q",
  "av_frame_alloc",
  "av_frame_free",
  "av_frame_clone",
  "av_frame_unref",
  "av_frame_move_ref",
  "av_frame_copy_props",
  "av_image_copy_plane_out",
  "av_image_copy_plane_in",
  "av_pix_fmt_desc_get",
  "av_get_bytes_per_sample",
  "av_sample_fmt_is_planar",
  "av_get_pix_fmt_name",
  "av_get_sample_fmt_name",
  "av_audio_fifo_size",
] as const satisfies readonly (keyof Native["avutil"])[];

const avcodec = [
  "avcodec_version",
  "avcodec_configuration",
  "avcodec_get_name",
  "av_packet_alloc",
  "av_packet_free",
  "av_packet_unref",
  "av_packet_move_ref",
  "av_packet_ref",
  "av_new_packet",
  "av_packet_new_side_data",
  "av_packet_rescale_ts",
] as const satisfies readonly (keyof Native["avcodec"])[];

const avformat = [
  "avformat_version",
  "avformat_configuration",
] as const satisfies readonly (keyof Native["avformat"])[];

/** By the names of the tables in `ffi/symbols/`. */
export const unloggedCalls: ReadonlySet<string> = new Set([...avutil, ...avcodec, ...avformat]);
