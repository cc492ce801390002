/**
 * One AVCodecContext with an owner: what decoders and encoders have in common.
 *
 * @module
 */
import {
  cString,
  makeBytes,
  type Native,
  native,
  type Pointer,
  PointerSlot,
} from "../../ffi/mod.ts";
import { quoted } from "../check.ts";
import { type OptionValue, withDictionary } from "../dictionary.ts";
import { AVError, DisposedError } from "../error.ts";
import { assertOptionsTaken } from "../options.ts";
import { withLog } from "../log/capture.ts";
import { countThreadedCodec } from "../log/turn_lock.ts";
import type { CodecEntry } from "./codecs.ts";
import { EAGAIN, EINVAL, outOfMemory } from "./errors.ts";

/** The native memory of an object, apart from the object itself. */
interface ContextMemory {
  readonly pointer: Pointer;
  readonly threaded: boolean;
}

const contexts = new FinalizationRegistry<ContextMemory>(freeContext);

function freeContext({ pointer, threaded }: ContextMemory): void {
  native().avcodec.avcodec_free_context(new PointerSlot(pointer).bytes);
  if (threaded) countThreadedCodec(-1);
}

/** How a codec is opened. */
export interface ContextOptions {
  /** The AVCodecParameters; they stay the caller's. */
  readonly parameters: Pointer;
  /** Options set by this module, each of which every libavcodec has. */
  readonly settings: Readonly<Record<string, OptionValue>>;
  /** Options of the program's, of the codec or of AVCodecContext. */
  readonly options?: Readonly<Record<string, OptionValue>>;
  /** Threads that the codec may use; 1: none of its own. */
  readonly threads: number;
  /** Changes the context before it is opened. */
  readonly prepare?: (context: Pointer) => void;
  /** Why it cannot be opened, where that is known; libav's log is not told in every case. */
  readonly obstacle?: string;
}

/** The owner of an open codec. */
export class CodecContext {
  readonly native: Native = native();
  readonly codec: CodecEntry;
  readonly #kind: "decoder" | "encoder";
  #memory: ContextMemory | undefined;

  /** Opens the codec (`avcodec_open2`). Throws {@link AVError}, or a TypeError for an option. */
  constructor(kind: "decoder" | "encoder", codec: CodecEntry, options: ContextOptions) {
    this.codec = codec;
    this.#kind = kind;
    const { avcodec } = this.native;
    const { threads } = options;
    const threaded = threads !== 1 && codec.type === "video";
    // Counted before: its threads log from the moment they run.
    if (threaded) countThreadedCodec(1);
    const pointer = avcodec.avcodec_alloc_context3(codec.pointer);
    if (pointer === 0) {
      if (threaded) countThreadedCodec(-1);
      throw outOfMemory("avcodec_alloc_context3");
    }
    const memory = { pointer, threaded };
    try {
      this.#open(pointer, options);
    } catch (error) {
      freeContext(memory);
      throw error;
    }
    this.#memory = memory;
    contexts.register(this, memory, this);
  }

  #open(
    pointer: Pointer,
    { parameters, settings, options = {}, threads, prepare, obstacle }: ContextOptions,
  ) {
    const { avcodec } = this.native;
    this.#checked(
      "avcodec_parameters_to_context",
      () => avcodec.avcodec_parameters_to_context(pointer, parameters),
    );
    prepare?.(pointer);
    const all: Record<string, OptionValue> = {
      threads: this.codec.type === "video" ? threads : 1,
      ...settings,
      ...options,
    };
    withDictionary(all, (slot) => {
      this.#checked(
        "avcodec_open2",
        () => avcodec.avcodec_open2(pointer, this.codec.pointer, slot.bytes),
        obstacle,
      );
      assertOptionsTaken(
        slot.value,
        {
          context: pointer,
          kind: this.native.struct("AVCodec", this.codec.pointer),
          use: this.#kind === "encoder" ? "encoding" : "decoding",
        },
        (detail, meant) =>
          new TypeError(`${detail} of the ${this.#kind} ${this.codec.name}${meant}`),
      );
    });
  }

  #checked(operation: string, run: () => number, obstacle?: string): number {
    const { code, log } = withLog(run);
    if (code >= 0) return code;
    // The option that avcodec_open2 refused is named by its log line alone.
    const detail = code === EINVAL && log.length === 0
      ? `${this.codec.name} does not take these settings`
      : undefined;
    throw new AVError({ code, operation, log, detail: obstacle ?? detail });
  }

  /** The AVCodecContext. Throws {@link DisposedError} once it is closed. */
  get pointer(): Pointer {
    if (this.#memory === undefined) throw new DisposedError(`this ${this.#kind} is closed`);
    return this.#memory.pointer;
  }

  /** True once it is closed. */
  get closed(): boolean {
    return this.#memory === undefined;
  }

  /**
   * One call on the codec; `passed` results are answered as they are, every other negative one is
   * an {@link AVError}.
   */
  call(
    operation: string,
    passed: readonly number[],
    run: (context: Pointer) => number,
  ): number {
    const { pointer } = this;
    const { code, log } = withLog(() => run(pointer), true);
    if (code < 0 && !passed.includes(code)) throw new AVError({ code, operation, log });
    return code;
  }

  /** An integer option's value as the codec has it now (`av_opt_get_int`). */
  integer(name: string): number {
    const value = makeBytes(8);
    const code = this.native.avutil.av_opt_get_int(this.pointer, cString(name), 0, value);
    if (code < 0) throw new AVError({ code, operation: "av_opt_get_int" });
    return Number(new DataView(value.buffer).getBigInt64(0, true));
  }

  /** Forgets what it was in the middle of (`avcodec_flush_buffers`). */
  flush(): void {
    const { pointer } = this;
    withLog(() => {
      this.native.avcodec.avcodec_flush_buffers(pointer);
      return 0;
    }, true);
  }

  /** Frees it (`avcodec_free_context`). Twice is harmless. */
  close(): void {
    const memory = this.#memory;
    if (memory === undefined) return;
    this.#memory = undefined;
    contexts.unregister(this);
    freeContext(memory);
  }
}

export { EAGAIN };

const MAX_THREADS = 16;

/** The threads that an option asks for; a RangeError for what is no number of threads. */
export function threadCount(threads: number | undefined): number {
  if (threads === undefined) {
    const { hardwareConcurrency = 1 } = (globalThis as { navigator?: Navigator }).navigator ?? {};
    return Math.min(hardwareConcurrency, MAX_THREADS);
  }
  if (Number.isInteger(threads) && threads >= 1 && threads <= 1024) return threads;
  throw new RangeError(`threads must be a whole number from 1 to 1024, not ${quoted(threads)}`);
}
