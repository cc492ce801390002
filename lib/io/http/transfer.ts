/**
 * One stretch of the file as it comes in, through cuts and failures.
 *
 * @module
 */
import { type OwnBytes, partOf } from "../../../ffi/mod.ts";
import { takeBytes } from "../../check.ts";
import { ignore, LoopTurn, raceAbort } from "../../promises.ts";
import type { Answer, Resource } from "./resource.ts";
import { Attempts, type RetryOptions } from "./retries.ts";

/**
 * Bytes from `position` up to `end`, or to the end of the file, over as many requests as that
 * takes: after a cut the next one asks for the very byte that is missing. Nothing is read ahead of
 * `next`, so that a reader that pauses holds the server back.
 */
export class Transfer {
  /** The next byte. */
  position: number;
  /** One past the last byte; undefined for all there is. */
  readonly end: number | undefined;
  readonly #resource: Resource;
  readonly #attempts: Attempts;
  readonly #stop = new AbortController();
  #body: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #bodyEnd = 0;

  constructor(
    resource: Resource,
    retry: RetryOptions,
    position: number,
    end: number | undefined,
  ) {
    this.#resource = resource;
    this.#attempts = new Attempts(retry);
    this.position = position;
    this.end = end;
  }

  /** Makes the first request now; tells how the server answered it. */
  async start(): Promise<Answer> {
    const { signal } = this.#stop;
    for (;;) {
      try {
        const answer = await this.#resource.ask(this.position, this.end, signal);
        if (answer.kind === "range") this.#begin(answer.response, answer.end);
        return answer;
      } catch (error) {
        await this.#attempts.failed(error, signal);
      }
    }
  }

  /** The next bytes, never none; null after the last. Not to be called again before it is done. */
  async next(): Promise<Uint8Array | null> {
    const { signal } = this.#stop;
    const turn = new LoopTurn();
    for (;;) {
      if (this.end !== undefined && this.position >= this.end) return null;
      try {
        if (this.#body === undefined) {
          const { size } = this.#resource;
          if (size !== undefined && this.position >= size) return null;
          const answer = await this.#resource.ask(this.position, this.end, signal);
          if (answer.kind !== "range") return null;
          this.#begin(answer.response, answer.end);
        }
        const chunk = await this.#chunk(signal);
        if (chunk !== undefined) return chunk;
        await turn.yieldIfLong();
        signal.throwIfAborted();
      } catch (error) {
        this.#drop();
        await this.#attempts.failed(error, signal);
      }
    }
  }

  /** Fires where it is given up. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Throws the reason where it was given up. */
  throwIfCancelled(): void {
    this.#stop.signal.throwIfAborted();
  }

  /** Gives up: what waits is rejected with `reason`, and the connection is closed. */
  cancel(reason?: unknown): void {
    this.#stop.abort(reason);
    this.#drop();
  }

  #begin(response: Response, end: number): void {
    this.#body = response.body?.getReader();
    this.#bodyEnd = end;
    if (this.#body === undefined) throw this.#short();
  }

  async #chunk(signal: AbortSignal): Promise<OwnBytes | undefined> {
    const body = this.#body!;
    let result: { done: boolean; value?: Uint8Array };
    try {
      result = await raceAbort(body.read(), signal);
    } catch (cause) {
      if (signal.aborted) throw signal.reason;
      throw this.#resource.failure(cause, this.position);
    }
    if (result.value === undefined) throw this.#short();
    const value = takeBytes("HttpSource: the body", result.value);
    this.#resource.bytesFetched += value.length;
    const left = this.#bodyEnd - this.position;
    const chunk = partOf(value, 0, left);
    if (chunk.length === 0) return undefined;
    this.#attempts.progress();
    this.position += chunk.length;
    if (chunk.length < value.length) this.#drop(); // more than was asked for
    else if (chunk.length === left) this.#finish();
    return chunk;
  }

  #short(): Error {
    return this.#resource.failure(new TypeError("the body ended early"), this.position);
  }

  /** The range is complete: its end is taken, so that the connection can be used again. */
  #finish(): void {
    const body = this.#body!;
    this.#body = undefined;
    const { signal } = this.#stop;
    const cancel = () => ignore(body.cancel());
    signal.addEventListener("abort", cancel);
    body.read().then(({ done }) => done || cancel(), () => {})
      .finally(() => signal.removeEventListener("abort", cancel));
  }

  #drop(): void {
    const body = this.#body;
    this.#body = undefined;
    ignore(body?.cancel());
  }
}
