/**
 * One place of the file that is read on from.
 *
 * @module
 */
import { ignore, raceAbort } from "../../promises.ts";
import type { BlockCache } from "./cache.ts";
import type { Resource } from "./resource.ts";
import type { RetryOptions } from "./retries.ts";
import { Transfer } from "./transfer.ts";

/** The state that cursors share. */
export interface CursorContext {
  readonly resource: Resource;
  readonly cache: BlockCache;
  readonly retry: RetryOptions;
}

/** A sequential reader: an open transfer that fills the cache as far as a caller waits for it. */
export class Cursor {
  /** How much is asked for at once; doubled whenever reading goes on where it ended. */
  window: number;
  readonly #context: CursorContext;
  #transfer: Transfer;
  /** The one before: complete, but perhaps still to be told so by the server. */
  #retired: Transfer | undefined;
  /** Bytes beyond the block that was being filled. */
  #rest: Uint8Array | undefined;
  #pulling: Promise<boolean> | undefined;
  #waiting = 0;
  #position: number;
  #dead = false;

  constructor(context: CursorContext, transfer: Transfer, window: number) {
    this.#context = context;
    this.#transfer = transfer;
    this.#position = transfer.position;
    this.window = window;
  }

  /** The next byte that will be put into the cache. */
  get position(): number {
    return this.#position;
  }

  /** True once everything that was asked for has come. */
  get exhausted(): boolean {
    return this.#position === this.#transfer.end;
  }

  /** True while a caller waits for it. */
  get busy(): boolean {
    return this.#waiting > 0;
  }

  /** True after a failure, or once it was cancelled: make another. */
  get dead(): boolean {
    return this.#dead;
  }

  /** Asks for the next stretch. */
  continueAt(start: number, end: number | undefined, window: number): void {
    const { resource, retry } = this.#context;
    // Not cancelled yet, as that would close a connection that can be used again.
    this.#retired?.cancel();
    this.#retired = this.#transfer;
    this.#rest = undefined;
    this.#transfer = new Transfer(resource, retry, start, end);
    this.#position = start;
    this.window = window;
  }

  /**
   * Brings more bytes into the cache, up to the end of a block; false at the end of what was asked
   * for. Everybody who waits shares one reading; when the last of them aborts, it is given up.
   */
  async pull(...signals: readonly (AbortSignal | undefined)[]): Promise<boolean> {
    if (this.#pulling === undefined) {
      const pulling = this.#pull().finally(() => this.#pulling = undefined);
      ignore(pulling);
      this.#pulling = pulling;
    }
    this.#waiting++;
    try {
      return await raceAbort(this.#pulling, ...signals);
    } finally {
      this.#waiting--;
      if (this.#waiting === 0 && this.#pulling !== undefined) this.cancel();
    }
  }

  /**
   * Puts what has come already into the cache, up to the end of a block; false where nothing has.
   */
  spill(): boolean {
    const chunk = this.#rest;
    if (chunk === undefined) return false;
    const kept = this.#context.cache.put(this.#position, chunk);
    this.#position += kept;
    this.#rest = kept < chunk.length ? chunk.subarray(kept) : undefined;
    return true;
  }

  /** Closes the connection, if there is one. */
  cancel(reason?: unknown): void {
    this.#dead = true;
    this.#rest = undefined;
    this.#retired?.cancel(reason);
    this.#transfer.cancel(reason);
  }

  async #pull(): Promise<boolean> {
    try {
      if (this.spill()) return true;
      const chunk = await this.#transfer.next();
      if (chunk === null) {
        this.#dead = true;
        return false;
      }
      // Cancelled meanwhile: its bytes are of no use to anybody.
      if (this.#dead) return false;
      this.#rest = chunk;
      return this.spill();
    } catch (error) {
      this.#dead = true;
      throw error;
    }
  }
}
