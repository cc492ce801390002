/**
 * From packets to frames.
 *
 * @module
 */
import { assertMaxPixels, DEFAULT_MAX_PIXELS } from "../check.ts";
import { native, type Pointer, type Struct } from "../../ffi/mod.ts";
import type { OptionValue } from "../dictionary.ts";
import { AVError, AVERROR_EOF } from "../error.ts";
import { fillPacket, type PacketData, snapshotPacket } from "../format/mux/packet_data.ts";
import { PacketSlot } from "../format/packet.ts";
import { freeParameters, makeParameters, type StreamDescription } from "../format/parameters.ts";
import type { Stream } from "../format/types.ts";
import type { Rational } from "../rational.ts";
import { CodecContext, EAGAIN, threadCount } from "./codec_context.ts";
import { decoderNames, findDecoder } from "./codecs.ts";
import { Frame } from "./frame.ts";
import { giveBackFrame, takeEmptyFrame } from "./frame_pool.ts";

/** How a decoder is opened. */
export interface DecoderSyncOptions {
  /** The stream that its packets are of, or a description: type, codec, extradata, sizes. */
  readonly stream: Stream | StreamDescription;
  /** The names of the decoders allowed, the preferred one first; default libavcodec's choice. */
  readonly decoders?: readonly string[];
  /** Threads that it may use; default as many as the machine has, 16 at most. */
  readonly threads?: number;
  /** Pixels that a picture may have; default 64 Mi (67,108,864). */
  readonly maxPixels?: number;
  /** Seconds that a tick of the packets lasts; default that of the stream. */
  readonly timeBase?: Rational;
  /** True: each picture as soon as it is complete, where the codec can. */
  readonly lowDelay?: boolean;
  /** Options of the decoder (`AVOption`s); an unknown name is an error. */
  readonly options?: Readonly<Record<string, OptionValue>>;
}

/** The decoders that see the alpha of VP8 and VP9, where a stream has some and there are such. */
function withAlpha(
  codec: string,
  metadata: Readonly<Record<string, string>> = {},
): string[] | undefined {
  const alpha = Object.entries(metadata)
    .some(([name, value]) => name.toLowerCase() === "alpha_mode" && value === "1");
  const library = { vp8: "libvpx", vp9: "libvpx-vp9" }[codec];
  if (!alpha || library === undefined || !decoderNames(codec).includes(library)) return undefined;
  return [library];
}

interface Size {
  readonly width: number;
  readonly height: number;
}

const CODED_ALIGNMENT = 64;

/**
 * The limit for libavcodec, which counts the pixels that fill up a line or a block, too: a picture
 * of just `maxPixels` is allowed.
 */
function codedPixels({ width, height }: Size, maxPixels: number): number {
  if (width * height > maxPixels) return maxPixels;
  const aligned = (side: number) => Math.ceil(side / CODED_ALIGNMENT) * CODED_ALIGNMENT;
  return Math.max(maxPixels, aligned(width) * aligned(height));
}

/**
 * A decoder (`avcodec_send_packet`, `avcodec_receive_frame`). Its frames have their best-effort
 * times.
 */
export class DecoderSync implements Disposable {
  readonly #context: CodecContext;
  readonly #packet: PacketSlot;
  readonly #timeBase: Rational;
  /** An AVFrame that is empty, to be received into. */
  #spare: Struct | undefined;
  /** Frames that had to be taken out before a packet went in. */
  #ready: Frame[] = [];
  #ended = false;

  private constructor(context: CodecContext, timeBase: Rational) {
    this.#context = context;
    this.#timeBase = timeBase;
    this.#packet = new PacketSlot();
  }

  /**
   * Opens a decoder. Throws a TypeError where there is none, an AVError where it refuses the
   * parameters.
   */
  static open(options: DecoderSyncOptions): DecoderSync {
    const { stream, decoders, maxPixels = DEFAULT_MAX_PIXELS, lowDelay } = options;
    assertMaxPixels(maxPixels);
    const threads = threadCount(options.threads);
    const timeBase = options.timeBase ?? stream.timeBase ?? { num: 1, den: 1000 };
    const name = typeof stream.codec === "string" ? stream.codec : stream.codec.name;
    const codec = findDecoder(name, decoders ?? withAlpha(name, stream.metadata));
    const { width = 0, height = 0 } = stream as Partial<Size>;
    const lib = native();
    const parameters = makeParameters(lib, stream);
    try {
      const context = new CodecContext("decoder", codec, {
        parameters,
        threads,
        settings: {
          pkt_timebase: `${timeBase.num}/${timeBase.den}`,
          max_pixels: Math.min(codedPixels({ width, height }, maxPixels), 2 ** 31 - 1),
          ...(lowDelay && { flags: "+low_delay" }),
        },
        options: options.options,
        obstacle: width * height > maxPixels
          ? `a picture of ${width} × ${height} pixels is larger than maxPixels, ${maxPixels}`
          : undefined,
      });
      return new DecoderSync(context, timeBase);
    } finally {
      freeParameters(lib, parameters);
    }
  }

  /** The decoder's own name, such as `h264` or `libdav1d`. */
  get name(): string {
    return this.#context.codec.name;
  }

  /** Seconds that a tick of its frames lasts. */
  get timeBase(): Rational {
    return this.#timeBase;
  }

  /**
   * Gives it a packet: the program's own, or an AVPacket by address, which stays the caller's; null
   * is the end. A packet after the end begins anew.
   */
  send(packet: PacketData | Pointer | null): void {
    const snapshot = packet !== null && typeof packet !== "number"
      ? snapshotPacket(this.#packet.native, packet)
      : undefined;
    void this.#context.pointer;
    if (this.#ended) this.flush();
    if (snapshot !== undefined) {
      this.#packet.clear();
      fillPacket(this.#packet, snapshot);
    }
    const at = packet === null
      ? 0 as Pointer
      : typeof packet === "number"
      ? packet
      : this.#packet.pointer;
    try {
      while (this.#trySend(at) === EAGAIN) {
        const frame = this.#tryReceive();
        if (!frame) throw new AVError({ code: EAGAIN, operation: "avcodec_send_packet" });
        this.#ready.push(frame);
      }
    } finally {
      if (packet !== null && typeof packet !== "number") this.#packet.clear();
    }
  }

  #trySend(packet: Pointer): number {
    const { avcodec } = this.#context.native;
    return this.#context.call(
      "avcodec_send_packet",
      [EAGAIN],
      (context) => avcodec.avcodec_send_packet(context, packet),
    );
  }

  /** The next frame, undefined where another packet is needed first, null at the end. */
  receive(): Frame | null | undefined {
    void this.#context.pointer;
    const ready = this.#ready.shift();
    return ready ?? this.#tryReceive();
  }

  #tryReceive(): Frame | null | undefined {
    const { avcodec } = this.#context.native;
    const spare = this.#spare ??= takeEmptyFrame();
    const code = this.#context.call(
      "avcodec_receive_frame",
      [EAGAIN, AVERROR_EOF],
      (context) => avcodec.avcodec_receive_frame(context, spare.pointer),
    );
    if (code === EAGAIN) return undefined;
    if (code === AVERROR_EOF) {
      this.#ended = true;
      return null;
    }
    this.#spare = undefined;
    const frame = Frame.adopt(spare, this.#timeBase);
    frame.useBestEffortTime();
    return frame;
  }

  /** Gives it a packet and takes out every frame that is there then; each is the caller's. */
  *decode(packet: PacketData | Pointer | null): Generator<Frame, void, undefined> {
    this.send(packet);
    let frame: Frame | null | undefined;
    while ((frame = this.receive())) yield frame;
  }

  /** Forgets what it was in the middle of: after a seek, or to go on after the end. */
  flush(): void {
    void this.#context.pointer;
    this.#letGo();
    this.#context.flush();
    this.#ended = false;
  }

  #letGo(): void {
    const ready = this.#ready;
    this.#ready = [];
    for (const frame of ready) frame.close();
  }

  /** Releases everything but the frames that were taken out. Twice is harmless. */
  close(): void {
    if (this.#context.closed) return;
    this.#letGo();
    this.#packet.free();
    if (this.#spare) giveBackFrame(this.#spare);
    this.#spare = undefined;
    this.#context.close();
  }

  /** {@link DecoderSync.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}
