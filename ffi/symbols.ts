/**
 * The C functions used, as pure data: exact widths, the C parameter beside each entry.
 *
 * @module
 */
import type { CallbackDefinition, SymbolTable } from "./types.ts";

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
  av_aes_alloc: { parameters: [], result: "pointer" },
  av_aes_init: {
    parameters: ["pointer", /* a */ "buffer", /* key */ "i32", /* key_bits */ "i32" /* decrypt */],
    result: "i32",
  },
  av_aes_crypt: {
    parameters: [
      "pointer", /* a */
      "buffer", /* dst */
      "buffer", /* src */
      "i32", /* count, in blocks */
      "buffer", /* iv, changed in place */
      "i32", /* decrypt */
    ],
    result: "void",
  },
} as const satisfies SymbolTable;

/** libavcodec. */
export const avcodec = {
  avcodec_version: { parameters: [], result: "u32" },
  avcodec_configuration: { parameters: [], result: "pointer" },
  avcodec_get_name: { parameters: ["i32" /* id */], result: "pointer" },
  avcodec_profile_name: {
    parameters: ["i32", /* codec_id */ "i32" /* profile */],
    result: "pointer",
  },
  avcodec_descriptor_get: { parameters: ["i32" /* id */], result: "pointer" },
  avcodec_descriptor_get_by_name: { parameters: ["buffer" /* name */], result: "pointer" },
  avcodec_parameters_alloc: { parameters: [], result: "pointer" },
  avcodec_parameters_copy: {
    parameters: ["pointer", /* dst */ "pointer" /* src */],
    result: "i32",
  },
  avcodec_parameters_free: { parameters: ["buffer" /* AVCodecParameters **par */], result: "void" },
  av_packet_alloc: { parameters: [], result: "pointer" },
  av_packet_free: { parameters: ["buffer" /* AVPacket **pkt */], result: "void" },
  av_packet_unref: { parameters: ["pointer" /* pkt */], result: "void" },
  av_packet_move_ref: { parameters: ["pointer", /* dst */ "pointer" /* src */], result: "void" },
  av_packet_ref: { parameters: ["pointer", /* dst */ "pointer" /* src */], result: "i32" },
  av_new_packet: { parameters: ["pointer", /* pkt */ "i32" /* size */], result: "i32" },
  av_packet_new_side_data: {
    parameters: ["pointer", /* pkt */ "i32", /* type */ "usize" /* size; int in 4.x */],
    result: "pointer",
  },
  av_packet_side_data_new: {
    parameters: [
      "pointer", /* AVPacketSideData **psd */
      "pointer", /* int *pnb_sd */
      "i32", /* type */
      "usize", /* size */
      "i32", /* flags */
    ],
    result: "pointer",
    optional: true, // 60.30
  },
  av_packet_rescale_ts: {
    parameters: ["pointer", /* pkt */ "pair", /* tb_src */ "pair" /* tb_dst */],
    result: "void",
  },
  av_get_audio_frame_duration2: {
    parameters: ["pointer", /* AVCodecParameters *par */ "i32" /* frame_bytes */],
    result: "i32",
  },
  av_bsf_get_by_name: { parameters: ["buffer" /* name */], result: "pointer" },
  av_bsf_alloc: {
    parameters: ["pointer", /* filter */ "buffer" /* AVBSFContext **ctx */],
    result: "i32",
  },
  av_bsf_init: { parameters: ["pointer" /* ctx */], result: "i32" },
  av_bsf_send_packet: {
    parameters: ["pointer", /* ctx */ "pointer" /* pkt */],
    result: "i32",
    stack: 32,
  },
  av_bsf_receive_packet: {
    parameters: ["pointer", /* ctx */ "pointer" /* pkt */],
    result: "i32",
    stack: 32,
  },
  av_bsf_free: { parameters: ["buffer" /* AVBSFContext **ctx */], result: "void" },
  av_packet_side_data_name: { parameters: ["i32" /* type */], result: "pointer" },
} as const satisfies SymbolTable;

/** libavformat. */
export const avformat = {
  avformat_version: { parameters: [], result: "u32" },
  avformat_configuration: { parameters: [], result: "pointer" },
  avio_alloc_context: {
    parameters: [
      "pointer", /* buffer */
      "i32", /* buffer_size */
      "i32", /* write_flag */
      "pointer", /* opaque */
      "pointer", /* read_packet */
      "pointer", /* write_packet */
      "pointer", /* seek */
    ],
    result: "pointer",
  },
  avio_context_free: { parameters: ["buffer" /* AVIOContext **s */], result: "void" },
  avio_read: {
    parameters: ["pointer", /* s */ "buffer", /* buf */ "i32" /* size */],
    result: "i32",
    stack: 16,
  },
  avio_write: {
    parameters: ["pointer", /* s */ "buffer", /* buf */ "i32" /* size */],
    result: "void",
    stack: 16,
  },
  avio_seek: {
    parameters: ["pointer", /* s */ "i64", /* offset */ "i32" /* whence */],
    result: "i64",
    stack: 16,
  },
  avio_size: { parameters: ["pointer" /* s */], result: "i64", stack: 16 },
  avio_flush: { parameters: ["pointer" /* s */], result: "void", stack: 16 },
  avformat_alloc_context: { parameters: [], result: "pointer" },
  avformat_free_context: { parameters: ["pointer" /* s */], result: "void", stack: 64 },
  avformat_open_input: {
    parameters: [
      "buffer", /* AVFormatContext **ps */
      "buffer", /* url */
      "pointer", /* fmt */
      "buffer", /* AVDictionary **options */
    ],
    result: "i32",
    stack: 64,
  },
  avformat_find_stream_info: {
    parameters: ["pointer", /* ic */ "pointer" /* AVDictionary **options */],
    result: "i32",
    stack: 256, // decoders run
  },
  avformat_close_input: {
    parameters: ["buffer" /* AVFormatContext **s */],
    result: "void",
    stack: 64,
  },
  av_read_frame: { parameters: ["pointer", /* s */ "pointer" /* pkt */], result: "i32", stack: 32 },
  avformat_seek_file: {
    parameters: [
      "pointer", /* s */
      "i32", /* stream_index */
      "i64", /* min_ts */
      "i64", /* ts */
      "i64", /* max_ts */
      "i32", /* flags */
    ],
    result: "i32",
    stack: 64,
  },
  avformat_new_stream: { parameters: ["pointer", /* s */ "pointer" /* c */], result: "pointer" },
  avformat_alloc_output_context2: {
    parameters: [
      "buffer", /* AVFormatContext **ctx */
      "pointer", /* oformat */
      "buffer", /* format_name */
      "buffer", /* filename */
    ],
    result: "i32",
  },
  avformat_write_header: {
    parameters: ["pointer", /* s */ "buffer" /* AVDictionary **options */],
    result: "i32",
    stack: 64,
  },
  av_interleaved_write_frame: {
    parameters: ["pointer", /* s */ "pointer" /* pkt */],
    result: "i32",
    stack: 32,
  },
  av_write_trailer: { parameters: ["pointer" /* s */], result: "i32", stack: 64 },
  av_find_input_format: { parameters: ["buffer" /* short_name */], result: "pointer" },
  av_probe_input_buffer2: {
    parameters: [
      "pointer", /* pb */
      "buffer", /* const AVInputFormat **fmt */
      "buffer", /* url */
      "pointer", /* logctx */
      "u32", /* offset */
      "u32", /* max_probe_size */
    ],
    result: "i32",
    stack: 64,
  },
  av_guess_format: {
    parameters: ["buffer", /* short_name */ "buffer", /* filename */ "buffer" /* mime_type */],
    result: "pointer",
  },
  av_demuxer_iterate: { parameters: ["buffer" /* void **opaque */], result: "pointer" },
  av_muxer_iterate: { parameters: ["buffer" /* void **opaque */], result: "pointer" },
  av_codec_get_id: {
    parameters: ["pointer", /* const AVCodecTag *const *tags */ "u32" /* tag */],
    result: "i32",
  },
  av_codec_get_tag2: {
    parameters: [
      "pointer", /* const AVCodecTag *const *tags */
      "i32", /* id */
      "buffer", /* unsigned *tag */
    ],
    result: "i32",
  },
  av_stream_new_side_data: {
    parameters: ["pointer", /* stream */ "i32", /* type */ "usize" /* size; int in 4.x */],
    result: "pointer",
    optional: true, // gone in 62; AVCodecParameters holds it since 60.15
  },
  avformat_index_get_entries_count: {
    parameters: ["pointer" /* st */],
    result: "i32",
    optional: true, // 58.76
  },
  avformat_index_get_entry: {
    parameters: ["pointer", /* st */ "i32" /* idx */],
    result: "pointer",
    optional: true,
  },
  av_guess_sample_aspect_ratio: {
    parameters: ["pointer", /* format */ "pointer", /* stream */ "pointer" /* frame */],
    result: "pair",
  },
  av_stream_get_codec_timebase: {
    parameters: ["pointer" /* st */],
    result: "pair",
    optional: true, // gone in 62; AVCodecParameters holds the rate since 60.11
  },
} as const satisfies SymbolTable;

/** libc: a copy from one address to another, without a view; a page of memory. */
export const libc = {
  copy_in: {
    name: "memcpy",
    parameters: ["pointer", /* dest */ "buffer", /* src */ "usize" /* n */],
    result: "pointer",
  },
  copy_out: {
    name: "memcpy",
    parameters: ["buffer", /* dest */ "pointer", /* src */ "usize" /* n */],
    result: "pointer",
  },
  mmap: {
    parameters: [
      "pointer", /* addr */
      "usize", /* length */
      "i32", /* prot */
      "i32", /* flags */
      "i32", /* fd */
      "i64", /* offset */
    ],
    result: "pointer",
    optional: true, // not on Windows
  },
  mprotect: {
    parameters: ["pointer", /* addr */ "usize", /* len */ "i32" /* prot */],
    result: "i32",
    optional: true,
  },
  getpid: { parameters: [], result: "i32", optional: true }, // not on Windows
  getauxval: { parameters: ["usize" /* type */], result: "usize", optional: true }, // Linux
  pthread_self: { parameters: [], result: "pointer", optional: true }, // not on Windows
  getenv: { parameters: ["buffer" /* name */], result: "pointer", optional: true },
  setenv: {
    parameters: ["buffer", /* name */ "buffer", /* value */ "i32" /* overwrite */],
    result: "i32",
    optional: true, // not on Windows
  },
} as const satisfies SymbolTable;

/** The callbacks handed to C. */
export const callbacks = {
  read_packet: { parameters: ["pointer", "pointer", "i32"], result: "i32" },
  write_packet: { parameters: ["pointer", "pointer", "i32"], result: "i32" },
  write_data_type: { parameters: ["pointer", "pointer", "i32", "i32", "i64"], result: "i32" },
  seek: { parameters: ["pointer", "i64", "i32"], result: "i64" },
  io_open: {
    parameters: ["pointer", "pointer", "pointer", "i32", "pointer"],
    result: "i32",
  },
  io_close: { parameters: ["pointer", "pointer"], result: "void" },
  io_close2: { parameters: ["pointer", "pointer"], result: "i32" },
  log: { parameters: ["pointer", "i32", "pointer", "pointer"], result: "void" },
} as const satisfies Record<string, CallbackDefinition>;
