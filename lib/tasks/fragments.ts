/**
 * Live output, piece by piece.
 *
 * @module
 */
import { assertRange } from "../check.ts";
import { type OptionNames, plainOptions } from "../plain_options.ts";
import { discardedAfter, discardInput } from "../async/main/discard_endpoints.ts";
import type { Input } from "../async/main/endpoints.ts";
import { PinnableRef, WeakAbortListener } from "../async/main/pinnable_ref.ts";
import type { Sink } from "../io/contract.ts";
import { NO_TIMEOUT } from "../io/internal.ts";
import { MatroskaCutter } from "./fragments/matroska.ts";
import { Mp4Cutter } from "./fragments/mp4.ts";
import { MpegtsCutter } from "./fragments/mpegts.ts";
import {
  containerFamilyOf,
  type FragmentOptions,
  WITHOUT_VIDEO_SECONDS,
} from "../format/mux/fragment_options.ts";
import type { Cutter, Fragment } from "./fragments/types.ts";
import { remuxWithHooks } from "./remux.ts";
import { remuxOptionNames, type RemuxOptions } from "./remux_options.ts";

export type { Fragment } from "./fragments/types.ts";

/** Options of {@link fragments}. */
export interface FragmentsOptions extends RemuxOptions {
  /**
   * `mp4` (or `mov`), `matroska`, `webm` or `mpegts`. Options left out of `options` are set so that
   * the output is live: for mp4 `movflags=frag_keyframe+empty_moov+default_base_moof`.
   */
  format: string;
  /**
   * Seconds after which a fragment ends, whatever comes next. Default: a fragment lasts until the
   * next keyframe (a cluster of Matroska at most 5 seconds), and 1 second where there is no video.
   */
  fragmentDuration?: number | undefined;
}

const names: OptionNames<FragmentsOptions> = { ...remuxOptionNames, fragmentDuration: true };

/**
 * Remuxes an input into pieces that leave as soon as libavformat has written them, ready for a
 * response, a WebSocket or a `MediaSource`: `init`, then each `fragment`, then a `trailer` where
 * the format has one. Joined they are the file. A caller that does not ask for the next one holds
 * the source back, however long: `timeout` is for the source alone. Leaving the loop cancels it.
 * Rejects with {@link AVError}, with the very object that the source threw, or with a TypeError for
 * a format that cannot be cut.
 *
 * @example
 * ```ts
 * import { fragments } from "@avio/avio";
 *
 * declare const camera: ReadableStream<Uint8Array>;
 * declare const socket: WebSocket;
 * for await (const { data } of fragments(camera, { format: "mp4" })) socket.send(data);
 * ```
 */
export function fragments(
  input: Input,
  options: FragmentsOptions,
): AsyncIterableIterator<Fragment, undefined> {
  try {
    return new Fragments(input, plainOptions("fragments", options, names));
  } catch (error) {
    discardInput(input).catch(() => {});
    throw error;
  }
}

function cutterOf(
  options: FragmentsOptions,
): { cutter: Cutter; live: NonNullable<FragmentOptions["live"]> } {
  const { format, fragmentDuration } = options;
  const family = containerFamilyOf(format);
  if (fragmentDuration !== undefined && !(fragmentDuration > 0)) {
    throw new RangeError(`fragmentDuration must be a number of seconds, not ${fragmentDuration}`);
  }
  const cutters = {
    mp4: () => new Mp4Cutter(),
    matroska: () => new MatroskaCutter(),
    mpegts: () =>
      new MpegtsCutter({ longest: fragmentDuration, withoutVideo: WITHOUT_VIDEO_SECONDS }),
  };
  return { cutter: cutters[family](), live: { family, fragmentDuration } };
}

const done: IteratorReturnResult<undefined> = { done: true, value: undefined };

class Fragments implements AsyncIterableIterator<Fragment, undefined> {
  readonly #input: Input;
  readonly #options: FragmentsOptions;
  readonly #stop = new AbortController();
  readonly #ready: Fragment[] = [];
  /** Those who wait for a fragment, first come first served. */
  readonly #waiting: PromiseWithResolvers<IteratorResult<Fragment, undefined>>[] = [];
  /** For the program's signal, which may live on: held while a fragment is waited for. */
  readonly #ref = new PinnableRef<Fragments>(this);
  #taken: PromiseWithResolvers<void> | undefined;
  #running: Promise<void> | undefined;
  #ended = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(input: Input, options: FragmentsOptions) {
    this.#input = input;
    this.#options = options;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Nothing is read before the first call. */
  next(): Promise<IteratorResult<Fragment, undefined>> {
    this.#running ??= this.#run();
    const waiting = Promise.withResolvers<IteratorResult<Fragment, undefined>>();
    this.#ref.pin(this);
    this.#waiting.push(waiting);
    this.#serve();
    return waiting.promise;
  }

  /** Cancels the source and releases everything; a source that takes its time is not waited for. */
  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#ready.length = 0;
    this.#ended = true;
    this.#failure = undefined;
    this.#serve();
    this.#stop.abort(new DOMException("the fragments were left before their end", "AbortError"));
    // Never begun: the input is closed here.
    await (this.#running ??= discardInput(this.#input));
    return done;
  }

  /** Ends it now: what is ready is not handed out any more. */
  abort(reason: unknown): void {
    this.#ready.length = 0;
    this.#stop.abort(reason);
  }

  /** The input and the options, checked before anything is read. */
  #checked(): ReturnType<typeof cutterOf> {
    this.#options.signal?.throwIfAborted();
    assertRange("fragments", this.#options.start, this.#options.end);
    return cutterOf(this.#options);
  }

  async #run(): Promise<void> {
    const { signal } = this.#options;
    let listening: WeakAbortListener | undefined;
    try {
      let checked;
      try {
        checked = this.#checked();
      } catch (error) {
        throw await discardedAfter(error, this.#input);
      }
      const { cutter, live } = checked;
      if (signal) listening = new WeakAbortListener(signal, this.#ref);
      const { fragmentDuration: _, ...rest } = this.#options;
      const options: RemuxOptions = { ...rest, signal: this.#stop.signal };
      await remuxWithHooks(this.#input, this.#sink(cutter), options, { live });
      this.#ready.push(...cutter.end());
    } catch (error) {
      if (!this.#ended) this.#failure = { error };
      if (signal?.aborted) this.#ready.length = 0;
    } finally {
      listening?.stop();
      this.#ended = true;
      this.#serve();
    }
  }

  /** Takes more only when what was cut from the last bytes has been asked for. */
  #sink(cutter: Cutter): Sink & { [NO_TIMEOUT]: true } {
    return {
      [NO_TIMEOUT]: true,
      seekable: false,
      write: async (chunk) => {
        this.#ready.push(...cutter.push(chunk));
        this.#serve();
        if (this.#ready.length === 0) return;
        this.#taken = Promise.withResolvers<void>();
        await this.#taken.promise;
      },
    };
  }

  /** The waiter that has waited longest, removed from the queue. */
  #first(): PromiseWithResolvers<IteratorResult<Fragment, undefined>> | undefined {
    this.#ref.unpin();
    return this.#waiting.shift();
  }

  #serve(): void {
    while (this.#waiting.length > 0) {
      const value = this.#ready.shift();
      if (value !== undefined) this.#first()?.resolve({ done: false, value });
      else if (this.#failure) {
        const { error } = this.#failure;
        this.#failure = undefined;
        this.#first()?.reject(error);
      } else if (this.#ended) this.#first()?.resolve(done);
      else break;
    }
    if (this.#ready.length === 0) {
      this.#taken?.resolve();
      this.#taken = undefined;
    }
  }
}
