/**
 * Native facts of a demuxer that decide on how its times go on.
 *
 * @module
 */
import { NULL, type Struct } from "../../../ffi/mod.ts";
import { type DemuxerSync, formatCoreOf } from "./demuxer.ts";

const AVFMT_TS_DISCONT = 0x200;

/** The traits of a demuxer that decide how its times go on. */
export interface DemuxerTraits {
  /** True for a format whose times may jump (`AVFMT_TS_DISCONT`). */
  readonly mayJump: boolean;
  /** Bits of a stream's stamps, and its AVCodecParameters, which end with the demuxer. */
  stream(index: number): { readonly wrapBits: number; readonly parameters: Struct };
}

/** The part of the native structs that {@link InputClock} needs. */
export function demuxerTraits(demuxer: DemuxerSync): DemuxerTraits {
  const core = formatCoreOf(demuxer);
  const at = core.struct.at("iformat");
  // A DASH manifest is read without a demuxer of its own.
  const flags = at === NULL ? 0 : core.native.struct("AVInputFormat", at).number("flags");
  return {
    mayJump: (flags & AVFMT_TS_DISCONT) !== 0,
    stream: (index) => {
      const stream = core.stream(index);
      return {
        wrapBits: stream.number("pts_wrap_bits"),
        parameters: core.native.struct("AVCodecParameters", stream.at("codecpar")),
      };
    },
  };
}

/** True where a file of a set was not there, and reading went on without it. */
export function hasHoles(demuxer: DemuxerSync): boolean {
  return formatCoreOf(demuxer).nested.missing.size > 0;
}
