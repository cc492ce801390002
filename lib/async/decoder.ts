/**
 * From packets to frames, the event loop going on.
 *
 * @module
 */
import { assertMaxPixels } from "../check.ts";
import { native } from "../../ffi/mod.ts";
import { type DecoderSyncOptions } from "../codec/decoder.ts";
import { threadCount } from "../codec/codec_context.ts";
import { Frame, freeFrame } from "../codec/frame.ts";
import { fillPacket, type PacketData, snapshotPacket } from "../format/mux/packet_data.ts";
import { PacketSlot } from "../format/packet.ts";
import { freeParameters, makeParameters } from "../format/parameters.ts";
import { ignore } from "../promises.ts";
import { type CodecOutput, CodecPort } from "./main/codec_port.ts";

/** Events of a {@link Decoder}. */
export interface DecoderEvents {
  /** The next frame, which is the owner's to close. */
  readonly output: (frame: Frame) => void;
  /** The decoder has failed and is closed; called once, before the promises that wait reject. */
  readonly error?: (error: unknown) => void;
}

/**
 * A decoder in a worker that serves many. Outputs come in order; an error closes it.
 */
export class Decoder implements Disposable {
  readonly #port: CodecPort;
  /** The name of the decoder in use; rejects where it cannot be opened. */
  readonly ready: Promise<{ readonly name: string }>;

  private constructor(port: CodecPort, ready: Promise<{ readonly name: string } | undefined>) {
    this.#port = port;
    this.ready = ready as Promise<{ readonly name: string }>;
    ignore(this.ready);
  }

  /** Opens a decoder: it takes packets at once. Throws a TypeError or RangeError for an option. */
  static open(options: DecoderSyncOptions, events: DecoderEvents): Decoder {
    const { stream, timeBase = stream.timeBase ?? { num: 1, den: 1000 }, ...rest } = options;
    threadCount(options.threads);
    assertMaxPixels(options.maxPixels);
    if (stream.type !== "video" && stream.type !== "audio") {
      throw new TypeError(`a decoder takes video or audio, not ${String(stream.type)}`);
    }
    const parameters = makeParameters(native(), stream);
    const port = new CodecPort("decoder", {
      output: (output) => {
        if (output.kind === "frame") events.output(Frame.adopt(output.frame, timeBase));
      },
      discard: discardFrame,
      error: (error) => events.error?.(error),
    });
    try {
      const ready = port.send({
        name: "openDecoder",
        options: {
          ...rest,
          type: stream.type,
          codec: typeof stream.codec === "string" ? stream.codec : stream.codec.name,
          parameters,
          timeBase,
        },
      });
      return new Decoder(port, ready);
    } catch (error) {
      // Something in the options cannot be sent.
      freeParameters(native(), parameters);
      port.close();
      throw error;
    }
  }

  /** Packets, flushes and the opening that are not done yet. */
  get queued(): number {
    return this.#port.queued;
  }

  /** True once it is closed or has failed. */
  get closed(): boolean {
    return this.#port.closed;
  }

  /**
   * Gives it a packet, whose bytes are copied during the call. Resolves once it is consumed and the
   * frames that came of it are delivered.
   */
  decode(packet: PacketData): Promise<void> {
    this.#port.assertOpen();
    const slot = new PacketSlot();
    try {
      fillPacket(slot, snapshotPacket(slot.native, packet));
    } catch (error) {
      slot.free();
      throw error;
    }
    const { pointer } = slot;
    slot.disown();
    return done(this.#port.send({ name: "decode", packet: pointer }));
  }

  /** Takes everything out of it. Resolves once that is delivered; then it begins anew. */
  flush(): Promise<void> {
    return done(this.#port.send({ name: "flush" }));
  }

  /** Drops what waits, whose promises reject with an `AbortError`, and begins anew. */
  reset(): void {
    this.#port.reset(new DOMException("the decoder was reset", "AbortError"));
  }

  /** Releases it; what waits rejects with a `DisposedError`. Twice is harmless. */
  close(): void {
    this.#port.close();
  }

  /** {@link Decoder.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}

function discardFrame(output: CodecOutput): void {
  if (output.kind === "frame") freeFrame(output.frame);
}

/** A promise that may be left alone: the error is told to the owner anyway. */
export function done(promise: Promise<unknown>): Promise<void> {
  const settled = promise.then(() => {});
  ignore(settled);
  return settled;
}
