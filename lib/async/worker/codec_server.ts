/**
 * The worker's end of decoders and encoders: one worker serves many, and none of them waits for
 * the main thread.
 *
 * @module
 */
import type { MessagePort } from "node:worker_threads";
import { native, type Pointer, PointerSlot } from "../../../ffi/mod.ts";
import { DecoderSync } from "../../codec/decoder.ts";
import { EncoderSync } from "../../codec/encoder.ts";
import { Frame, freeFrame } from "../../codec/frame.ts";
import { setParameterSource } from "../../format/parameter_source.ts";
import { freeParameters, type StreamDescription } from "../../format/parameters.ts";
import type { Rational } from "../../rational.ts";
import type {
  CodecCommand,
  CodecCommands,
  CodecMessage,
  CodecRequest,
  RemoteDecoder,
} from "../shared/codec_protocol.ts";
import { toPlain } from "../shared/errors.ts";

/** Messages wait this long for others, so that many small ones travel together. */
const MAX_DELAY_MS = 1;

/** Messages to the main thread, which travel together. */
class Outbox {
  readonly #port: MessagePort;
  #messages: CodecMessage[] = [];
  #transfer: ArrayBuffer[] = [];
  #since = 0;

  constructor(port: MessagePort) {
    this.#port = port;
  }

  add(message: CodecMessage, transfer?: ArrayBuffer): void {
    this.#messages.push(message);
    if (transfer !== undefined) this.#transfer.push(transfer);
  }

  /** Sends what waits, unless that was done a moment ago. */
  sendInTime(): void {
    if (performance.now() - this.#since > MAX_DELAY_MS) this.send();
  }

  send(): void {
    this.#since = performance.now();
    if (this.#messages.length === 0) return;
    this.#port.postMessage(this.#messages, this.#transfer);
    this.#messages = [];
    this.#transfer = [];
  }
}

/** One codec. */
class ServedCodec {
  readonly #id: number;
  readonly #epochs: Int32Array;
  readonly #outbox: Outbox;
  #epoch: number;
  #decoder: DecoderSync | undefined;
  #encoder: EncoderSync | undefined;
  /** The setup bytes that the main thread has been told. */
  #told: StreamDescription | undefined;

  constructor({ codec, epoch }: CodecCommand, epochs: SharedArrayBuffer, outbox: Outbox) {
    this.#id = codec;
    this.#epoch = epoch;
    this.#epochs = new Int32Array(epochs);
    this.#outbox = outbox;
  }

  /** True where the main thread wants no output of this epoch any more. */
  #isStale(epoch: number): boolean {
    return Atomics.load(this.#epochs, 0) !== epoch;
  }

  serve(id: number, epoch: number, request: CodecRequest): void {
    if (request.name === "openDecoder") {
      this.#decoder = openDecoder(request.options);
    } else if (request.name === "openEncoder") {
      this.#encoder = EncoderSync.open(request.options);
    } else if (this.#isStale(epoch)) {
      discard(request);
    } else {
      if (epoch !== this.#epoch) {
        // The first command after a reset: what was in the codec is forgotten.
        this.#decoder?.flush();
        this.#encoder?.flush();
        this.#epoch = epoch;
      }
      this.#run(epoch, request);
    }
    const { name } = this.#decoder ?? this.#encoder ?? {};
    const answer = request.name.startsWith("open") && name ? { name } : undefined;
    this.#outbox.add({ kind: "done", codec: this.#id, epoch, id, ...(answer && { answer }) });
  }

  #run(epoch: number, request: CodecRequest): void {
    switch (request.name) {
      case "decode":
        return this.#decode(epoch, request.packet);
      case "encode":
        return this.#encode(epoch, request.frame, request.timeBase, request.keyframe);
      case "flush":
        if (this.#decoder) {
          this.#takeFrames(epoch, this.#decoder, 0 as Pointer);
          this.#decoder.flush();
        }
        if (this.#encoder) this.#takePackets(epoch, this.#encoder, null, false);
    }
  }

  #decode(epoch: number, packet: Pointer): void {
    try {
      if (this.#decoder) this.#takeFrames(epoch, this.#decoder, packet);
    } finally {
      freePacket(packet);
    }
  }

  #takeFrames(epoch: number, decoder: DecoderSync, packet: Pointer): void {
    const isLast = packet === 0;
    for (const frame of decoder.decode(packet === 0 ? null : packet)) {
      if (this.#isStale(epoch)) {
        frame.close();
        continue;
      }
      this.#outbox.add({ kind: "frame", codec: this.#id, epoch, frame: frame.release() });
      if (isLast) this.#outbox.sendInTime();
    }
  }

  #encode(epoch: number, pointer: Pointer, timeBase: Rational | null, keyframe: boolean): void {
    using frame = Frame.adopt(pointer, timeBase);
    if (this.#encoder) this.#takePackets(epoch, this.#encoder, frame, keyframe);
  }

  #takePackets(epoch: number, encoder: EncoderSync, frame: Frame | null, keyframe: boolean): void {
    for (const packet of encoder.encode(frame, { keyframe })) {
      if (this.#isStale(epoch)) continue;
      const description = this.#news(encoder);
      this.#outbox.add(
        { kind: "packet", codec: this.#id, epoch, packet, description },
        packet.data.buffer,
      );
      if (frame === null) this.#outbox.sendInTime();
    }
  }

  #news(encoder: EncoderSync): StreamDescription | undefined {
    const { description } = encoder;
    if (description === this.#told) return undefined;
    const before = this.#told?.extradata;
    const first = this.#told === undefined;
    this.#told = description;
    return first || !isEqual(before, description.extradata) ? description : undefined;
  }

  close(): void {
    this.#decoder?.close();
    this.#encoder?.close();
    this.#decoder = this.#encoder = undefined;
  }
}

function isEqual(a: Uint8Array | null | undefined, b: Uint8Array | null | undefined): boolean {
  return a?.length === b?.length && (a?.every((byte, i) => byte === b?.[i]) ?? true);
}

function openDecoder(options: RemoteDecoder): DecoderSync {
  const { type, codec, parameters, timeBase, ...rest } = options;
  const stream: StreamDescription = { type, codec, timeBase };
  setParameterSource(stream, () => parameters);
  try {
    return DecoderSync.open({ ...rest, stream, timeBase });
  } finally {
    freeParameters(native(), parameters);
  }
}

function freePacket(packet: Pointer): void {
  native().avcodec.av_packet_free(new PointerSlot(packet).bytes);
}

/** Frees what a command brought that nothing is done with. */
function discard(request: CodecRequest): void {
  if (request.name === "decode") freePacket(request.packet);
  else if (request.name === "encode") freeFrame(request.frame);
  else if (request.name === "openDecoder") freeParameters(native(), request.options.parameters);
}

/** Every codec of this worker. */
class CodecServer {
  readonly #codecs = new Map<number, ServedCodec>();
  readonly #outbox: Outbox;

  constructor(port: MessagePort) {
    this.#outbox = new Outbox(port);
  }

  /** Does what codecs are told, in order. */
  receive(commands: readonly CodecCommand[]): void {
    for (const command of commands) {
      this.#receive(command);
      this.#outbox.sendInTime();
    }
    this.#outbox.send();
  }

  /** Does what a codec is told; whatever it throws closes the codec and is told. */
  #receive(command: CodecCommand): void {
    const { codec, id, epoch, epochs, request } = command;
    if (epochs !== undefined) {
      this.#codecs.set(codec, new ServedCodec(command, epochs, this.#outbox));
    }
    const served = this.#codecs.get(codec);
    if (served === undefined || request.name === "close") {
      discard(request);
      served?.close();
      this.#codecs.delete(codec);
      this.#outbox.add({ kind: "done", codec, epoch, id });
      return;
    }
    try {
      served.serve(id, epoch, request);
    } catch (error) {
      this.#codecs.delete(codec);
      served.close();
      this.#outbox.add({ kind: "failed", codec, epoch, id, error: toPlain(error) });
    }
  }
}

/** Returns the receiver of this thread's messages. */
export function serveCodecs(port: MessagePort): (message: CodecCommands) => void {
  const server = new CodecServer(port);
  return ({ commands }) => server.receive(commands);
}
