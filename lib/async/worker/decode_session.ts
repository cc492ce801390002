/**
 * The worker's part of sessions that decode: one reader over one input, and what is made of it.
 *
 * @module
 */
import type { Frame } from "../../codec/frame.ts";
import { FrameReader } from "../../codec/frame_reader.ts";
import { type PcmChunk, PcmReader } from "../../codec/pcm_reader.ts";
import { Resampler } from "../../codec/resampler.ts";
import { ThumbnailMaker } from "../../codec/thumbnail.ts";
import { PeakMeter } from "../../codec/waveform.ts";
import { DemuxerSync } from "../../format/demux/demuxer.ts";
import type { DecodeCommands, RemoteDamage, RemoteFrame } from "../shared/decode_protocol.ts";
import { toPlain } from "../shared/errors.ts";
import type { WorkerSession } from "./worker_session.ts";

type Request<N extends keyof DecodeCommands> = DecodeCommands[N]["request"];
type AnswerOf<N extends keyof DecodeCommands> = DecodeCommands[N]["answer"];

/** How long frames may gather before they are handed over. */
const GATHER_MS = 30;
/** Seconds of sound in one array: longer ones are fresh memory each time, which costs more. */
const PCM_SECONDS = 0.25;
/** Seconds of sound that are measured at a time. */
const WAVEFORM_SECONDS = 0.5;
/** The samples of these formats are not among WebCodecs' own. */
const PLAIN_FORMATS: Readonly<Record<string, string>> = {
  dbl: "flt",
  dblp: "fltp",
  s64: "s32",
  s64p: "s32p",
};

/** One input that is decoded. */
export class DecodeSession {
  readonly #session: WorkerSession;
  readonly #demuxer: DemuxerSync;
  readonly #reader: FrameReader;
  #pcm: PcmReader | undefined;
  #maker: ThumbnailMaker | undefined;
  #plain: Resampler | undefined;
  #damage: RemoteDamage[] = [];

  constructor(session: WorkerSession, demuxer: DemuxerSync, request: Request<"openReader">) {
    this.#session = session;
    this.#demuxer = demuxer;
    this.#reader = new FrameReader(demuxer, {
      ...request.reader,
      onDamage: ({ error, ...where }) => {
        if (this.#damage.length < MAX_DAMAGE) {
          this.#damage.push({ ...where, error: toPlain(error) });
        }
      },
      throwIfAborted: () => session.throwIfAborted(),
    });
  }

  get opened(): AnswerOf<"openReader"> {
    return { stream: this.#reader.stream, decoder: this.#reader.decoder };
  }

  #takeDamage(): RemoteDamage[] {
    const damage = this.#damage;
    this.#damage = [];
    return damage;
  }

  nextFrames({ count, bytes }: Request<"nextFrames">): AnswerOf<"nextFrames"> {
    const given: Frame[] = [];
    const frames: RemoteFrame[] = [];
    let ended = false;
    let error: unknown;
    let size = 0;
    const since = performance.now();
    try {
      while (given.length < count && size < bytes && performance.now() - since < GATHER_MS) {
        const frame = this.#nextPlain();
        if (frame === null) {
          ended = true;
          break;
        }
        given.push(frame);
        size += frame.planes.reduce((sum, plane) => sum + plane.rows * plane.bytes, 0);
      }
    } catch (thrown) {
      ended = true;
      error = thrown;
    }
    const { timeBase } = this.#reader.stream;
    for (const frame of given) {
      const time = this.#reader.secondsOf(frame.pts as number);
      frames.push({ pointer: frame.release(), time });
    }
    const failure = error === undefined ? {} : { error: toPlain(error) };
    return { frames, timeBase, ended, damage: this.#takeDamage(), ...failure };
  }

  /** The next frame, its samples in a format that WebCodecs has. */
  #nextPlain(): Frame | null {
    const frame = this.#reader.next();
    const sampleFormat = frame?.type === "audio" ? PLAIN_FORMATS[frame.sampleFormat] : undefined;
    if (frame === null || sampleFormat === undefined) return frame;
    try {
      this.#plain ??= new Resampler({ to: { sampleFormat } });
      const [converted] = this.#plain.convert(frame);
      converted.copyProperties(frame);
      converted.pts = frame.pts;
      return converted;
    } finally {
      frame.close();
    }
  }

  openPcm({ start, end, ...format }: Request<"openPcm">): void {
    this.#pcm = new PcmReader(this.#reader, format, { start, end });
  }

  nextPcm({ seconds }: Request<"nextPcm">): AnswerOf<"nextPcm"> {
    const pcm = this.#pcm as PcmReader;
    const chunks: PcmChunk[] = [];
    let ended = false;
    let error: unknown;
    const since = performance.now();
    for (let given = 0; given < seconds && !ended; given += PCM_SECONDS) {
      if (performance.now() - since >= GATHER_MS) break;
      try {
        while (!ended && pcm.gathered < PCM_SECONDS) ended = !pcm.gather();
      } catch (thrown) {
        ended = true;
        error = thrown;
      }
      const chunk = pcm.take();
      if (chunk) chunks.push(chunk);
    }
    const failure = error === undefined ? {} : { error: toPlain(error) };
    return { chunks, ended, damage: this.#takeDamage(), ...failure };
  }

  thumbnail({ time, shape }: Request<"thumbnail">): AnswerOf<"thumbnail"> {
    this.#maker ??= new ThumbnailMaker(this.#reader, shape);
    const thumbnail = this.#maker.at(time);
    return { thumbnail, damage: this.#takeDamage() };
  }

  waveform({ points, start, end }: Request<"waveform">): AnswerOf<"waveform"> {
    using pcm = new PcmReader(this.#reader, {}, { start, end });
    const meter = new PeakMeter(points);
    const { stream } = this.#reader;
    if (stream.type !== "audio") throw new TypeError("a waveform is made of audio");
    let channels = 0;
    for (let chunk; (chunk = pcm.next(WAVEFORM_SECONDS)) !== null;) {
      channels ||= pcm.channels;
      meter.add(chunk.samples as Float32Array, channels);
    }
    const { sampleRate } = stream;
    return {
      duration: meter.samples / sampleRate,
      sampleRate,
      peaks: meter.result(),
      damage: this.#takeDamage(),
    };
  }

  close(): void {
    this.#maker?.close();
    this.#pcm?.close();
    this.#plain?.close();
    this.#reader.close();
    this.#demuxer.close();
  }
}

const MAX_DAMAGE = 1000;
