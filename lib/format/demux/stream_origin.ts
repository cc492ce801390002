/**
 * Ties a snapshot of a stream to the AVStream that it was made from.
 *
 * @module
 */
import { type Native, NULL, type Pointer, type Struct } from "../../../ffi/mod.ts";
import { unpackRational } from "../../rational.ts";
import type { FormatCore } from "../format_context.ts";
import { setParameterSource } from "../parameter_source.ts";
import { rateOf } from "../remux/copy_time_base.ts";
import type { Stream } from "../types.ts";

/** Remembers whose snapshot it is, for as long as the demuxer is open. */
export function rememberOrigin(core: FormatCore, stream: Stream): void {
  const known = ratesOf(core.native, core.stream(stream.index), stream.codec.name);
  setParameterSource(stream, finder(new WeakRef(core), stream.index), known);
}

// Fields that a timecode's snapshot does not show, and that only parameters of 6.1 have.
function ratesOf(lib: Native, stream: Struct, codec: string): Record<string, number> {
  const packed = lib.avformat.av_stream_get_codec_timebase?.(stream.pointer);
  const rate = packed === undefined ? undefined : rateOf(codec, unpackRational(packed));
  return {
    "avg_frame_rate.num": stream.number("avg_frame_rate.num"),
    "avg_frame_rate.den": stream.number("avg_frame_rate.den"),
    ...(rate && { "framerate.num": rate.num, "framerate.den": rate.den }),
  };
}

// Weakly: a snapshot that is kept must not keep the demuxer open.
function finder(owner: WeakRef<FormatCore>, index: number): () => Pointer {
  return () => {
    const core = owner.deref();
    return core === undefined || core.closed ? NULL : core.stream(index).at("codecpar");
  };
}
