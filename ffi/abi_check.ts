/**
 * Compares the struct tables with what the loaded libraries say of themselves, so that a wrong
 * table is an error and never a crash. Each step is read only after the one before agreed.
 *
 * @module
 */
import { UnsupportedVersionError } from "./errors.ts";
import type { Native } from "./native.ts";
import { AV_NOPTS_VALUE, cString, PointerSlot } from "./struct.ts";
import { NULL } from "./types.ts";

/** AVFormatContext's options whose AVOption carries the real offset of the field. */
const optionFields: readonly (readonly [option: string, field: string])[] = [
  ["probesize", "probesize"],
  ["formatprobesize", "format_probesize"],
  ["packetsize", "packet_size"],
  ["fflags", "flags"],
  ["analyzeduration", "max_analyze_duration"],
  ["max_delay", "max_delay"],
  ["fpsprobesize", "fps_probe_size"],
  ["max_interleave_delta", "max_interleave_delta"],
  ["strict", "strict_std_compliance"],
  ["avoid_negative_ts", "avoid_negative_ts"],
  ["flush_packets", "flush_packets"],
  ["output_ts_offset", "output_ts_offset"],
  ["format_whitelist", "format_whitelist"],
  ["protocol_whitelist", "protocol_whitelist"],
  ["protocol_blacklist", "protocol_blacklist"],
  ["max_streams", "max_streams"],
  ["max_probe_packets", "max_probe_packets"],
];

// AVOption: const char *name; const char *help; int offset. The same since 2012.
const AVOPTION_OFFSET = 16;

/** AVCodecContext's options whose AVOption carries the real offset of the field. */
const codecFields: readonly (readonly [option: string, field: string])[] = [
  ["time_base", "time_base"],
  ["video_size", "width"],
  ["pixel_format", "pix_fmt"],
  ["ar", "sample_rate"],
  ["frame_size", "frame_size"],
  ["g", "gop_size"],
  ["flags", "flags"],
  ["color_range", "color_range"],
  ["request_sample_fmt", "request_sample_fmt"],
];

/** Runs the check; returns what agreed, a line each. Throws {@link UnsupportedVersionError}. */
export function checkAbi(native: Native): string[] {
  const { avformat, avcodec, avutil, ffi } = native;
  const agreed: string[] = [];
  const expect = (what: string, actual: number, expected: number) => {
    if (actual !== expected) {
      throw new UnsupportedVersionError(
        `the struct tables do not fit libavformat ${native.versions.avformat.join(".")}: ` +
          `${what} is ${actual}, expected ${expected}. ` +
          "Use an unmodified FFmpeg 4.3 to 9.0, or set AVIO_LIBRARY_PATH to one.",
      );
    }
    agreed.push(what);
  };

  const context = avformat.avformat_alloc_context();
  const slot = new PointerSlot();
  try {
    const layout = native.layout("AVFormatContext");
    for (const [option, field] of optionFields) {
      if (!(field in layout.fields)) continue;
      const found = avutil.av_opt_find(context, cString(option), null, 0, 0);
      if (found === NULL) continue;
      const offset = new DataView(ffi.view(found, 24)).getInt32(AVOPTION_OFFSET, true);
      expect(`AVFormatContext.${field} offset`, offset, layout.fields[field].offset);
    }
    const stream = native.struct("AVStream", avformat.avformat_new_stream(context, NULL));
    expect("AVStream.index default", stream.number("index"), 0);
    expect("AVStream.start_time default", stream.number("start_time"), AV_NOPTS_VALUE);
    const format = native.struct("AVFormatContext", context);
    expect("AVFormatContext.nb_streams after one", format.number("nb_streams"), 1);
    const parameters = native.struct("AVCodecParameters", stream.at("codecpar"));
    expect("AVCodecParameters.codec_type default", parameters.number("codec_type"), -1);
    expect("AVCodecParameters.format default", parameters.number("format"), -1);
    expect("AVCodecParameters.profile default", parameters.number("profile"), -99);
    expect("AVCodecParameters.level default", parameters.number("level"), -99);
    expect("AVCodecParameters.sample_rate default", parameters.number("sample_rate"), 0);
  } finally {
    avformat.avformat_free_context(context);
  }

  const codec = avcodec.avcodec_alloc_context3(NULL);
  try {
    const layout = native.layout("AVCodecContext");
    for (const [option, field] of codecFields) {
      const found = avutil.av_opt_find(codec, cString(option), null, 0, 0);
      if (found === NULL) continue;
      const offset = new DataView(ffi.view(found, 24)).getInt32(AVOPTION_OFFSET, true);
      expect(`AVCodecContext.${field} offset`, offset, layout.fields[field].offset);
    }
    const context = native.struct("AVCodecContext", codec);
    expect("AVCodecContext.framerate.num default", context.number("framerate.num"), 0);
    expect("AVCodecContext.framerate.den default", context.number("framerate.den"), 1);
  } finally {
    slot.value = codec;
    avcodec.avcodec_free_context(slot.bytes);
  }

  const frame = avutil.av_frame_alloc();
  try {
    const fields = native.struct("AVFrame", frame);
    expect("AVFrame.pts default", fields.number("pts"), AV_NOPTS_VALUE);
    expect("AVFrame.format default", fields.number("format"), -1);
    expect("AVFrame.extended_data default", fields.at("extended_data"), frame);
    expect("AVFrame.sample_aspect_ratio default", fields.number("sample_aspect_ratio.den"), 1);
    expect(
      "AVFrame.best_effort_timestamp default",
      fields.number("best_effort_timestamp"),
      AV_NOPTS_VALUE,
    );
    expect("AVFrame.color_primaries default", fields.number("color_primaries"), 2);
    expect("AVFrame.color_trc default", fields.number("color_trc"), 2);
    expect("AVFrame.colorspace default", fields.number("colorspace"), 2);
  } finally {
    slot.value = frame;
    avutil.av_frame_free(slot.bytes);
  }

  const packet = avcodec.av_packet_alloc();
  try {
    const fields = native.struct("AVPacket", packet);
    expect("AVPacket.pts default", fields.number("pts"), AV_NOPTS_VALUE);
    expect("AVPacket.dts default", fields.number("dts"), AV_NOPTS_VALUE);
    expect("AVPacket.pos default", fields.number("pos"), -1);
  } finally {
    slot.value = packet;
    avcodec.av_packet_free(slot.bytes);
  }
  return agreed;
}
