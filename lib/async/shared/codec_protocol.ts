/**
 * The messages between codecs and the worker that serves them. Frames and packets travel by
 * address, and the receiver of an address owns it.
 *
 * @module
 */
import type { Pointer } from "../../../ffi/mod.ts";
import type { DecoderSyncOptions } from "../../codec/decoder.ts";
import type { EncodedPacket, EncoderSyncOptions } from "../../codec/encoder.ts";
import type { StreamDescription } from "../../format/parameters.ts";
import type { Rational } from "../../rational.ts";
import type { PlainError } from "./errors.ts";

/** How a decoder is opened: the AVCodecParameters are the worker's to free. */
export interface RemoteDecoder extends Omit<DecoderSyncOptions, "stream" | "timeBase"> {
  readonly type: "video" | "audio";
  readonly codec: string;
  readonly parameters: Pointer;
  readonly timeBase: Rational;
}

/** Commands to a codec. */
export type CodecRequest =
  | { readonly name: "openDecoder"; readonly options: RemoteDecoder }
  | { readonly name: "openEncoder"; readonly options: EncoderSyncOptions }
  /** An AVPacket, to be freed. */
  | { readonly name: "decode"; readonly packet: Pointer }
  /** An AVFrame, to be freed. */
  | {
    readonly name: "encode";
    readonly frame: Pointer;
    readonly timeBase: Rational | null;
    readonly keyframe: boolean;
  }
  /** Everything that is in it comes out; afterwards it begins anew. */
  | { readonly name: "flush" }
  | { readonly name: "close" };

/** To the worker. */
export interface CodecCommand {
  readonly codec: number;
  readonly id: number;
  /** Counts the resets before it: what is of an older one is dropped. */
  readonly epoch: number;
  /** The word that the main thread counts resets in, where the codec is opened. */
  readonly epochs?: SharedArrayBuffer;
  readonly request: CodecRequest;
}

/** Commands to the codecs of one worker, in their order. */
export interface CodecCommands {
  readonly commands: readonly CodecCommand[];
}

/** From the worker, several at a time. */
export type CodecMessage =
  & { readonly codec: number; readonly epoch: number }
  & (
    | { readonly kind: "frame"; readonly frame: Pointer }
    | {
      readonly kind: "packet";
      readonly packet: EncodedPacket;
      /** Of the first packet, and of every one whose setup bytes are others than before. */
      readonly description: StreamDescription | undefined;
    }
    | { readonly kind: "done"; readonly id: number; readonly answer?: { readonly name: string } }
    | { readonly kind: "failed"; readonly id: number; readonly error: PlainError }
  );
