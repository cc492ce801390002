/**
 * From frames to packets, the event loop going on.
 *
 * @module
 */
import type { EncodedPacket, EncoderSyncOptions } from "../codec/encoder.ts";
import { threadCount } from "../codec/codec_context.ts";
import type { Frame } from "../codec/frame.ts";
import type { StreamDescription } from "../format/parameters.ts";
import { ignore } from "../promises.ts";
import { done } from "./decoder.ts";
import { CodecPort } from "./main/codec_port.ts";

/** Events of an {@link Encoder}. */
export interface EncoderEvents {
  /**
   * The next packet; with the first one, and with every one whose setup bytes are others than
   * before, the stream that it is of.
   */
  readonly output: (packet: EncodedPacket, description: StreamDescription | undefined) => void;
  /** The encoder has failed and is closed; called once, before the promises that wait reject. */
  readonly error?: (error: unknown) => void;
}

/**
 * An encoder in a worker that serves many. Outputs come in order; an error closes it.
 */
export class Encoder implements Disposable {
  readonly #port: CodecPort;
  /** The name of the encoder in use; rejects where it cannot be opened. */
  readonly ready: Promise<{ readonly name: string }>;

  private constructor(port: CodecPort, ready: Promise<{ readonly name: string } | undefined>) {
    this.#port = port;
    this.ready = ready as Promise<{ readonly name: string }>;
    ignore(this.ready);
  }

  /** Opens an encoder: it takes frames at once. Throws a RangeError for the number of threads. */
  static open(options: EncoderSyncOptions, events: EncoderEvents): Encoder {
    threadCount(options.threads);
    const port = new CodecPort("encoder", {
      output: (output) => {
        if (output.kind === "packet") events.output(output.packet, output.description);
      },
      discard: () => {},
      error: (error) => events.error?.(error),
    });
    try {
      return new Encoder(port, port.send({ name: "openEncoder", options }));
    } catch (error) {
      // Something in the options cannot be sent.
      port.close();
      throw error;
    }
  }

  /** Frames, flushes and the opening that are not done yet. */
  get queued(): number {
    return this.#port.queued;
  }

  /** True once it is closed or has failed. */
  get closed(): boolean {
    return this.#port.closed;
  }

  /**
   * Gives it a frame, whose `pts` is in ticks of the time base. It takes a reference of its own
   * during the call: the frame stays the caller's. Resolves once it is consumed and the packets
   * that came of it are delivered.
   */
  encode(frame: Frame, { keyframe = false }: { readonly keyframe?: boolean } = {}): Promise<void> {
    this.#port.assertOpen();
    const { timeBase } = frame;
    const own = frame.clone().release();
    return done(this.#port.send({ name: "encode", frame: own, timeBase, keyframe }));
  }

  /** Takes everything out of it. Resolves once that is delivered; then it begins anew. */
  flush(): Promise<void> {
    return done(this.#port.send({ name: "flush" }));
  }

  /** Drops what waits, whose promises reject with an `AbortError`, and begins anew. */
  reset(): void {
    this.#port.reset(new DOMException("the encoder was reset", "AbortError"));
  }

  /** Releases it; what waits rejects with a `DisposedError`. Twice is harmless. */
  close(): void {
    this.#port.close();
  }

  /** {@link Encoder.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}
