/**
 * libavcodec's functions, as data.
 *
 * @module
 */
import type { SymbolTable } from "../types.ts";

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
  av_bsf_iterate: { parameters: ["buffer" /* void **opaque */], result: "pointer" },
  av_bsf_get_by_name: { parameters: ["buffer" /* name */], result: "pointer" },
  av_bsf_alloc: {
    parameters: ["pointer", /* filter */ "buffer" /* AVBSFContext **ctx */],
    result: "i32",
  },
  av_bsf_list_parse_str: {
    parameters: ["buffer", /* const char *str */ "buffer" /* AVBSFContext **bsf */],
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
  av_packet_shrink_side_data: {
    parameters: ["pointer", /* pkt */ "i32", /* type */ "usize" /* size */],
    result: "i32",
  },
  av_packet_side_data_name: { parameters: ["i32" /* type */], result: "pointer" },
  avcodec_find_decoder: { parameters: ["i32" /* id */], result: "pointer" },
  avcodec_find_decoder_by_name: { parameters: ["buffer" /* name */], result: "pointer" },
  avcodec_find_encoder: { parameters: ["i32" /* id */], result: "pointer" },
  avcodec_find_encoder_by_name: { parameters: ["buffer" /* name */], result: "pointer" },
  av_codec_iterate: { parameters: ["buffer" /* void **opaque */], result: "pointer" },
  av_codec_is_decoder: { parameters: ["pointer" /* codec */], result: "i32" },
  av_codec_is_encoder: { parameters: ["pointer" /* codec */], result: "i32" },
  avcodec_get_supported_config: {
    parameters: [
      "pointer", /* avctx */
      "pointer", /* codec */
      "i32", /* enum AVCodecConfig config */
      "u32", /* flags */
      "buffer", /* const void **out_configs */
      "buffer", /* int *out_num_configs */
    ],
    result: "i32",
    optional: true, // 61.13
  },
  avcodec_find_best_pix_fmt_of_list: {
    parameters: [
      "buffer", /* const enum AVPixelFormat *pix_fmt_list */
      "i32", /* src_pix_fmt */
      "i32", /* has_alpha */
      "buffer", /* int *loss_ptr */
    ],
    result: "i32",
  },
  avcodec_alloc_context3: { parameters: ["pointer" /* codec */], result: "pointer" },
  avcodec_free_context: { parameters: ["buffer" /* AVCodecContext **avctx */], result: "void" },
  avcodec_parameters_to_context: {
    parameters: ["pointer", /* codec */ "pointer" /* par */],
    result: "i32",
  },
  avcodec_parameters_from_context: {
    parameters: ["pointer", /* par */ "pointer" /* codec */],
    result: "i32",
  },
  avcodec_open2: {
    parameters: [
      "pointer",
      /* avctx */ "pointer",
      /* codec */ "buffer", /* AVDictionary **options */
    ],
    result: "i32",
    stack: 64,
  },
  avcodec_send_packet: {
    parameters: ["pointer", /* avctx */ "pointer" /* avpkt */],
    result: "i32",
    stack: 128,
  },
  avcodec_receive_frame: {
    parameters: ["pointer", /* avctx */ "pointer" /* frame */],
    result: "i32",
    stack: 128,
  },
  avcodec_send_frame: {
    parameters: ["pointer", /* avctx */ "pointer" /* frame */],
    result: "i32",
    stack: 128,
  },
  avcodec_receive_packet: {
    parameters: ["pointer", /* avctx */ "pointer" /* avpkt */],
    result: "i32",
    stack: 128,
  },
  avcodec_flush_buffers: { parameters: ["pointer" /* avctx */], result: "void", stack: 32 },
} as const satisfies SymbolTable;
