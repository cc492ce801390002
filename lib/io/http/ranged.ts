/**
 * Reading at any place of a file whose server answers ranges.
 *
 * @module
 */
import { BlockCache } from "./cache.ts";
import { Cursor, type CursorContext } from "./cursor.ts";
import type { Resource } from "./resource.ts";
import type { RetryOptions } from "./retries.ts";
import { Transfer } from "./transfer.ts";

/** Places that are read on from at the same time, each with a connection of its own. */
const MAX_CURSORS = 6;
/** A window that has grown beyond this is left open: the answer is then one stream to the end. */
const MAX_WINDOW = 4 * 1024 * 1024;

/** Options of {@link RangedReader}. */
export interface RangedOptions extends RetryOptions {
  readonly blockSize: number;
  readonly cacheBytes: number;
}

/** Blocks in a bounded cache, filled by cursors that learn how far reading goes on. */
export class RangedReader {
  readonly #resource: Resource;
  readonly #context: CursorContext;
  readonly #cache: BlockCache;
  readonly #blockSize: number;
  readonly #stop: AbortSignal;
  /** In order of use. */
  #cursors: Cursor[] = [];

  constructor(resource: Resource, options: RangedOptions, first: Transfer, stop: AbortSignal) {
    this.#resource = resource;
    this.#blockSize = options.blockSize;
    this.#cache = new BlockCache(options.blockSize, options.cacheBytes);
    this.#context = { resource, cache: this.#cache, retry: options };
    this.#stop = stop;
    this.#cursors = [new Cursor(this.#context, first, options.blockSize)];
  }

  /** Bytes of memory held by the cache. */
  get cachedBytes(): number {
    return this.#cache.bytes;
  }

  /** As the contract's `read`. Cached bytes are answered without waiting. */
  read(into: Uint8Array, position: number, signal?: AbortSignal): number | Promise<number> {
    return this.#known(into, position) ?? this.#fetch(into, position, signal);
  }

  /** Closes every connection; what waits is rejected by the signal given to the constructor. */
  close(): void {
    for (const cursor of this.#cursors) cursor.cancel(this.#stop.reason);
    this.#cursors = [];
    this.#cache.clear();
  }

  #known(into: Uint8Array, position: number): number | undefined {
    const { size } = this.#resource;
    if (size !== undefined && position >= size) return 0;
    let copied = this.#cache.copy(into, position);
    while (copied < into.length) {
      const next = position + copied;
      // More may have come than its reader has taken so far.
      if (!this.#cursors.some((cursor) => cursor.position === next && cursor.spill())) break;
      copied += this.#cache.copy(into.subarray(copied), next);
    }
    return copied || undefined;
  }

  async #fetch(into: Uint8Array, position: number, signal?: AbortSignal): Promise<number> {
    for (;;) {
      const known = this.#known(into, position);
      if (known !== undefined) return known;
      await this.#cursorFor(position, into.length).pull(signal, this.#stop);
    }
  }

  /** The cursor that gets there soonest; a new one where none is near. */
  #cursorFor(position: number, wanted: number): Cursor {
    const start = this.#cache.missingFrom(position);
    this.#cursors = this.#cursors.filter((cursor) => !cursor.dead);
    // Reading over two blocks costs less than asking anew.
    const near = this.#cursors.filter(({ position: at }) =>
      at <= start && start - at <= 2 * this.#blockSize
    );
    const cursor = near.sort((a, b) => b.position - a.position).at(0);
    if (cursor === undefined) return this.#open(start, position, wanted);
    this.#cursors.splice(this.#cursors.indexOf(cursor), 1);
    this.#cursors.push(cursor);
    if (cursor.exhausted) {
      const window = Math.min(2 * cursor.window, 2 * MAX_WINDOW);
      cursor.continueAt(start, this.#end(start, window), window);
    }
    return cursor;
  }

  #open(start: number, position: number, wanted: number): Cursor {
    const size = this.#blockSize;
    let end = (Math.floor(start / size) + 1) * size;
    // A little before the end of a block, the next one is wanted at once.
    if (end - position < size / 4) end += size;
    if (wanted > size) {
      end = Math.ceil((position + Math.min(wanted, MAX_WINDOW)) / size) * size;
    }
    const window = end - start;
    const { resource, retry } = this.#context;
    const transfer = new Transfer(resource, retry, start, this.#end(start, window));
    const cursor = new Cursor(this.#context, transfer, Math.max(window, size));
    if (this.#cursors.length >= MAX_CURSORS) {
      const oldest = this.#cursors.findIndex(({ busy }) => !busy);
      if (oldest >= 0) this.#cursors.splice(oldest, 1)[0].cancel();
    }
    this.#cursors.push(cursor);
    return cursor;
  }

  /**
   * Where a stretch from `start` ends: before what is known already, and at the end of the file.
   */
  #end(start: number, window: number): number | undefined {
    const { size } = this.#resource;
    if (window > MAX_WINDOW) return size;
    return this.#cache.nextKnown(start, Math.min(start + window, size ?? Infinity));
  }
}
