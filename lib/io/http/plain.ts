/**
 * The body of a server without ranges: forward only.
 *
 * @module
 */
import { type OwnBytes, partOf } from "../../../ffi/mod.ts";
import { takeBytes } from "../../check.ts";
import { ignore, LoopTurn, raceAbort } from "../../promises.ts";
import type { Resource } from "./resource.ts";

/** One body, read from its first byte to its last. */
export class PlainReader {
  readonly #resource: Resource;
  readonly #stop: AbortSignal;
  readonly #body: ReadableStreamDefaultReader<Uint8Array>;
  #rest: OwnBytes | undefined;
  #position = 0;
  #pulling: Promise<boolean> | undefined;
  #ended = false;

  constructor(resource: Resource, body: ReadableStream<Uint8Array>, stop: AbortSignal) {
    this.#resource = resource;
    this.#body = body.getReader();
    this.#stop = stop;
  }

  /**
   * As the contract's `read`; `position` may only advance. An aborted read loses nothing: what it
   * waited for is there for the next one.
   */
  async read(into: Uint8Array, position: number, signal?: AbortSignal): Promise<number> {
    if (position < this.#position) {
      const message = `byte ${position} has gone by, and this server answers no ranges; ` +
        "read forward only, or take the file whole (`await (await fetch(url)).arrayBuffer()`)";
      throw this.#resource.error("protocol", message, 200);
    }
    const turn = new LoopTurn();
    for (;;) {
      const rest = this.#rest;
      const skipped = position - this.#position;
      if (rest !== undefined && rest.length > skipped) {
        const target = takeBytes("HttpSource.read", into);
        const part = partOf(rest, skipped, skipped + target.length);
        target.set(part);
        this.#take(skipped + part.length);
        return part.length;
      }
      if (rest !== undefined) this.#take(rest.length);
      if (this.#ended) return 0;
      if (this.#pulling === undefined) {
        const pulling = this.#pull().finally(() => this.#pulling = undefined);
        ignore(pulling);
        this.#pulling = pulling;
      }
      await raceAbort(this.#pulling, signal, this.#stop);
      await turn.yieldIfLong();
    }
  }

  /** Closes the connection. */
  close(): void {
    this.#ended = true;
    this.#rest = undefined;
    ignore(this.#body.cancel());
  }

  #take(length: number): void {
    this.#position += length;
    this.#rest = this.#rest!.length > length ? partOf(this.#rest!, length) : undefined;
  }

  async #pull(): Promise<boolean> {
    const resource = this.#resource;
    const { size } = resource;
    let result: { done: boolean; value?: Uint8Array };
    try {
      result = await this.#body.read();
      if (result.done && size !== undefined && this.#position < size) {
        throw new TypeError(`the body ended early, at byte ${this.#position} of ${size}`);
      }
    } catch (cause) {
      const failure = resource.failure(cause, this.#position);
      failure.message += "; this server answers no ranges, so that it cannot be resumed";
      throw failure;
    }
    if (result.value === undefined) {
      this.#ended = true;
      return false;
    }
    const value = takeBytes("HttpSource: the body", result.value);
    resource.bytesFetched += value.length;
    const left = size === undefined ? Infinity : size - this.#position;
    if (value.length > left) {
      // More than was announced: cut.
      this.#rest = partOf(value, 0, left);
      this.#ended = true;
      ignore(this.#body.cancel());
    } else {
      this.#rest = value;
    }
    return true;
  }
}
