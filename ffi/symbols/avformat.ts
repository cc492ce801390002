/**
 * libavformat's functions, as data.
 *
 * @module
 */
import type { SymbolTable } from "../types.ts";

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
