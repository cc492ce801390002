/**
 * `AudioData`.
 *
 * @module
 */
import type { Frame } from "../codec/frame.ts";
import type { SideData } from "../format/types.ts";
import type { Rational } from "../rational.ts";
import {
  audioSampleFormat,
  bytesOfSample,
  copySamples,
  isPlanar,
  libavSampleFormat,
  newSamples,
  samplesOf,
  typeOf,
  webSampleFormatOf,
} from "./audio_samples.ts";
import { type AudioShape, type AudioStore, ByteStore, FrameStore } from "./audio_store.ts";
import { bytesOf, checkTransfer, copyOfBytes, detachAll, isBufferSource } from "./buffer_source.ts";
import type {
  AllowSharedBufferSource,
  AudioDataCopyToOptions,
  AudioDataInit,
  AudioSampleFormat,
} from "./frame_types.ts";
import { defineInterface } from "./interface_shape.ts";
import {
  arrayBuffer,
  type Converter,
  dictionary,
  enforcedLongLong,
  enforcedUnsignedLong,
  float,
  requireArguments,
  sequence,
} from "./webidl.ts";

/** The facts of libav about samples. */
export interface AudioDataLibav {
  /** Presentation time in ticks; null where unknown. */
  readonly pts: number | null;
  /** Seconds that a tick lasts; null where unknown. */
  readonly timeBase: Rational | null;
  /** libav's name, such as `fltp`. */
  readonly sampleFormat: string;
  /** True where decoding can begin with them: of nearly every codec of sound, always. */
  readonly isKeyframe: boolean;
  /** True where the decoder found them damaged. */
  readonly isCorrupt: boolean;
  /** `stereo`, `5.1(side)`; null where unknown. */
  readonly channelLayout: string | null;
  /** Copies of what came beside the samples. */
  readonly sideData: SideData[];
}

interface Init {
  data: AllowSharedBufferSource;
  format: AudioSampleFormat;
  numberOfChannels: number;
  numberOfFrames: number;
  sampleRate: number;
  timestamp: number;
  transfer: ArrayBuffer[];
}

const audioDataInit: Converter<Init> = dictionary({
  data: { type: unsharedBufferSource, required: true },
  format: { type: audioSampleFormat, required: true },
  numberOfChannels: { type: enforcedUnsignedLong, required: true },
  numberOfFrames: { type: enforcedUnsignedLong, required: true },
  sampleRate: { type: float, required: true },
  timestamp: { type: enforcedLongLong, required: true },
  transfer: { type: sequence(arrayBuffer), initial: () => [] },
});

interface CopyToOptions {
  planeIndex: number;
  frameOffset: number;
  frameCount?: number;
  format?: AudioSampleFormat;
}

const copyToOptions: Converter<CopyToOptions> = dictionary({
  planeIndex: { type: enforcedUnsignedLong, required: true },
  frameOffset: { type: enforcedUnsignedLong, initial: () => 0 },
  frameCount: { type: enforcedUnsignedLong },
  format: { type: audioSampleFormat },
});

function unsharedBufferSource(value: unknown, what: string): AllowSharedBufferSource {
  if (isBufferSource(value)) return value;
  throw new TypeError(`${what}: expected an ArrayBuffer or a view of one`);
}

interface AudioState extends AudioShape {
  readonly store: AudioStore;
  readonly timestamp: number;
}

/** A state that needs no checks. */
class Ready {
  readonly state: AudioState;

  constructor(state: AudioState) {
    this.state = state;
  }
}

let stateOf: (data: AudioData) => AudioState | undefined;
let isAudioData: (value: unknown) => value is AudioData;

/**
 * A run of samples. Close each one: decoded samples are in native memory, which is not the garbage
 * collector's.
 *
 * @example
 * ```ts
 * import { AudioData } from "@avio/avio/webcodecs";
 *
 * const audio = new AudioData({
 *   format: "f32-planar",
 *   sampleRate: 48000,
 *   numberOfChannels: 2,
 *   numberOfFrames: 480,
 *   timestamp: 0,
 *   data: new Float32Array(960),
 * });
 * const left = new Int16Array(480);
 * audio.copyTo(left, { planeIndex: 0, format: "s16-planar" });
 * audio.close();
 * ```
 */
export class AudioData {
  #state: AudioState | undefined;
  readonly #timestamp: number;

  static {
    stateOf = (data) => data.#state;
    isAudioData = (value): value is AudioData =>
      typeof value === "object" && value !== null && #state in value;
  }

  /** Makes a run of copied samples. */
  constructor(init: AudioDataInit) {
    requireArguments(arguments.length, 1, "AudioData");
    const given: unknown = init;
    const state = given instanceof Ready ? given.state : stateOfInit(given);
    this.#state = state;
    this.#timestamp = state.timestamp;
  }

  /** The layout of the samples; null once closed. */
  get format(): AudioSampleFormat | null {
    return this.#state?.format ?? null;
  }

  /** Samples a second; 0 once closed. */
  get sampleRate(): number {
    return this.#state?.sampleRate ?? 0;
  }

  /** Samples a channel; 0 once closed. */
  get numberOfFrames(): number {
    return this.#state?.frames ?? 0;
  }

  /** Channels; 0 once closed. */
  get numberOfChannels(): number {
    return this.#state?.channels ?? 0;
  }

  /** Microseconds; 0 once closed. */
  get duration(): number {
    const state = this.#state;
    return state === undefined ? 0 : Math.trunc(state.frames * 1_000_000 / state.sampleRate);
  }

  /** Microseconds. */
  get timestamp(): number {
    return this.#timestamp;
  }

  get #open(): AudioState {
    if (this.#state !== undefined) return this.#state;
    throw new DOMException("the audio data is closed", "InvalidStateError");
  }

  /** Bytes that `copyTo` needs with the same options. */
  allocationSize(options: AudioDataCopyToOptions): number {
    requireArguments(arguments.length, 1, "allocationSize");
    const { count, format } = plan(this.#open, options);
    return count * bytesOfSample(format);
  }

  /**
   * Copies a plane, converted where `format` says so. Throws a RangeError where it does not fit.
   */
  copyTo(destination: AllowSharedBufferSource, options: AudioDataCopyToOptions): void {
    requireArguments(arguments.length, 2, "copyTo");
    const state = this.#open;
    const copy = plan(state, options);
    const { bytes, detached } = bytesOf(destination, "destination");
    if (detached) throw new TypeError("destination: the buffer is detached");
    const size = copy.count * bytesOfSample(copy.format);
    if (bytes.length < size) {
      throw new RangeError(`destination: ${size} bytes are needed, not ${bytes.length}`);
    }
    copyPlane(state, copy, bytes.subarray(0, size));
  }

  /** Another run of the same samples, by reference. */
  clone(): AudioData {
    const state = this.#open;
    return ready({ ...state, store: state.store.clone() });
  }

  /** Gives the memory back. Twice is harmless. */
  close(): void {
    const state = this.#state;
    this.#state = undefined;
    state?.store.close();
  }

  /** The facts of libav. Throws an InvalidStateError once closed. */
  get libav(): AudioDataLibav {
    const { store: { frame }, format } = this.#open;
    return {
      pts: frame?.pts ?? null,
      timeBase: frame?.timeBase ?? null,
      sampleFormat: libavSampleFormat(format),
      isKeyframe: frame?.isKeyframe ?? true,
      isCorrupt: frame?.isCorrupt ?? false,
      channelLayout: frame?.channelLayout ?? null,
      sideData: frame?.sideData ?? [],
    };
  }

  /** {@link AudioData.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}
defineInterface(AudioData, ["libav"]);

function ready(state: AudioState): AudioData {
  return new AudioData(new Ready(state) as unknown as AudioDataInit);
}

function stateOfInit(given: unknown): AudioState {
  const init = audioDataInit(given, "AudioDataInit");
  const { format, sampleRate, transfer, timestamp } = init;
  const [frames, channels] = [init.numberOfFrames, init.numberOfChannels];
  if (sampleRate <= 0) throw new TypeError(`sampleRate: expected more than 0, not ${sampleRate}`);
  if (frames === 0) throw new TypeError("numberOfFrames: expected more than 0");
  if (channels === 0) throw new TypeError("numberOfChannels: expected more than 0");
  checkTransfer(transfer);
  const size = frames * channels * bytesOfSample(format);
  const { bytes, detached } = bytesOf(init.data, "data");
  if (detached) throw new TypeError("data: the buffer is detached");
  if (bytes.length < size) {
    throw new TypeError(`data: ${size} bytes are needed, not ${bytes.length}`);
  }
  const copy = copyOfBytes(bytes.subarray(0, size), "data");
  detachAll(transfer);
  const count = isPlanar(format) ? channels : 1;
  const planeSize = size / count;
  const planes = Array.from(
    { length: count },
    (_, i) => copy.subarray(i * planeSize, (i + 1) * planeSize),
  );
  const shape = { format, sampleRate, frames, channels };
  return { ...shape, store: new ByteStore(planes, shape), timestamp };
}

interface CopyPlan {
  readonly plane: number;
  readonly offset: number;
  /** Samples to write: of all channels where interleaved. */
  readonly count: number;
  readonly format: AudioSampleFormat;
}

function plan(state: AudioState, given: unknown): CopyPlan {
  const options = copyToOptions(given, "AudioDataCopyToOptions");
  const { planeIndex: plane, frameOffset: offset, format = state.format } = options;
  const planes = isPlanar(format) ? state.channels : 1;
  if (plane >= planes) throw new RangeError(`planeIndex: ${format} has ${planes} plane(s)`);
  if (offset >= state.frames) {
    throw new RangeError(`frameOffset: there are ${state.frames} frames, ${offset} is past them`);
  }
  const frames = options.frameCount ?? state.frames - offset;
  if (frames > state.frames - offset) {
    throw new RangeError(`frameCount: ${state.frames - offset} frames follow, not ${frames}`);
  }
  const count = isPlanar(format) ? frames : frames * state.channels;
  return { plane, offset, count, format };
}

function copyPlane(state: AudioState, copy: CopyPlan, into: Uint8Array): void {
  const [from, to] = [typeOf(state.format), typeOf(copy.format)];
  const { channels, store } = state;
  const size = bytesOfSample(copy.format);
  const aligned = into.byteOffset % size === 0;
  const samples = aligned ? samplesOf(to, into) : newSamples(to, copy.count);
  const [source, target] = [isPlanar(state.format), isPlanar(copy.format)];
  const run = (plane: number, channel: number) => {
    const step = source ? 1 : channels;
    copySamples(samplesOf(from, store.plane(plane)), from, samples, to, {
      from: copy.offset * step + (source ? 0 : channel),
      fromStep: step,
      to: target ? 0 : channel,
      toStep: target ? 1 : channels,
      count: target ? copy.count : copy.count / channels,
    });
  };
  if (!source && !target) {
    const all = { from: copy.offset * channels, fromStep: 1, to: 0, toStep: 1, count: copy.count };
    copySamples(samplesOf(from, store.plane(0)), from, samples, to, all);
  } else if (target) {
    run(source ? copy.plane : 0, copy.plane);
  } else {
    for (let channel = 0; channel < channels; channel++) run(channel, channel);
  }
  if (!aligned) {
    into.set(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength));
  }
}

/** Converts to `AudioData`. */
export function toAudioData(value: unknown, what: string): AudioData {
  if (isAudioData(value)) return value;
  throw new TypeError(`${what}: expected an AudioData`);
}

/** A native frame of the samples, which the caller closes; an InvalidStateError once closed. */
export function frameOfAudio(data: AudioData): Frame {
  const state = stateOf(data);
  if (state !== undefined) return state.store.toFrame();
  throw new DOMException("the audio data is closed", "InvalidStateError");
}

/** Wraps a native frame, which belongs to the result from here on. Times are microseconds. */
export function audioDataOf(frame: Frame, { timestamp }: { timestamp: number }): AudioData {
  const format = webSampleFormatOf(frame.sampleFormat);
  if (format === null) {
    const { sampleFormat } = frame;
    frame.close();
    throw new TypeError(`sample format ${sampleFormat}: convert it to one of the standard first`);
  }
  const { sampleRate, samples: frames, channels } = frame;
  return ready({ store: new FrameStore(frame), format, sampleRate, frames, channels, timestamp });
}
