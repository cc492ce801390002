/**
 * Every other resource that libavformat asks for (`io_open`): refused, unless the program answers.
 *
 * @module
 */
import { inCallback } from "../avio/callback_depth.ts";
import {
  createCallback,
  type Native,
  native,
  type NativeCallback,
  type OwnBytes,
  type Pointer,
  pointerAt,
  type Struct,
  writePointer,
} from "../../../ffi/mod.ts";
import { readDictionary } from "../../dictionary.ts";
import { AVERROR, AVError, AVERROR_EOF, AVERROR_EXIT, AVERROR_INVALIDDATA } from "../../error.ts";
import { withLogPaused } from "../../log/capture.ts";
import type { OpenHookSync, OpenRequest, SinkSync, SourceSync } from "../contract.ts";
import { IOCore } from "../avio/context_core.ts";
import type { IOCoreOptions } from "../avio/context_options.ts";
import { type CallbackAdapter, sinkAdapter, sourceAdapter } from "../avio/callback_adapter.ts";
import { cannotResume, checkedSize } from "../avio/check_callback_answers.ts";
import { AesSink, AesSource, hexBytes } from "./aes.ts";
import { askHook, assertHookResult, callWithLimits } from "./hook_call.ts";
import { plainName, withoutCrypto } from "./names.ts";
import { rangeOf, RangeSource, ShiftedSource } from "./byte_range.ts";
import { NO_MORE } from "./sequence.ts";
import { release, releasedAfter } from "../avio/release.ts";

const AVIO_FLAG_WRITE = 2;
const PLAYLIST = /\.(m3u8?|mpd)(?=[?#]|$)/i;
// A live set never ends, and only what was written lately is read back.
const MAX_WRITTEN_NAMES = 1024;
// Variants that differ in their sound alone name one playlist each, and parts share a key.
const MAX_REPEATED_NAMES = 256;
const MAX_OPENINGS = 10_000;

/** The openings of one AVFormatContext: `io_open`, `io_close` (4.x) and `io_close2`. */
export class NestedFiles {
  readonly #native: Native;
  readonly #open: OpenHookSync | undefined;
  readonly #files = new Map<Pointer, IOCore>();
  readonly #callbacks: NativeCallback[] = [];
  readonly #outer: IOCore;
  readonly #limits: IOCoreOptions;
  readonly #written = new Set<string>();
  /** The first URL that was refused since {@link NestedFiles.begin}. */
  refused: string | undefined;
  /** The first URL that is not there since {@link NestedFiles.begin}. */
  absent: string | undefined;
  /** Files that are not there, and without which libavformat went on. */
  readonly missing: Set<string> = new Set();
  /** The names that the opening of an input has asked for, and how many times in all. */
  #asked: Set<string> | undefined;
  #openings = 0;
  /** A missing file that the last opening asked for as it is stored. */
  #maybeKey: string | undefined;
  /** True when that refusal is an error, even if libavformat goes on without the file. */
  denied = false;
  /** True when a sequence of files has no more: libavformat calls that an error. */
  ended = false;

  constructor(
    outer: IOCore,
    context: Struct,
    open: OpenHookSync | undefined,
    limits: IOCoreOptions = {},
  ) {
    this.#native = outer.native;
    this.#outer = outer;
    this.#open = open;
    this.#limits = limits;
    const opened = createCallback("io_open", (_, pb, url, flags, options) => {
      if (outer.poisoned) return AVERROR_EXIT;
      try {
        return outer.runUserCode(() =>
          withLogPaused(() =>
            inCallback(() =>
              this.#opening(pb as Pointer, url as Pointer, flags, options as Pointer)
            )
          )
        );
      } catch (error) {
        outer.poison(error);
        return AVERROR("EIO");
      }
    }, AVERROR("EIO"));
    this.#callbacks.push(opened);
    context.set("io_open", opened.pointer);
    const field = context.has("io_close2") ? "io_close2" : "io_close";
    const closed = createCallback(
      field,
      (_, pb) => outer.runUserCode(() => withLogPaused(() => this.#closing(pb as Pointer))),
      0,
    );
    this.#callbacks.push(closed);
    context.set(field, closed.pointer);
  }

  /** Before a native call; `opening`: the one that opens an input. */
  begin(opening = false): void {
    this.#asked = opening ? new Set() : undefined;
    this.#openings = 0;
    this.refused = undefined;
    this.absent = undefined;
    this.denied = false;
  }

  /** Records a file that the muxer wrote: refusing to read it back is an error. */
  wrote(url: string): void {
    this.#written.delete(url);
    this.#written.add(url);
    if (this.#written.size <= MAX_WRITTEN_NAMES) return;
    for (const oldest of this.#written) return void this.#written.delete(oldest);
  }

  /** When the format context is gone: what it left open, then the callbacks. */
  close(): void {
    let failed: { readonly error: unknown } | undefined;
    for (const pb of [...this.#files.keys()]) {
      this.#closing(pb, (error) => failed ??= { error });
    }
    for (const callback of this.#callbacks) callback.close();
    if (failed) throw failed.error;
  }

  #opening(pb: Pointer, urlPointer: Pointer, flags: number, options: Pointer): number {
    const { ffi } = this.#native;
    const url = urlPointer === 0 ? "" : ffi.string(urlPointer);
    const write = (flags & AVIO_FLAG_WRITE) !== 0;
    this.#assertEnds(url);
    const dictionary = options === 0 ? {} : readDictionary(pointerAt(options));
    const key = this.#maybeKey;
    this.#maybeKey = undefined;
    // Without its key a segment is noise, which libavformat would read.
    if (key !== undefined && url !== withoutCrypto(url)) return this.#deny(key);
    const core = write ? this.#sink(url, dictionary) : this.#source(url, dictionary);
    if (core === null) return this.#notThere(url, write);
    if (core === undefined) {
      this.refused ??= plainName(withoutCrypto(url));
      // A muxer goes on without a file that it only looks at.
      this.denied ||= write || !this.#outer.writing || this.#written.has(url);
      return AVERROR("EACCES");
    }
    if (write && dictionary.method !== "DELETE") this.wrote(url);
    if (!(core instanceof IOCore)) {
      this.ended = true;
      return AVERROR_EOF;
    }
    this.#files.set(core.pointer, core);
    writePointer(new DataView(ffi.view(pb, 8)), 0, core.pointer);
    return 0;
  }

  /** Playlists that name each other have no end, and libavformat keeps each one. */
  #assertEnds(url: string): void {
    if (this.#asked === undefined) return;
    this.#asked.add(url);
    const repeated = ++this.#openings - this.#asked.size;
    if (repeated <= MAX_REPEATED_NAMES && this.#openings <= MAX_OPENINGS) return;
    throw new AVError({
      code: AVERROR_INVALIDDATA,
      operation: "avformat_open_input",
      detail:
        `the files name others without end: ${JSON.stringify(plainName(withoutCrypto(url)))}` +
        ` is the opening of number ${this.#openings}`,
    });
  }

  /** A file that is not there is a hole in a set, unless the set cannot be told without it. */
  #notThere(url: string, write: boolean): number {
    const name = plainName(withoutCrypto(url));
    if (write || this.#written.has(url) || PLAYLIST.test(name)) return this.#deny(name);
    this.absent ??= name;
    if (this.#outer.writing) return AVERROR("ENOENT");
    if (this.missing.size < MAX_WRITTEN_NAMES) this.missing.add(name);
    if (url === withoutCrypto(url)) this.#maybeKey = name;
    return AVERROR("ENOENT");
  }

  #deny(name: string): number {
    this.absent ??= name;
    this.denied = true;
    return AVERROR("ENOENT");
  }

  // The hook is the program's own code: the limits of a callback are its limits.
  #ask(url: string, request: OpenRequest): SourceSync | SinkSync | undefined | null {
    return callWithLimits({
      operation: "io_open",
      what: `open(${JSON.stringify(url)})`,
      run: () => askHook(this.#open, url, request),
      discard: (late) => late?.close?.(),
    }, this.#limits);
  }

  #sink(asked: string, options: Record<string, string>): IOCore | undefined | null {
    const url = withoutCrypto(asked);
    const answer = this.#ask(url, { write: true, options });
    if (answer === undefined || answer === null) return answer;
    assertHookResult(url, answer, "write");
    return this.#made(answer, () => {
      const sink = url === asked ? answer as SinkSync : encrypted(answer as SinkSync, url, options);
      return sinkAdapter(sink);
    });
  }

  #source(asked: string, options: Record<string, string>) {
    const url = withoutCrypto(asked);
    const answer = this.#ask(url, { write: false, options });
    if (answer === undefined || answer === null || answer === NO_MORE) return answer;
    assertHookResult(url, answer, "read");
    return this.#made(answer, () => {
      const source = part(answer as SourceSync, url, options, url !== asked);
      const again = () => this.#outer.poison(cannotResume(`reading ${JSON.stringify(url)}`));
      return sourceAdapter(source, again);
    });
  }

  // From here on the answer is ours to close, whatever happens.
  #made(answer: SourceSync | SinkSync, adapter: () => CallbackAdapter): IOCore {
    try {
      return this.#core(adapter());
    } catch (error) {
      throw releasedAfter(error, () => answer.close?.());
    }
  }

  // A failure here stops the whole context at once, lest libavformat goes on with the next file.
  #core(adapter: CallbackAdapter): IOCore {
    const { signal, timeout } = this.#limits;
    const outer = this.#outer;
    const guarded = <A extends unknown[]>(run: ((...args: A) => number) | undefined) =>
      run && ((...args: A): number => {
        if (outer.poisoned) return AVERROR_EXIT;
        try {
          return outer.runUserCode(() => run(...args));
        } catch (error) {
          outer.poison(error);
          throw error;
        }
      });
    const counted = (run: ((bytes: OwnBytes) => number) | undefined) =>
      guarded(
        run && ((bytes: OwnBytes) => {
          const done = run(bytes);
          if (done > 0) outer.countTransferred(done);
          if (!outer.writing) outer.assertWithin();
          return done;
        }),
      );
    return new IOCore({
      seekable: adapter.seekable,
      // A muxer that reads back what it wrote writes nothing by that.
      read: outer.writing ? guarded(adapter.read) : counted(adapter.read),
      write: counted(adapter.write),
      seek: guarded(adapter.seek),
      close: adapter.close,
    }, { signal, timeout });
  }

  #closing(
    pb: Pointer,
    fail: (error: unknown) => void = (error) => this.#outer.poison(error),
  ): number {
    const core = this.#files.get(pb);
    if (core === undefined) return 0;
    this.#files.delete(pb);
    try {
      release(core.releaseSteps());
      core.throwIfFailed("io_close2");
      return 0;
    } catch (error) {
      fail(error);
      return AVERROR("EIO");
    }
  }

  /** The exception of a nested source or sink, if there is one. */
  collect(): void {
    if (this.#files.size === 0) return;
    for (const core of this.#files.values()) {
      if (!core.poisoned) continue;
      try {
        core.throwIfFailed("io_open");
      } catch (error) {
        this.#outer.poison(error);
      }
    }
  }
}

/** The bytes libavformat asked for: the range of the whole, decrypted. */
function part(
  whole: SourceSync,
  url: string,
  options: Readonly<Record<string, string>>,
  crypto: boolean,
): SourceSync {
  const remote = /^http/i.test(url);
  let source = whole;
  const range = rangeOf(options);
  // Before FFmpeg 9 a key is asked for with the range of its segment: that is beyond its end.
  const size = checkedSize(whole.size, "source");
  const beyond = range !== undefined && size !== undefined && range.start >= size;
  if (range !== undefined && !beyond) {
    source = new RangeSource(source, range, !remote && !crypto);
  }
  if (!crypto) return source;
  const plain = new AesSource(source, ...keyOf(url, options.key, options.iv));
  // From FFmpeg 5 on libavformat seeks to the range in what is decrypted, too.
  const seeks = !remote && range !== undefined && !beyond && native().versions.avformat[0] >= 59;
  return seeks ? new ShiftedSource(plain, range.start) : plain;
}

function encrypted(
  sink: SinkSync,
  url: string,
  options: Readonly<Record<string, string>>,
): SinkSync {
  return new AesSink(sink, ...keyOf(url, options.encryption_key, options.encryption_iv));
}

function keyOf(url: string, key?: string, iv?: string): [key: Uint8Array, iv: Uint8Array] {
  const bytes = [hexBytes(key), hexBytes(iv)];
  if (bytes[0] === undefined || bytes[1] === undefined) {
    throw new TypeError(`${JSON.stringify(url)} is encrypted, and no key and IV were given`);
  }
  return [bytes[0], bytes[1]];
}
