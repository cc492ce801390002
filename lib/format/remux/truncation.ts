/**
 * Whether an input ends before its container says that it does.
 *
 * @module
 */
import { AVError } from "../../error.ts";
import { indexEnd } from "../demux/container_index.ts";
import { type DemuxerSync, formatCoreOf } from "../demux/demuxer.ts";
import type { PacketSlot } from "../packet.ts";
import { toSeconds } from "../../rational.ts";
import type { Stream } from "../types.ts";

const FLAG_CORRUPT = 2;
/** Formats whose header tells the duration exactly, and not from the size. */
const withDuration = /^(matroska|flac|flv|aiff|wv|tta|caf)\b/;
/** Formats whose own bytes are a list of other files. */
const listsOfFiles = /^(hls|dash|concat)\b/;
const MIN_LACK_SECONDS = 1;
const MIN_LACK = 0.02;

/** True where the demuxer gave up at the very end of its bytes: they are cut off. */
export function isCutOff(demuxer: DemuxerSync, error: unknown): boolean {
  return error instanceof AVError && error.operation === "av_read_frame" &&
    !listsOfFiles.test(demuxer.format.name) &&
    formatCoreOf(demuxer).io.struct.number("eof_reached") !== 0;
}

/** Looks at the packets of an input for signs that it is cut off. */
export class EndWatch {
  readonly #demuxer: DemuxerSync;
  /** True for a stream whose last packet is shorter than its container says. */
  readonly #corrupt: boolean[] = [];
  /** True where the container tells a duration that the packets can be compared with. */
  readonly #tellsDuration: boolean;
  #end = -Infinity;

  constructor(demuxer: DemuxerSync) {
    this.#demuxer = demuxer;
    this.#tellsDuration = withDuration.test(demuxer.format.name);
  }

  /** Takes note of a packet as the demuxer gave it. */
  see(slot: PacketSlot): void {
    const { struct, streamIndex } = slot;
    this.#corrupt[streamIndex] = (struct.number("flags") & FLAG_CORRUPT) !== 0;
    if (!this.#tellsDuration) return;
    const { timeBase, type } = this.#demuxer.streams[streamIndex];
    if (type !== "video" && type !== "audio") return;
    const { pts, dts } = slot;
    const at = toSeconds(pts ?? dts, timeBase);
    const duration = toSeconds(struct.number("duration"), timeBase);
    if (at !== null && duration !== null) this.#end = Math.max(this.#end, at + duration);
  }

  /**
   * At the end: true where the container announces more. `copied` are the streams that were read.
   */
  isTruncated(copied: readonly Stream[]): boolean {
    return this.#corrupt.includes(true) || this.#isIndexLonger(copied) || this.#isShort(copied);
  }

  #isIndexLonger(copied: readonly Stream[]): boolean {
    const { size, name } = this.#demuxer.format;
    const end = size ?? (listsOfFiles.test(name) ? Infinity : this.#demuxer.bytesRead);
    const core = formatCoreOf(this.#demuxer);
    return copied.some(({ index }) => indexEnd(core, index) > end);
  }

  #isShort(copied: readonly Stream[]): boolean {
    const { format: { duration }, streams } = this.#demuxer;
    const isMedia = ({ type, isCoverArt }: Stream) =>
      !isCoverArt && (type === "video" || type === "audio");
    if (duration === null || this.#end === -Infinity) return false;
    // A stream that is left out may be the long one.
    if (!streams.filter(isMedia).every((stream) => copied.includes(stream))) return false;
    // Matroska counts it from 0, wherever the media begins; the others begin there.
    const lack = duration - this.#end;
    return lack > Math.max(MIN_LACK_SECONDS, duration * MIN_LACK);
  }
}
