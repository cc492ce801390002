/**
 * A source over a Blob or a File.
 *
 * @module
 */
import type { Source } from "../contract.ts";
import { READ_CHUNK } from "../internal.ts";

/** A Blob or a File, read in slices. */
export class BlobSource implements Source {
  readonly #blob: Blob;
  /** The file's name, where it is a `File`. */
  readonly name: string | undefined;

  /** Takes a `Blob` or a `File`. */
  constructor(blob: Blob) {
    this.#blob = blob;
    const { name } = blob as Partial<File>;
    this.name = typeof name === "string" && name !== "" ? name : undefined;
  }

  /** Bytes in all. */
  get size(): number {
    return this.#blob.size;
  }

  /** Reads the slice at `position`; 0 at the end. */
  async read(into: Uint8Array, position: number): Promise<number> {
    const bytes = await this[READ_CHUNK](position, into.length);
    if (bytes !== null) into.set(bytes);
    return bytes?.length ?? 0;
  }

  /** @ignore */
  async [READ_CHUNK](position: number, max: number): Promise<Uint8Array | null> {
    const { size } = this;
    // A file that is not there has no bytes either: it says so when it is read.
    if (size === 0) await this.#blob.arrayBuffer();
    if (position >= size) return null;
    return new Uint8Array(await this.#blob.slice(position, position + max).arrayBuffer());
  }
}
