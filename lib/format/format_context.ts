/**
 * One AVFormatContext with the I/O it owns: every native call on it goes through here, so that
 * log, callbacks' exceptions and refused openings are looked at after each.
 *
 * @module
 */
import { type Native, type Pointer, readPointer, type Struct } from "../../ffi/mod.ts";
import { AVERROR, AVError, DisposedError } from "../error.ts";
import { assertOptionsTaken } from "../options.ts";
import type { IOCore } from "../io/avio/context_core.ts";
import type { IOCoreOptions } from "../io/avio/context_options.ts";
import { NestedFiles } from "../io/nested/hook.ts";
import type { OpenHookSync } from "../io/contract.ts";
import { folderAdvice, plainName } from "../io/nested/names.ts";
import { refusedEntry } from "../io/nested/demuxer_settings.ts";
import { release } from "../io/avio/release.ts";
import {
  type LogListener,
  logReason,
  startLog,
  stopLog,
  withLogSuppressed,
} from "../log/capture.ts";

const AVFMT_FLAG_CUSTOM_IO = 0x80;

/** The owner of a format context; `free` is the C function that ends it. */
export class FormatCore {
  readonly native: Native;
  readonly io: IOCore;
  readonly nested: NestedFiles;
  readonly onLog: LogListener | undefined;
  /** The input's name, while it is opened: its errors name it. */
  opening: string | undefined;
  /** Set where the media lies before the index and the source cannot go back to it. */
  cannotGoBack: string | undefined;
  /** The lines of the last call. */
  log: readonly string[] = [];
  #struct: Struct | undefined;
  /** A refusal of the last call, which delivered a packet all the same. */
  #pending: { readonly error: AVError } | undefined;
  /** The line of the last call that may say why it failed. */
  #reason: string | undefined;
  readonly #kind: string;
  readonly #free: (pointer: Pointer) => void;
  readonly #freeExtra: () => void;

  constructor(options: {
    kind: string;
    io: IOCore;
    pointer: Pointer;
    open?: OpenHookSync;
    /** Limits for the other files, too. */
    limits?: IOCoreOptions;
    onLog?: LogListener;
    free: (pointer: Pointer) => void;
    /** Freed with the format context: packets. */
    freeExtra: () => void;
  }) {
    this.#kind = options.kind;
    this.io = options.io;
    this.native = options.io.native;
    const { onLog } = options;
    // It runs within a native call: what it throws comes out after that, and it closes nothing.
    this.onLog = onLog && ((line) => {
      try {
        this.io.runUserCode(() => onLog(line));
      } catch (error) {
        this.io.poison(error);
      }
    });
    this.#free = options.free;
    this.#freeExtra = options.freeExtra;
    this.#struct = this.native.struct("AVFormatContext", options.pointer);
    this.#struct.set("pb", this.io.pointer);
    if (options.kind === "demuxer") {
      // avformat_open_input sets it too. A context that never got there must not close our
      // AVIOContext as if it were its own.
      this.#struct.set("flags", this.#struct.number("flags") | AVFMT_FLAG_CUSTOM_IO);
    }
    this.nested = new NestedFiles(this.io, this.#struct, options.open, options.limits);
  }

  /** The struct; {@link DisposedError} by name after the release. */
  get struct(): Struct {
    if (this.#struct === undefined) throw new DisposedError(`this ${this.#kind} is closed`);
    return this.#struct;
  }

  get pointer(): Pointer {
    return this.struct.pointer;
  }

  get closed(): boolean {
    return this.#struct === undefined;
  }

  /** The AVStream of an index that the context has. */
  stream(index: number): Struct {
    const { native, struct } = this;
    const count = struct.number("nb_streams");
    if (!Number.isInteger(index) || index < 0 || index >= count) {
      throw new RangeError(`there is no stream ${index}; there are ${count}`);
    }
    const streams = new DataView(native.ffi.view(struct.at("streams"), (index + 1) * 8));
    return native.struct("AVStream", readPointer(streams, index * 8));
  }

  /** libavformat freed the context itself (a failed open): it must not be freed again. */
  markFreed(): void {
    this.#struct = undefined;
  }

  /**
   * One native call: what a callback threw comes out of it. `often`: one for every packet, whose
   * log is kept where no other thread is at work.
   */
  call(operation: string, run: (context: Pointer) => number, often = false): number {
    this.io.assertIdle(operation);
    this.io.checkSignal();
    this.io.checkMemoryInput();
    const { pointer } = this;
    if (this.io.poisoned) this.io.throwIfFailed(operation);
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending !== undefined) throw pending.error;
    this.nested.begin(operation === "avformat_open_input");
    startLog(this.onLog, often);
    let result: number;
    try {
      result = run(pointer);
    } finally {
      const lines = stopLog();
      this.#reason = logReason();
      this.log = lines.length === 0 ? lines : lines.map(plainName);
    }
    this.nested.collect();
    this.io.throwIfFailed(operation);
    if (this.nested.denied) {
      const error = this.error(operation, AVERROR("EACCES"));
      // A packet that was read already is delivered; the next call throws.
      if (operation !== "av_read_frame" || result < 0) throw error;
      this.#pending = { error };
    }
    return result;
  }

  /** The same, where a negative result is an {@link AVError}. */
  checked(operation: string, run: (context: Pointer) => number, often = false): number {
    const result = this.call(operation, run, often);
    if (result < 0) throw this.error(operation, result);
    return result;
  }

  /** Refuses the options that `operation` has left, with the name of the one that is meant. */
  assertOptionsTaken(
    operation: string,
    left: Pointer,
    kind: Struct,
    optional?: ReadonlySet<string>,
  ): void {
    const use = this.#kind === "demuxer" ? "decoding" : "encoding";
    const refuse = (detail: string, meant: string) =>
      this.error(operation, AVERROR("EINVAL"), detail + meant);
    assertOptionsTaken(left, { context: this.pointer, kind, use }, refuse, optional);
  }

  /** The error of a code, with the log of the last call and the URL that was refused. */
  error(operation: string, code: number, detail?: string): AVError {
    const entry = refusedEntry(this.log);
    const refused = this.nested.refused ?? entry;
    const { absent } = this.nested;
    const why = detail ??
      (refused !== undefined
        ? whyRefused(refused, entry, this.opening)
        : absent && whyAbsent(absent, this.opening)) ??
      (this.#reason === undefined ? undefined : plainName(this.#reason));
    return new AVError({
      code: refused !== undefined
        ? AVERROR("EACCES")
        : absent !== undefined
        ? AVERROR("ENOENT")
        : code,
      operation,
      log: this.log,
      // Without a reason the message has none: the log's last line may be about something else.
      detail: this.opening ? withInputName(this.opening, why) : why ?? "",
    });
  }

  /** Releases everything, in the one order. Twice is harmless. */
  close(): void {
    this.io.assertIdle(`${this.#kind}.close`);
    this.release();
  }

  /** The release itself, also for a context that libavformat has freed. */
  release(): void {
    if (this.io.closed) return;
    this.io.checkMemoryInput();
    const struct = this.#struct;
    this.#struct = undefined;
    release({
      format: () => {
        try {
          this.#freeExtra();
        } finally {
          try {
            if (struct !== undefined) withLogSuppressed(() => this.#free(struct.pointer));
          } finally {
            this.nested.close();
          }
        }
      },
      ...this.io.releaseSteps(),
    });
  }
}

function whyRefused(url: string, entry: string | undefined, input: string | undefined): string {
  const opening = `opening ${JSON.stringify(url)} was refused`;
  return url === entry
    ? `${opening}: libavformat's concat opens its entries without asking; read them one after the ` +
      "other, and write their packets with an offset"
    : `${opening}: nothing but the given input is opened unless the open option answers for it` +
      folderAdvice(input, url);
}

function whyAbsent(url: string, input: string | undefined): string {
  return `${
    JSON.stringify(url)
  } is not there: it is not in the folder, or wherever else the open ` +
    `option looks${folderAdvice(input, url)}`;
}

// A data: URL is its whole content.
const MAX_NAME_CHARACTERS = 300;

function withInputName(name: string, why: string | undefined): string {
  const short = name.length > MAX_NAME_CHARACTERS ? `${name.slice(0, MAX_NAME_CHARACTERS)}…` : name;
  const quoted = JSON.stringify(short);
  if (why === undefined) return quoted;
  return why.includes(quoted) ? why : `${quoted}: ${why}`;
}
