/**
 * A packet: metadata that stays, a payload on loan.
 *
 * @module
 */
import {
  advance,
  copyBytes,
  copyOf,
  copyOut,
  detachBuffer,
  makeBytes,
  type Native,
  native,
  type OwnBytes,
  type Pointer,
  PointerSlot,
  readInt64,
  readPointer,
  type Struct,
} from "../../ffi/mod.ts";
import { takeBytes } from "../check.ts";
import { AVERROR, AVError, DisposedError } from "../error.ts";
import { type Rational, ticks, toSeconds } from "../rational.ts";
import { readSideData } from "./side_data.ts";
import { subtitleText } from "./subtitle_text.ts";
import type { SideData, Stream } from "./types.ts";

const FLAG_KEY = 1;
const FLAG_CORRUPT = 2;
const FLAG_DISCARD = 4;
const FLAG_DISPOSABLE = 16;

/** One AVPacket, filled again and again, read through one kept view. */
export class PacketSlot {
  readonly native: Native = native();
  readonly pointer: Pointer;
  readonly struct: Struct;
  /** Counts the fillings: a packet of an older one has lost its payload. */
  generation = 0;
  #views: ArrayBuffer[] = [];
  readonly #owned: boolean;
  #open = true;

  /** `pointer`: a packet that its owner frees. */
  constructor(pointer?: Pointer) {
    this.#owned = pointer === undefined;
    this.pointer = pointer ?? this.native.avcodec.av_packet_alloc();
    if (this.pointer === 0) {
      throw new AVError({ code: AVERROR("ENOMEM"), operation: "av_packet_alloc" });
    }
    this.struct = this.native.struct("AVPacket", this.pointer);
  }

  /** The index of the stream that it holds a packet of. */
  get streamIndex(): number {
    return this.struct.view.getInt32(fieldOffsets(this).streamIndex, true);
  }

  /** Presentation time in ticks of its stream; null where unknown. */
  get pts(): number | null {
    return ticks(readInt64(this.struct.view, fieldOffsets(this).pts));
  }

  /** Decoding time in ticks; null where unknown. */
  get dts(): number | null {
    return ticks(readInt64(this.struct.view, fieldOffsets(this).dts));
  }

  /** True where decoding can begin. */
  get isKeyframe(): boolean {
    return (this.struct.view.getInt32(fieldOffsets(this).flags, true) & FLAG_KEY) !== 0;
  }

  /** Bytes of its payload. */
  get size(): number {
    return this.struct.view.getInt32(fieldOffsets(this).size, true);
  }

  /** Ends the loan: views are detached, the payload is let go (`av_packet_unref`). */
  clear(): void {
    if (!this.#open) return;
    this.endLoan();
    this.native.avcodec.av_packet_unref(this.pointer);
  }

  /** The first half of {@link PacketSlot.clear}: the packet's owner does the second. */
  endLoan(): void {
    this.generation++;
    if (this.#views.length === 0) return;
    const views = this.#views;
    this.#views = [];
    // A detached buffer answers nothing: no view can reach memory that C frees afterwards.
    const detached = views.filter(detachBuffer);
    // A buffer that the program transferred still reaches the payload, which is then never freed.
    if (detached.length < views.length) this.#keepForEver();
  }

  #keepForEver(): void {
    const { avcodec } = this.native;
    const kept = avcodec.av_packet_alloc();
    const code = kept === 0 ? AVERROR("ENOMEM") : avcodec.av_packet_ref(kept, this.pointer);
    if (code < 0) throw new AVError({ code, operation: "av_packet_ref" });
  }

  /** A view over the payload that ends with the loan. */
  lend(size: number): Uint8Array<ArrayBuffer> {
    if (size === 0) return new Uint8Array(0);
    const view = this.native.ffi.view(this.struct.at("data"), size);
    this.#views.push(view);
    return new Uint8Array(view);
  }

  /** Ends every loan for good and leaves the packet itself to its owner, who frees it. */
  disown(): void {
    this.endLoan();
    this.#open = false;
  }

  free(): void {
    if (!this.#open) return;
    this.clear();
    this.#open = false;
    if (!this.#owned) return;
    this.native.avcodec.av_packet_free(new PointerSlot(this.pointer).bytes);
  }
}

let slotOf: (packet: Packet) => PacketSlot | undefined;
let flagsOf: (packet: Packet) => number;
let make: (slot: PacketSlot, timeBase: Rational, codec?: string) => Packet;

/**
 * A packet of a demuxer. Its metadata stays readable for ever; the payload (`data`, `copyTo`,
 * `view`) only until the next packet is read from the same demuxer: `clone` keeps it.
 */
export class Packet {
  /** The index of its stream. */
  readonly streamIndex: number;
  /** Presentation time in ticks of `timeBase`; null where unknown. */
  readonly pts: number | null;
  /** Decoding time in ticks; null where unknown. */
  readonly dts: number | null;
  /** Ticks; null where unknown. */
  readonly duration: number | null;
  /** Seconds that one tick lasts. */
  readonly timeBase: Rational;
  /** Bytes of the payload. */
  readonly size: number;
  /** Byte position in the input; null where unknown. */
  readonly position: number | null;
  /** Copies of what came beside the payload. */
  readonly sideData: readonly SideData[];
  readonly #flags: number;
  readonly #slot: PacketSlot | undefined;
  readonly #generation: number;
  #data: Uint8Array<ArrayBuffer> | undefined;
  /** The name of a subtitle's codec. */
  #codec: string | undefined;

  static {
    slotOf = (packet) => packet.#live();
    flagsOf = (packet) => packet.#flags;
    make = (slot, timeBase, codec) => {
      const packet = new Packet(slot, timeBase);
      packet.#codec = codec;
      return packet;
    };
  }

  private constructor(slot: PacketSlot | undefined, timeBase: Rational, copyOf?: Packet) {
    this.timeBase = timeBase;
    if (copyOf !== undefined) {
      this.#data = copyBytes(copyOf.#bytes());
      this.#generation = -1;
      this.streamIndex = copyOf.streamIndex;
      this.pts = copyOf.pts;
      this.dts = copyOf.dts;
      this.duration = copyOf.duration;
      this.size = copyOf.size;
      this.position = copyOf.position;
      this.sideData = copyOf.sideData;
      this.#flags = copyOf.#flags;
      this.#codec = copyOf.#codec;
      return;
    }
    // Private to the compiler alone: a program reaches it as `constructor`.
    if (!(slot instanceof PacketSlot)) throw new TypeError("Packet: a demuxer makes packets");
    const { view } = slot.struct;
    const at = fieldOffsets(slot);
    this.#slot = slot;
    this.#generation = slot.generation;
    this.streamIndex = view.getInt32(at.streamIndex, true);
    this.pts = ticks(readInt64(view, at.pts));
    this.dts = ticks(readInt64(view, at.dts));
    const duration = readInt64(view, at.duration);
    this.duration = duration === 0 ? null : duration;
    this.size = view.getInt32(at.size, true);
    const position = readInt64(view, at.pos);
    this.position = position < 0 ? null : position;
    this.#flags = view.getInt32(at.flags, true);
    const count = view.getInt32(at.sideDataCount, true);
    this.sideData = count === 0
      ? none
      : readSideData(slot.native, readPointer(view, at.sideData), count);
  }

  /** Presentation time in seconds; null where unknown. */
  get ptsTime(): number | null {
    return toSeconds(this.pts, this.timeBase);
  }

  /** Decoding time in seconds; null where unknown. */
  get dtsTime(): number | null {
    return toSeconds(this.dts, this.timeBase);
  }

  /** Seconds; null where unknown. */
  get durationTime(): number | null {
    return toSeconds(this.duration, this.timeBase);
  }

  /** True where decoding can begin. */
  get isKeyframe(): boolean {
    return (this.#flags & FLAG_KEY) !== 0;
  }

  /** True where libavformat found it damaged. */
  get isCorrupt(): boolean {
    return (this.#flags & FLAG_CORRUPT) !== 0;
  }

  /** True where it is to be decoded and not shown. */
  get isDiscard(): boolean {
    return (this.#flags & FLAG_DISCARD) !== 0;
  }

  /**
   * A copy of the payload, safe for ever; made once. Throws {@link DisposedError} when first asked
   * for after the next packet was read.
   */
  get data(): Uint8Array<ArrayBuffer> {
    return this.#data ??= copyOf(this.#loan().struct.at("data"), this.size);
  }

  /**
   * The text of a subtitle in SubRip, WebVTT, mov_text or plain text; null for any other packet.
   * As with `data`, the payload is needed when it is first asked for.
   */
  get text(): string | null {
    return this.#codec === undefined ? null : subtitleText(this.#codec, this.#bytes());
  }

  /**
   * Copies the payload into your buffer; returns its length. Throws a RangeError where it is too
   * small, a TypeError where it is no Uint8Array.
   */
  copyTo(into: Uint8Array): number {
    const target = takeBytes("copyTo", into);
    if (target.length < this.size) {
      throw new RangeError(
        `copyTo: the packet has ${this.size} bytes, the buffer ${target.length}`,
      );
    }
    if (this.#data !== undefined) target.set(this.#bytes());
    else copyOut(target, this.#loan().struct.at("data"), this.size);
    return this.size;
  }

  /**
   * The payload without a copy, until the next packet is read: the view is then detached, and its
   * bytes cannot be reached any more. One whose buffer is transferred keeps the memory for ever.
   *
   * Only for code that is done with the bytes before the next packet is read. A runtime's own
   * asynchronous operation (`file.write(packet.view())`, a compression stream) reads the memory
   * later: await it before you read on, or give it {@link Packet.data}, a copy.
   */
  view(): Uint8Array<ArrayBuffer> {
    if (this.#slot === undefined) return this.data;
    return this.#loan().lend(this.size);
  }

  /** The same packet with a payload of its own, free of the demuxer. */
  clone(): Packet {
    return new Packet(undefined, this.timeBase, this);
  }

  /** The payload as the program has not changed it into anything else. */
  #bytes(): OwnBytes {
    const bytes = takeBytes("data", this.data);
    if (bytes.length === this.size) return bytes;
    throw new DisposedError("the payload of this packet is gone: its data was transferred");
  }

  #live(): PacketSlot | undefined {
    return this.#slot?.generation === this.#generation ? this.#slot : undefined;
  }

  #loan(): PacketSlot {
    const slot = this.#live();
    if (slot === undefined) {
      throw new DisposedError(
        "the payload of this packet is gone: it is on loan until the next packet is read or the demuxer closed; " +
          "use clone() or data before that",
      );
    }
    return slot;
  }
}

const none: readonly SideData[] = [];

interface Offsets {
  pts: number;
  dts: number;
  duration: number;
  pos: number;
  size: number;
  streamIndex: number;
  flags: number;
  sideData: number;
  sideDataCount: number;
}

let offsets: Offsets | undefined;

function fieldOffsets({ struct }: PacketSlot): Offsets {
  return offsets ??= {
    pts: struct.offset("pts"),
    dts: struct.offset("dts"),
    duration: struct.offset("duration"),
    pos: struct.offset("pos"),
    size: struct.offset("size"),
    streamIndex: struct.offset("stream_index"),
    flags: struct.offset("flags"),
    sideData: struct.offset("side_data"),
    sideDataCount: struct.offset("side_data_elems"),
  };
}

const scratch = makeBytes(4);

/** The stream of a packet that may be in no slot; `slot` is any. */
export function streamIndexAt(packet: Pointer, slot: PacketSlot): number {
  if (packet === slot.pointer) return slot.streamIndex;
  copyOut(scratch, advance(packet, fieldOffsets(slot).streamIndex));
  return new DataView(scratch.buffer).getInt32(0, true);
}

/** True where nothing else is decoded from it: it may be dropped. */
export function isDisposable(packet: Packet): boolean {
  return (flagsOf(packet) & FLAG_DISPOSABLE) !== 0;
}

/** The native packet behind a packet whose loan is running. */
export function livePacket(packet: Packet): PacketSlot | undefined {
  return slotOf(packet);
}

/** The packet that a slot holds now. */
export function packetOf(
  slot: PacketSlot,
  timeBase: Rational,
  stream?: Pick<Stream, "type" | "codec">,
): Packet {
  return make(slot, timeBase, stream?.type === "subtitle" ? stream.codec.name : undefined);
}
