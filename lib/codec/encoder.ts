/**
 * From frames to packets.
 *
 * @module
 */
import { type Native, native, type Pointer } from "../../ffi/mod.ts";
import type { OptionValue } from "../dictionary.ts";
import { AVERROR_EOF } from "../error.ts";
import { readSideData } from "../format/side_data.ts";
import { PacketSlot } from "../format/packet.ts";
import { freeParameters, makeParameters, type StreamDescription } from "../format/parameters.ts";
import type { SideData } from "../format/types.ts";
import type { Rational } from "../rational.ts";
import { copyOf } from "../../ffi/mod.ts";
import { AudioFifo } from "./audio_fifo.ts";
import { CodecContext, EAGAIN, threadCount } from "./codec_context.ts";
import { type CodecEntry, findEncoder } from "./codecs.ts";
import { EncodedStream } from "./encoded_stream.ts";
import type { Frame } from "./frame.ts";

/** How an encoder is opened. */
export interface EncoderSyncOptions {
  /** A codec's name, such as `h264`, or an encoder's own, such as `libx264`. */
  readonly encoder: string;
  /** Encoders to take before libavcodec's own choice, by their own names. */
  readonly preferred?: readonly string[];
  /** The sizes, formats, colours and bit rate of its frames. Its codec is ignored. */
  readonly stream: Omit<StreamDescription, "codec">;
  /** Seconds that a tick of its frames and packets lasts; audio: default a sample. */
  readonly timeBase?: Rational;
  /** Frames a second, where they are regular. */
  readonly frameRate?: Rational;
  /** Threads that it may use; default as many as the machine has, 16 at most. */
  readonly threads?: number;
  /** True, the default: setup bytes go into the description alone, not into packets. */
  readonly globalHeader?: boolean;
  /** Options of the encoder (`AVOption`s); an unknown name is an error. */
  readonly options?: Readonly<Record<string, OptionValue>>;
}

/** A packet with bytes of its own; times in ticks of the encoder's time base. */
export interface EncodedPacket {
  readonly data: Uint8Array<ArrayBuffer>;
  readonly pts: number | null;
  readonly dts: number | null;
  readonly duration: number | null;
  readonly isKeyframe: boolean;
  readonly sideData: readonly SideData[];
}

const CAPABILITY_DELAY = 1 << 5;
const CAPABILITY_VARIABLE_FRAME_SIZE = 1 << 16;
const CAPABILITY_ENCODER_FLUSH = 1 << 21;

/** An encoder (`avcodec_send_frame`, `avcodec_receive_packet`). */
export class EncoderSync implements Disposable {
  readonly #options: EncoderSyncOptions;
  readonly #codec: CodecEntry;
  readonly #timeBase: Rational;
  readonly #native: Native = native();
  readonly #slot: PacketSlot;
  readonly #fifo: AudioFifo | undefined;
  #context: CodecContext;
  #encoded: EncodedStream | undefined;
  /** True while the slot has a packet that was taken out before a frame went in. */
  #ended = false;
  #closed = false;
  #frameSize = 0;
  /** `global_quality`, which each frame has to bring. */
  readonly #quality: number;

  private constructor(options: EncoderSyncOptions, codec: CodecEntry, timeBase: Rational) {
    this.#options = options;
    this.#codec = codec;
    this.#timeBase = timeBase;
    this.#context = this.#open();
    this.#quality = codec.type === "video" ? this.#context.integer("global_quality") : 0;
    const { stream } = options;
    if (codec.type === "audio") {
      const whole = (codec.capabilities & CAPABILITY_VARIABLE_FRAME_SIZE) === 0;
      this.#frameSize = whole ? this.#context.integer("frame_size") : 0;
      this.#fifo = new AudioFifo({
        sampleFormat: stream.sampleFormat ?? "",
        sampleRate: stream.sampleRate ?? 0,
        channels: stream.channels ?? 0,
        channelLayout: stream.channelLayout ?? null,
      });
    }
    this.#slot = new PacketSlot();
  }

  /**
   * Opens an encoder. Throws a TypeError where there is none or an option is unknown, an AVError
   * where it refuses what it is asked for.
   */
  static open(options: EncoderSyncOptions): EncoderSync {
    const { stream } = options;
    const codec = findEncoder(options.encoder, options.preferred);
    const timeBase = options.timeBase ??
      (codec.type === "audio" ? { num: 1, den: stream.sampleRate ?? 1 } : { num: 1, den: 1000 });
    return new EncoderSync(options, codec, timeBase);
  }

  #open(): CodecContext {
    const { stream, frameRate, options, globalHeader = true } = this.#options;
    const lib = this.#native;
    const parameters = makeParameters(lib, {
      ...stream,
      codec: this.#codec.codec,
      extradata: null,
    });
    try {
      return new CodecContext("encoder", this.#codec, {
        parameters,
        threads: threadCount(this.#options.threads),
        settings: {
          time_base: `${this.#timeBase.num}/${this.#timeBase.den}`,
          ...(globalHeader && { flags: "+global_header" }),
        },
        options,
        prepare: (pointer) => {
          if (!frameRate) return;
          const context = lib.struct("AVCodecContext", pointer);
          context.set("framerate.num", frameRate.num);
          context.set("framerate.den", frameRate.den);
        },
      });
    } finally {
      freeParameters(lib, parameters);
    }
  }

  /** The encoder's own name, such as `libx264`. */
  get name(): string {
    return this.#codec.name;
  }

  /** Seconds that a tick of its packets lasts. */
  get timeBase(): Rational {
    return this.#timeBase;
  }

  /** Samples of a packet, which it cuts its frames into; 0 for any. */
  get frameSize(): number {
    return this.#frameSize;
  }

  /** The stream that its packets are of, for a muxer: setup bytes included. */
  get description(): StreamDescription {
    this.#encoded ??= new EncodedStream(this.#context, this.#timeBase);
    return this.#encoded.description;
  }

  /**
   * Gives it a frame, whose `pts` is in ticks of the time base; it takes a reference of its own.
   * Null is the end. A frame after the end begins anew. Samples are cut into frames as the encoder
   * wants.
   */
  send(frame: Frame | null, { keyframe = false }: { readonly keyframe?: boolean } = {}): void {
    void this.#context.pointer;
    if (this.#ended) this.flush();
    if (frame === null) return this.#end();
    if (this.#fifo) {
      this.#fifo.write(frame);
      return;
    }
    const own = frame.clone();
    // A decoded picture's own type and quality would be imposed on the encoder.
    own.prepareForEncoder(keyframe, this.#quality);
    this.#pending.push(own);
  }

  /** Frames that the encoder has not been given yet. */
  readonly #pending: Frame[] = [];
  #draining = false;

  #end(): void {
    this.#draining = true;
  }

  /** The next frame for the encoder, undefined where there is none yet, null for the end. */
  #nextFrame(): Frame | null | undefined {
    const frame = this.#pending.shift();
    if (frame !== undefined) return frame;
    const fifo = this.#fifo;
    if (fifo && fifo.samples > 0) {
      const size = this.#frameSize || fifo.samples;
      if (fifo.samples >= size || this.#draining) return fifo.read(size);
    }
    return this.#draining ? null : undefined;
  }

  /**
   * The next packet in a slot of the encoder's, until the next call; undefined where another frame
   * is needed first, null at the end.
   */
  receiveSlot(): PacketSlot | null | undefined {
    void this.#context.pointer;
    this.#slot.clear();
    for (;;) {
      const code = this.#receive();
      if (code === AVERROR_EOF) {
        this.#ended = true;
        return null;
      }
      if (code !== EAGAIN) return this.#slot;
      const frame = this.#nextFrame();
      if (frame === undefined) return undefined;
      try {
        this.#send(frame?.pointer ?? 0 as Pointer);
      } finally {
        frame?.close();
      }
    }
  }

  #receive(): number {
    const { avcodec } = this.#native;
    return this.#context.call(
      "avcodec_receive_packet",
      [EAGAIN, AVERROR_EOF],
      (context) => avcodec.avcodec_receive_packet(context, this.#slot.pointer),
    );
  }

  #send(frame: Pointer): void {
    const { avcodec } = this.#native;
    this.#context.call(
      "avcodec_send_frame",
      [],
      (context) => avcodec.avcodec_send_frame(context, frame),
    );
  }

  /** The next packet, undefined where another frame is needed first, null at the end. */
  receive(): EncodedPacket | null | undefined {
    const slot = this.receiveSlot();
    return slot && encodedPacket(this.#native, slot);
  }

  /** Gives it a frame and takes out every packet that is there then. */
  *encode(
    frame: Frame | null,
    options?: { readonly keyframe?: boolean },
  ): Generator<EncodedPacket, void, undefined> {
    this.send(frame, options);
    let packet: EncodedPacket | null | undefined;
    while ((packet = this.receive())) yield packet;
  }

  /** Forgets what it was in the middle of, to begin anew: as it is, or opened again. */
  flush(): void {
    void this.#context.pointer;
    this.#letGo();
    this.#draining = this.#ended = false;
    const { capabilities } = this.#codec;
    const stateless = (capabilities & CAPABILITY_DELAY) === 0 && this.#codec.type === "video";
    if ((capabilities & CAPABILITY_ENCODER_FLUSH) !== 0 && !stateless) return this.#context.flush();
    const before = this.#context;
    this.#context = this.#open();
    this.#encoded?.close();
    this.#encoded = undefined;
    before.close();
  }

  #letGo(): void {
    this.#slot.clear();
    this.#fifo?.clear();
    for (const frame of this.#pending.splice(0)) frame.close();
  }

  /** Releases everything. Twice is harmless. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#letGo();
    this.#slot.free();
    this.#fifo?.close();
    this.#encoded?.close();
    this.#context.close();
  }

  /** {@link EncoderSync.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** A copy of the packet that a slot has now. */
export function encodedPacket(lib: Native, slot: PacketSlot): EncodedPacket {
  const { struct, size } = slot;
  const duration = struct.number("duration");
  return {
    data: copyOf(struct.at("data"), size),
    pts: slot.pts,
    dts: slot.dts,
    duration: duration > 0 ? duration : null,
    isKeyframe: slot.isKeyframe,
    sideData: readSideData(lib, struct.at("side_data"), struct.number("side_data_elems")),
  };
}
