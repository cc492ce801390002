/**
 * The work of an `ImageDecoder`: bytes as they come, tracks as they are found, and requests one
 * after the other.
 *
 * @module
 */
import { ownBytes } from "../../ffi/mod.ts";
import { Decoder } from "../async/decoder.ts";
import type { Frame } from "../codec/frame.ts";
import { Scaler } from "../codec/scaler.ts";
import { type ImageFileTrack, isImageType, readImageFile } from "./image_file.ts";
import { ImageTrack, type ImageTrackState } from "./image_track.ts";
import { ImageTrackList, ImageTrackListState } from "./image_track_list.ts";
import { INTERNAL } from "./interface_shape.ts";
import { nearestFormat } from "./nearest_format.ts";
import { pixelFormat } from "../codec/pixel_format.ts";
import { SRGB } from "./video_color_space.ts";
import { type VideoFrame, videoFrameOf } from "./video_frame.ts";
import { codecError } from "./control_queue.ts";
import { LoopTurn } from "../promises.ts";
import { GrowingBytes } from "./growing_bytes.ts";
import { WebpCanvas } from "./webp_animation.ts";

/** How images are decoded. */
export interface ImageSessionOptions {
  /** The MIME type. */
  readonly type: string;
  /** Selects the animated track first. */
  readonly preferAnimation: boolean | undefined;
  /** Pixels of the frames; as stored where absent. */
  readonly size: { readonly width: number; readonly height: number } | undefined;
}

interface Request {
  readonly frameIndex: number;
  readonly result: PromiseWithResolvers<VideoFrame>;
}

// A file that is parsed anew when it is an eighth longer is parsed for no more than nine times
// what it costs once.
const PARSE_GROWTH = 1.125;
// Parsing in between takes no more than a fifth of the time.
const PARSE_PAUSE = 4;

const make = <T>(kind: unknown, ...values: unknown[]): T =>
  new (kind as new (...values: unknown[]) => T)(INTERNAL, ...values);
const MICROSECONDS = { num: 1, den: 1_000_000 };

/** One image that is being decoded. */
export class ImageSession {
  /** The MIME type; empty once closed. */
  type: string;
  /** True once all bytes are there. */
  complete = false;
  /** Resolves once all bytes are there. */
  readonly completed: PromiseWithResolvers<undefined> = Promise.withResolvers();
  /** The tracks. */
  readonly list: ImageTrackList;
  readonly #options: ImageSessionOptions;
  readonly #tracks = new ImageTrackListState();
  #states: ImageTrackState[] = [];
  #files: readonly ImageFileTrack[] = [];
  #bytes = new GrowingBytes();
  /** Bytes that were there when they were parsed last, and how long that took. */
  #parsed = 0;
  #parseMs = 0;
  #later: ReturnType<typeof setTimeout> | undefined;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #requests: Request[] = [];
  #running = false;
  #closed = false;
  #failure: DOMException | undefined;
  /** Decodes the track of that number, and has decoded so many frames. */
  #decoder:
    | { codec: Decoder; track: number; next: number; frames: Frame[]; canvas?: WebpCanvas }
    | undefined;

  constructor(options: ImageSessionOptions) {
    this.#options = options;
    this.type = options.type;
    this.list = make(ImageTrackList, this.#tracks);
    this.completed.promise.catch(() => {});
    if (isImageType(options.type)) return;
    this.#fail(new DOMException(`there is no decoder for ${options.type}`, "NotSupportedError"));
  }

  /** Reads a stream to its end. */
  read(stream: ReadableStream<Uint8Array>): void {
    const reader = this.#reader = stream.getReader();
    this.#readAll(reader).catch((error) => {
      reader.cancel(error).catch(() => {});
      this.#fail(codecError(error, "NotReadableError"));
    });
  }

  async #readAll(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    const turn = new LoopTurn();
    for (;;) {
      const { done, value } = await reader.read();
      if (this.#closed || this.#failure) return void reader.cancel().catch(() => {});
      if (done) return this.#parse(true);
      const chunk = ownBytes(value);
      if (chunk === undefined) {
        throw new DOMException("data: the stream gives no Uint8Array", "DataError");
      }
      this.#bytes.append(chunk);
      this.#parseInTime();
      await turn.yieldIfLong();
    }
  }

  /** Parses what is there, again and again at a cost that stays below that of the whole. */
  #parseInTime(): void {
    const { length } = this.#bytes;
    if (length >= this.#parsed * PARSE_GROWTH) return this.#parse(false);
    // The last chunks before a pause are not forgotten.
    this.#later ??= setTimeout(() => {
      this.#later = undefined;
      if (!this.complete && !this.#closed && !this.#failure) this.#parse(false);
    }, this.#parseMs * PARSE_PAUSE);
  }

  /** Takes the whole image. */
  end(bytes: Uint8Array<ArrayBuffer>): void {
    this.#bytes.append(ownBytes(bytes)!);
    queueMicrotask(() => {
      if (!this.#closed && !this.#failure) this.#parse(true);
    });
  }

  #parse(complete: boolean): void {
    if (complete) {
      this.complete = true;
      this.completed.resolve(undefined);
    }
    try {
      const started = performance.now();
      const files = readImageFile(this.type, this.#bytes.all, complete);
      this.#parsed = this.#bytes.length;
      this.#parseMs = performance.now() - started;
      if (files !== undefined) this.#establish(files);
      if (complete && this.#files.length === 0) throw new Error("the image has no frame");
    } catch (error) {
      this.#fail(codecError(error, "EncodingError"));
    }
    this.#run();
  }

  #establish(files: readonly ImageFileTrack[]): void {
    this.#files = files;
    if (this.#states.length === 0) {
      this.#states = files.map((_, index) => this.#stateOf(index));
      this.#tracks.show(this.#states.map((state) => make<ImageTrack>(ImageTrack, state)));
      const wanted = this.#options.preferAnimation;
      const found = files.findIndex(({ animated }) => animated === wanted);
      this.#tracks.selectedIndex = wanted === undefined || found < 0 ? 0 : found;
    }
    files.forEach(({ animated, packets, repetitions }, i) => {
      const state = this.#states[i];
      if (state === undefined) return;
      state.animated = animated;
      state.frameCount = packets.length;
      state.repetitionCount = repetitions;
    });
    this.#tracks.ready.resolve(undefined);
  }

  #stateOf(index: number): ImageTrackState {
    return {
      animated: false,
      frameCount: 0,
      repetitionCount: 0,
      isSelected: () => this.#tracks.selectedIndex === index,
      select: (selected) => {
        if (this.#closed || selected === (this.#tracks.selectedIndex === index)) return;
        this.abort(new DOMException("another track was selected", "AbortError"));
        this.#tracks.selectedIndex = selected ? index : -1;
      },
    };
  }

  #fail(error: DOMException): void {
    this.#failure ??= error;
    this.#tracks.ready.reject(error);
    // Without effect where all bytes are there.
    this.completed.reject(error);
    this.abort(error);
  }

  /** Decodes a frame of the selected track. */
  async decode(frameIndex: number): Promise<VideoFrame> {
    if (this.#closed) throw new DOMException("the decoder is closed", "InvalidStateError");
    if (this.#failure) throw this.#failure;
    if (this.#states.length > 0 && this.#tracks.selectedIndex < 0) {
      throw new DOMException("no track is selected", "InvalidStateError");
    }
    const result = Promise.withResolvers<VideoFrame>();
    this.#requests.push({ frameIndex, result });
    this.#run();
    return await result.promise;
  }

  #run(): void {
    if (!this.#running) void this.#serve();
  }

  /** Serves requests in their order, as far as their frames are there. */
  async #serve(): Promise<void> {
    this.#running = true;
    let request: Request | undefined;
    while ((request = this.#requests[0]) !== undefined) {
      const track = this.#tracks.selectedIndex;
      const count = this.#files[track]?.packets.length ?? 0;
      const { frameIndex, result } = request;
      if (frameIndex >= count) {
        if (!this.complete) break;
        this.#requests.shift();
        result.reject(new RangeError(`frameIndex: there are ${count} frames, not ${frameIndex}`));
        continue;
      }
      try {
        const frame = await this.#frame(track, frameIndex);
        if (this.#requests[0] !== request) frame.close();
        else result.resolve(frame);
      } catch (error) {
        if (this.#requests[0] === request) this.#fail(codecError(error, "EncodingError"));
      }
      if (this.#requests[0] === request) this.#requests.shift();
    }
    this.#running = false;
  }

  async #frame(track: number, index: number): Promise<VideoFrame> {
    if (
      this.#decoder === undefined || this.#decoder.track !== track || this.#decoder.next > index
    ) {
      this.#decoder?.codec.close();
      this.#decoder = this.#open(track);
    }
    const decoder = this.#decoder;
    const { packets } = this.#files[track];
    let last: Frame | undefined;
    while (decoder.next <= index) {
      const { data, timestamp, duration } = packets[decoder.next++];
      if (data.length === 0) throw new DOMException("a frame is empty", "EncodingError");
      await decoder.codec.decode({ data, pts: timestamp, duration, isKeyframe: true });
      if (decoder.canvas === undefined) continue;
      for (const frame of decoder.frames.splice(0)) {
        last?.close();
        last = decoder.canvas.paint(frame);
      }
    }
    if (last === undefined && decoder.frames.length === 0) {
      await decoder.codec.flush();
      // It begins anew: the next frame needs those before it.
      decoder.next = Infinity;
    }
    for (const frame of decoder.frames.splice(0)) {
      last?.close();
      last = frame;
    }
    if (last === undefined) throw new DOMException("the frame cannot be decoded", "EncodingError");
    return this.#finish(last, track, index);
  }

  #open(track: number) {
    const frames: Frame[] = [];
    const { stream, animation } = this.#files[track];
    const codec = Decoder.open({ stream, timeBase: MICROSECONDS, threads: 1 }, {
      output: (frame) => frames.push(frame),
    });
    const canvas = animation === undefined ? undefined : new WebpCanvas(animation);
    return { codec, track, next: 0, frames, canvas };
  }

  #finish(decoded: Frame, track: number, index: number): VideoFrame {
    const { orientation, packets } = this.#files[track];
    const { timestamp, duration } = packets[index];
    const { size } = this.#options;
    const to = { ...size, pixelFormat: imageFormat(decoded.pixelFormat) };
    try {
      using scaler = new Scaler({ to, flags: ["accurate_rnd"] });
      const frame = scaler.convert(decoded);
      const colorSpace = to.pixelFormat.startsWith("rgb") && frame.color.primaries === null
        ? SRGB
        : undefined;
      return videoFrameOf(frame, { timestamp, duration, ...orientation, colorSpace });
    } finally {
      decoded.close();
    }
  }

  /** Rejects what waits. */
  abort(reason: DOMException): void {
    const requests = this.#requests;
    this.#requests = [];
    for (const { result } of requests) result.reject(reason);
  }

  /** Ends it. */
  close(): void {
    if (this.#closed) return;
    const reason = new DOMException("the decoder was closed", "AbortError");
    this.abort(reason);
    this.#closed = true;
    this.type = "";
    this.#tracks.show([]);
    this.#tracks.selectedIndex = -1;
    this.#tracks.ready.reject(reason);
    this.completed.reject(reason);
    this.#reader?.cancel(reason).catch(() => {});
    for (const frame of this.#decoder?.frames ?? []) frame.close();
    this.#decoder?.codec.close();
    clearTimeout(this.#later);
    this.#bytes = new GrowingBytes();
    this.#files = [];
  }
}

/** Pictures stay YUV where the standard has their format; all others become RGB. */
function imageFormat(name: string): string {
  const { isRgb, isPalette, hasAlpha, components } = pixelFormat(name);
  if (isRgb || isPalette || components < 3) return hasAlpha ? "rgba" : "rgb0";
  return nearestFormat(name);
}
