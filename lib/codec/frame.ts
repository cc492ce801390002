/**
 * A decoded picture or a run of decoded samples: one AVFrame with an owner.
 *
 * @module
 */
import {
  advance,
  AV_NOPTS_VALUE,
  type Native,
  native,
  ownBytes,
  type Pointer,
  PointerSlot,
  readPointer,
  type Struct,
} from "../../ffi/mod.ts";
import { DisposedError } from "../error.ts";
import { readColor, writeColor } from "../format/color.ts";
import { constantName } from "../format/struct_values.ts";
import { layoutName } from "../format/demux/stream_snapshot.ts";
import { readDictionary } from "../dictionary.ts";
import type { ColorInfo, SideData } from "../format/types.ts";
import { writeChannelLayout } from "../format/parameters.ts";
import { knownRational, type Rational, ticks } from "../rational.ts";
import { check, outOfMemory } from "./errors.ts";
import { forgotten, type FrameMemory, frames } from "./frame_finalizer.ts";
import { giveBackFrame } from "./frame_pool.ts";
import { readFrameSideData } from "./frame_side_data.ts";
import { copyPlaneIn, copyPlaneOut, type FramePlane, type PlaneRegion } from "./frame_planes.ts";
import { channelsOf, type SampleKind, sampleKindOf, samplePlanes } from "./frame_samples.ts";
import { pixelFormatOf, planeShapes, sampleFormatOf } from "./pixel_format.ts";
import {
  allocateAudio,
  allocateVideo,
  type AudioFrameInit,
  type PlaneSource,
  type VideoFrameInit,
} from "./frame_init.ts";

/** libavcodec's major version of FFmpeg 5. */
const AVCODEC_5 = 59;
const FLAG_CORRUPT = 1;
const FLAG_KEY = 2;
const FLAG_INTERLACED = 8;
const FLAG_TOP_FIELD_FIRST = 16;

/**
 * Owns one AVFrame, by address. `clone` takes another reference of the same memory, `release` gives
 * the frame away by address, to any thread. Close it: the finalizer is a backstop that warns.
 */
export class Frame implements Disposable {
  readonly #native: Native;
  readonly #memory: FrameMemory;
  #struct: Struct | undefined;
  #timeBase: Rational | null;

  private constructor(struct: Struct, timeBase: Rational | null) {
    this.#native = native();
    this.#struct = struct;
    this.#timeBase = timeBase;
    this.#memory = { pointer: struct.pointer };
    frames.register(this, this.#memory, this.#memory);
  }

  /** Takes over an AVFrame: nothing else may free it afterwards. */
  static adopt(frame: Pointer | Struct, timeBase: Rational | null = null): Frame {
    const struct = typeof frame === "number" ? native().struct("AVFrame", frame) : frame;
    return new Frame(struct, timeBase);
  }

  /**
   * Makes a picture of copied planes, or of memory that is not cleared (`av_frame_get_buffer`).
   * Throws a TypeError or RangeError that names what is wrong.
   */
  static video(init: VideoFrameInit): Frame {
    return Frame.#filled(allocateVideo(init), init);
  }

  /** Makes a run of copied samples, or of memory that is not cleared (`av_frame_get_buffer`). */
  static audio(init: AudioFrameInit): Frame {
    return Frame.#filled(allocateAudio(init), init);
  }

  static #filled(pointer: Pointer, init: VideoFrameInit | AudioFrameInit): Frame {
    const frame = Frame.adopt(pointer, init.timeBase ?? null);
    try {
      frame.pts = init.pts ?? null;
      frame.duration = init.duration ?? null;
      init.planes?.forEach((plane, i) => {
        const given = ownBytes(plane) === undefined ? plane as PlaneSource : undefined;
        frame.writePlane(i, given?.data ?? plane as Uint8Array, given);
      });
      return frame;
    } catch (error) {
      frame.close();
      throw error;
    }
  }

  /** The AVFrame's address. Throws {@link DisposedError} once it is closed. */
  get pointer(): Pointer {
    return this.#live.pointer;
  }

  /** True once it is closed or given away. */
  get closed(): boolean {
    return this.#struct === undefined;
  }

  get #live(): Struct {
    if (this.#struct === undefined) throw new DisposedError("this frame is closed");
    return this.#struct;
  }

  /** Another owner of the same memory (`av_frame_clone`). */
  clone(): Frame {
    const pointer = this.#native.avutil.av_frame_clone(this.pointer);
    if (pointer === 0) throw outOfMemory("av_frame_clone");
    return Frame.adopt(pointer, this.#timeBase);
  }

  /** Gives the AVFrame away: this handle is closed, and the caller frees or adopts the address. */
  release(): Pointer {
    const { pointer } = this.#live;
    this.#struct = undefined;
    frames.unregister(this.#memory);
    return pointer;
  }

  /** Lets go of it (`av_frame_free`). Twice is harmless. */
  close(): void {
    const struct = this.#struct;
    if (struct === undefined) return;
    this.release();
    giveBackFrame(struct);
  }

  /** {@link Frame.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** The kind of media. */
  get type(): "video" | "audio" {
    return this.#live.number("nb_samples") > 0 && this.#live.number("width") === 0
      ? "audio"
      : "video";
  }

  /** Presentation time in ticks of the time base; null where unknown. */
  get pts(): number | null {
    return ticks(this.#live.number("pts"));
  }
  set pts(value: number | null) {
    this.#live.set("pts", value ?? AV_NOPTS_VALUE);
  }

  /** Makes the decoder's guess at its time its time (`best_effort_timestamp`). */
  useBestEffortTime(): void {
    const struct = this.#live;
    const [major] = this.#native.versions.avcodec;
    // FFmpeg 4 guesses the time of the first samples before it takes the encoder's delay off them.
    if (major < AVCODEC_5 && this.pts !== null && this.type === "audio") return;
    struct.set("pts", struct.number("best_effort_timestamp"));
  }

  /** Ticks that it is shown; null where unknown. */
  get duration(): number | null {
    const struct = this.#live;
    return struct.number(durationField(struct)) || null;
  }
  set duration(value: number | null) {
    const struct = this.#live;
    struct.set(durationField(struct), value ?? 0);
  }

  /** Seconds that a tick lasts; null where unknown. */
  get timeBase(): Rational | null {
    void this.#live;
    return this.#timeBase;
  }
  set timeBase(value: Rational | null) {
    const struct = this.#live;
    this.#timeBase = value;
    if (!struct.has("time_base.num")) return;
    struct.set("time_base.num", value?.num ?? 0);
    struct.set("time_base.den", value?.den ?? 1);
  }

  /** Pixels. */
  get width(): number {
    return this.#live.number("width");
  }

  /** Pixels. */
  get height(): number {
    return this.#live.number("height");
  }

  /** libav's name of the pixel format. */
  get pixelFormat(): string {
    return pixelFormatOf(this.#live.number("format")).name;
  }

  /** How its colours are coded; null where unspecified. */
  get color(): ColorInfo {
    return readColor(this.#native, this.#live);
  }

  /** Changes what is said of its colours; no pixel is changed. */
  setColor(color: Partial<ColorInfo>): void {
    writeColor(this.#native, this.#live, color);
  }

  /** The shape of a pixel; null where unknown. */
  get sampleAspectRatio(): Rational | null {
    const struct = this.#live;
    return knownRational({
      num: struct.number("sample_aspect_ratio.num"),
      den: struct.number("sample_aspect_ratio.den"),
    });
  }
  set sampleAspectRatio(value: Rational | null) {
    const struct = this.#live;
    struct.set("sample_aspect_ratio.num", value?.num ?? 0);
    struct.set("sample_aspect_ratio.den", value?.den ?? 1);
  }

  /** Where the colours of a pixel are taken: `left`, `center`, …; null where unknown. */
  get chromaLocation(): string | null {
    const value = this.#live.number("chroma_location");
    if (value === 0) return null;
    return constantName(this.#native, this.#native.avutil.av_chroma_location_name(value));
  }

  /** True for a picture that decoding can begin at. */
  get isKeyframe(): boolean {
    return this.#flag("key_frame", FLAG_KEY);
  }

  /** True where the decoder found it damaged. */
  get isCorrupt(): boolean {
    const struct = this.#live;
    return (struct.number("flags") & FLAG_CORRUPT) !== 0 ||
      struct.number("decode_error_flags") !== 0;
  }

  /** True where its lines are of two moments. */
  get interlaced(): boolean {
    return this.#flag("interlaced_frame", FLAG_INTERLACED);
  }

  /** Of an interlaced picture: true where the first line is of the earlier moment. */
  get topFieldFirst(): boolean {
    return this.#flag("top_field_first", FLAG_TOP_FIELD_FIRST);
  }

  #flag(field: string, bit: number): boolean {
    const struct = this.#live;
    return struct.has(field) ? struct.number(field) !== 0 : (struct.number("flags") & bit) !== 0;
  }

  /** `I`, `P`, `B`, or `?` where unknown. */
  get pictureType(): string {
    const type = this.#live.number("pict_type");
    return String.fromCharCode(this.#native.avutil.av_get_picture_type_char(type));
  }

  /** libav's name of the sample format. */
  get sampleFormat(): string {
    return sampleFormatOf(this.#live.number("format")).name;
  }

  /** Samples a second. */
  get sampleRate(): number {
    return this.#live.number("sample_rate");
  }

  /** Samples of each channel; set before C writes, it is the capacity. */
  get samples(): number {
    return this.#live.number("nb_samples");
  }
  set samples(value: number) {
    this.#live.set("nb_samples", value);
  }

  /** Equal where two runs of samples are of one kind. */
  get sampleKind(): SampleKind {
    return sampleKindOf(this.#live);
  }

  /** How many. */
  get channels(): number {
    return channelsOf(this.#live);
  }

  /** `stereo`, `5.1(side)`; null where unknown. Set to null it is the default of `channels`. */
  get channelLayout(): string | null {
    return layoutName(this.#native, this.#live);
  }

  set channelLayout(value: string | null) {
    const { channels } = this;
    writeChannelLayout(this.#native, this.#live, { channels, channelLayout: value });
  }

  /** Names and values that the decoder found, such as those of EXIF. */
  get metadata(): Record<string, string> {
    return readDictionary(this.#live.at("metadata"));
  }

  /** Copies of what came beside the picture. */
  get sideData(): SideData[] {
    return readFrameSideData(this.#native, this.#live);
  }

  /** Where its bytes are: rows of a picture, or the samples in one row a plane. */
  get planes(): readonly FramePlane[] {
    const struct = this.#live;
    const { view } = struct;
    if (this.type === "audio") return samplePlanes(this.#native, struct);
    const [data, strides] = [struct.offset("data"), struct.offset("linesize")];
    const format = pixelFormatOf(struct.number("format"));
    return planeShapes(format, this.width, this.height).map((shape, i) => ({
      ...shape,
      stride: shape.rows === 1 ? shape.bytes : view.getInt32(strides + i * 4, true),
      pointer: readPointer(view, data + i * 8),
    }));
  }

  /**
   * Copies a plane, or a part of it, row by row; returns the bytes that it takes in `into`. Throws
   * a RangeError where `into` is too small or the part is not within the plane.
   */
  copyPlane(plane: number, into: Uint8Array, region?: PlaneRegion): number {
    return copyPlaneOut(this.#native, () => this.#plane(plane), into, region);
  }

  /** Overwrites a plane, or a part of it (`av_frame_make_writable`). */
  writePlane(plane: number, from: Uint8Array, region?: PlaneRegion): void {
    const writable = () => {
      this.makeWritable();
      return this.#plane(plane);
    };
    copyPlaneIn(this.#native, writable, from, region);
  }

  /** Has memory of its own from here on, copied where it is shared (`av_frame_make_writable`). */
  makeWritable(): void {
    check("av_frame_make_writable", this.#native.avutil.av_frame_make_writable(this.pointer));
  }

  #plane(index: number): FramePlane {
    const { planes } = this;
    const found = planes[index];
    if (found === undefined || found.pointer === 0) {
      throw new RangeError(`plane ${index}: this frame has ${planes.length}`);
    }
    return found;
  }

  /** Takes another frame's times, colours, side data and the like (`av_frame_copy_props`). */
  copyProperties(from: Frame): void {
    const { avutil } = this.#native;
    check("av_frame_copy_props", avutil.av_frame_copy_props(this.pointer, from.pointer));
    this.#timeBase = from.timeBase;
  }

  /** Tells an encoder whether to make a keyframe of it, and its own quality. */
  prepareForEncoder(keyframe: boolean, quality: number): void {
    const struct = this.#live;
    struct.set("pict_type", keyframe ? 1 : 0);
    struct.set("quality", quality);
  }

  /** Where an array of AVFrame's pointers or strides is, for the functions that take those. */
  address(field: "data" | "linesize" | "extended_data"): Pointer {
    const struct = this.#live;
    if (field === "extended_data") return struct.at(field);
    return advance(struct.pointer, struct.offset(field));
  }
}

function durationField(struct: Struct): string {
  return struct.has("duration") ? "duration" : "pkt_duration";
}

/** Frees an AVFrame that no {@link Frame} owns (`av_frame_free`). */
export function freeFrame(pointer: Pointer): void {
  native().avutil.av_frame_free(new PointerSlot(pointer).bytes);
}

export { forgotten, type PlaneRegion };
export type { AudioFrameInit, PlaneSource, VideoFrameInit } from "./frame_init.ts";
