/**
 * libavutil's functions, as data.
 *
 * @module
 */
import type { SymbolTable } from "../types.ts";

/** libavutil. */
export const avutil = {
  avutil_version: { parameters: [], result: "u32" },
  avutil_configuration: { parameters: [], result: "pointer" },
  av_version_info: { parameters: [], result: "pointer" },
  av_malloc: { parameters: ["usize" /* size */], result: "pointer" },
  av_mallocz: { parameters: ["usize" /* size */], result: "pointer" },
  av_free: { parameters: ["pointer" /* ptr */], result: "void" },
  av_strerror: {
    parameters: ["i32", /* errnum */ "buffer", /* errbuf */ "usize" /* errbuf_size */],
    result: "i32",
  },
  av_dict_get: {
    parameters: [
      "pointer", /* const AVDictionary *m */
      "buffer", /* key */
      "pointer", /* prev */
      "i32", /* flags */
    ],
    result: "pointer",
  },
  av_dict_set: {
    parameters: ["buffer", /* AVDictionary **pm */ "buffer", /* key */ "buffer", /* value */ "i32"],
    result: "i32",
  },
  av_dict_set_at: {
    name: "av_dict_set",
    parameters: [
      "pointer", /* AVDictionary **pm */
      "buffer", /* key */
      "buffer", /* value */
      "i32",
    ],
    result: "i32",
  },
  av_dict_free: { parameters: ["buffer" /* AVDictionary **m */], result: "void" },
  av_opt_find: {
    parameters: [
      "pointer", /* obj */
      "buffer", /* name */
      "buffer", /* unit */
      "i32", /* opt_flags */
      "i32", /* search_flags */
    ],
    result: "pointer",
  },
  av_opt_next: {
    parameters: ["pointer", /* obj */ "pointer" /* prev */],
    result: "pointer",
  },
  av_log_set_callback: { parameters: ["pointer" /* callback */], result: "void" },
  av_log_format_line2: {
    parameters: [
      "pointer", /* ptr */
      "i32", /* level */
      "pointer", /* fmt */
      "pointer", /* vl */
      "buffer", /* line */
      "i32", /* line_size */
      "buffer", /* print_prefix */
    ],
    result: "i32",
  },
  av_get_pix_fmt_name: { parameters: ["i32" /* pix_fmt */], result: "pointer" },
  av_get_pix_fmt: { parameters: ["buffer" /* name */], result: "i32" },
  av_get_sample_fmt_name: { parameters: ["i32" /* sample_fmt */], result: "pointer" },
  av_get_sample_fmt: { parameters: ["buffer" /* name */], result: "i32" },
  av_color_range_name: { parameters: ["i32" /* range */], result: "pointer" },
  av_color_primaries_name: { parameters: ["i32" /* primaries */], result: "pointer" },
  av_color_transfer_name: { parameters: ["i32" /* transfer */], result: "pointer" },
  av_color_space_name: { parameters: ["i32" /* space */], result: "pointer" },
  av_color_range_from_name: { parameters: ["buffer" /* name */], result: "i32" },
  av_color_primaries_from_name: { parameters: ["buffer" /* name */], result: "i32" },
  av_color_transfer_from_name: { parameters: ["buffer" /* name */], result: "i32" },
  av_color_space_from_name: { parameters: ["buffer" /* name */], result: "i32" },
  av_channel_layout_describe: {
    parameters: ["pointer", /* channel_layout */ "buffer", /* buf */ "usize" /* buf_size */],
    result: "i32",
    optional: true, // 57.24
  },
  av_channel_layout_default: {
    parameters: ["pointer", /* ch_layout */ "i32" /* nb_channels */],
    result: "void",
    optional: true,
  },
  av_channel_layout_from_string: {
    parameters: ["pointer", /* channel_layout */ "buffer" /* str */],
    result: "i32",
    optional: true,
  },
  av_get_channel_layout_string: {
    parameters: [
      "buffer", /* buf */
      "i32", /* buf_size */
      "i32", /* nb_channels */
      "u64", /* channel_layout */
    ],
    result: "void",
    optional: true, // gone in 59
  },
  av_get_channel_layout: { parameters: ["buffer" /* name */], result: "u64", optional: true },
  av_get_default_channel_layout: {
    parameters: ["i32" /* nb_channels */],
    result: "i64",
    optional: true,
  },
  av_rescale_q: { parameters: ["i64", /* a */ "pair", /* bq */ "pair" /* cq */], result: "i64" },
  av_rescale_delta: {
    parameters: [
      "pair", /* in_tb */
      "i64", /* in_ts */
      "pair", /* fs_tb */
      "i32", /* duration */
      "buffer", /* int64_t *last */
      "pair", /* out_tb */
    ],
    result: "i64",
  },
  av_opt_set: {
    parameters: ["pointer", /* obj */ "buffer", /* name */ "buffer", /* val */ "i32"],
    result: "i32",
  },
  av_opt_set_int: {
    parameters: ["pointer", /* obj */ "buffer", /* name */ "i64", /* val */ "i32"],
    result: "i32",
  },
  av_opt_get_int: {
    parameters: ["pointer", /* obj */ "buffer", /* name */ "i32", "buffer" /* int64_t *out_val */],
    result: "i32",
  },
  av_max_alloc: { parameters: ["usize" /* max */], result: "void" },
  av_frame_alloc: { parameters: [], result: "pointer" },
  av_frame_free: { parameters: ["buffer" /* AVFrame **frame */], result: "void" },
  av_frame_clone: { parameters: ["pointer" /* src */], result: "pointer" },
  av_frame_unref: { parameters: ["pointer" /* frame */], result: "void" },
  av_frame_move_ref: { parameters: ["pointer", /* dst */ "pointer" /* src */], result: "void" },
  av_frame_get_buffer: { parameters: ["pointer", /* frame */ "i32" /* align */], result: "i32" },
  av_frame_make_writable: { parameters: ["pointer" /* frame */], result: "i32" },
  av_frame_copy_props: { parameters: ["pointer", /* dst */ "pointer" /* src */], result: "i32" },
  av_frame_new_side_data: {
    parameters: ["pointer", /* frame */ "i32", /* type */ "usize" /* size; int in 4.x */],
    result: "pointer",
  },
  av_frame_remove_side_data: {
    parameters: ["pointer", /* frame */ "i32" /* type */],
    result: "void",
  },
  av_frame_side_data_name: { parameters: ["i32" /* type */], result: "pointer" },
  av_image_copy_plane_out: {
    name: "av_image_copy_plane",
    parameters: [
      "buffer", /* dst */
      "i32", /* dst_linesize */
      "pointer", /* src */
      "i32", /* src_linesize */
      "i32", /* bytewidth */
      "i32", /* height */
    ],
    result: "void",
  },
  av_image_copy_plane_in: {
    name: "av_image_copy_plane",
    parameters: [
      "pointer", /* dst */
      "i32", /* dst_linesize */
      "buffer", /* src */
      "i32", /* src_linesize */
      "i32", /* bytewidth */
      "i32", /* height */
    ],
    result: "void",
  },
  av_image_get_linesize: {
    parameters: ["i32", /* pix_fmt */ "i32", /* width */ "i32" /* plane */],
    result: "i32",
  },
  av_pix_fmt_desc_get: { parameters: ["i32" /* pix_fmt */], result: "pointer" },
  av_pix_fmt_count_planes: { parameters: ["i32" /* pix_fmt */], result: "i32" },
  av_get_bytes_per_sample: { parameters: ["i32" /* sample_fmt */], result: "i32" },
  av_sample_fmt_is_planar: { parameters: ["i32" /* sample_fmt */], result: "i32" },
  av_get_packed_sample_fmt: { parameters: ["i32" /* sample_fmt */], result: "i32" },
  av_get_planar_sample_fmt: { parameters: ["i32" /* sample_fmt */], result: "i32" },
  av_get_picture_type_char: { parameters: ["i32" /* pict_type */], result: "i32" },
  av_chroma_location_name: { parameters: ["i32" /* location */], result: "pointer" },
  av_channel_layout_copy: {
    parameters: ["pointer", /* dst */ "pointer" /* src */],
    result: "i32",
    optional: true, // 57.24
  },
  av_audio_fifo_alloc: {
    parameters: ["i32", /* sample_fmt */ "i32", /* channels */ "i32" /* nb_samples */],
    result: "pointer",
  },
  av_audio_fifo_free: { parameters: ["pointer" /* af */], result: "void" },
  av_audio_fifo_write: {
    parameters: ["pointer", /* af */ "pointer", /* void **data */ "i32" /* nb_samples */],
    result: "i32",
  },
  av_audio_fifo_read: {
    parameters: ["pointer", /* af */ "pointer", /* void **data */ "i32" /* nb_samples */],
    result: "i32",
  },
  av_audio_fifo_size: { parameters: ["pointer" /* af */], result: "i32" },
  av_audio_fifo_reset: { parameters: ["pointer" /* af */], result: "void" },
} as const satisfies SymbolTable;
