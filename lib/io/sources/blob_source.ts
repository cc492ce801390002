/**
 * A source over a Blob or a File.
 *
 * @module
 */
import { type OwnBytes, partOf } from "../../../ffi/mod.ts";
import { nameOf, takeBytes } from "../../check.ts";
import type { Source } from "../contract.ts";
import { READ_CHUNK } from "../internal.ts";

/** A Blob or a File, read in slices. */
export class BlobSource implements Source {
  readonly #blob: Blob;
  /** The file's name, where it is a `File`. */
  readonly name: string | undefined;

  /** Takes a `Blob` or a `File`. */
  constructor(blob: Blob) {
    if (!isBlob(blob)) throw new TypeError(`BlobSource: expected a Blob, not ${nameOf(blob)}`);
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
    const { length } = takeBytes("BlobSource.read", into);
    const bytes = await this[READ_CHUNK](position, length);
    if (bytes === null) return 0;
    // An object that only looks like a blob may give more than it was asked for.
    const target = takeBytes("BlobSource.read", into);
    const part = partOf(bytes, 0, target.length);
    target.set(part);
    return part.length;
  }

  /** @ignore */
  async [READ_CHUNK](position: number, max: number): Promise<OwnBytes | null> {
    const { size } = this;
    // A file that is not there has no bytes either: it says so when it is read.
    if (size === 0) await this.#blob.arrayBuffer();
    if (position >= size) return null;
    const part = await this.#blob.slice(position, position + max).arrayBuffer();
    return takeBytes("blob", new Uint8Array(part));
  }
}

// Of another realm or maker as well: it is told by its methods.
function isBlob(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { slice, arrayBuffer } = value as Partial<Blob>;
  return typeof slice === "function" && typeof arrayBuffer === "function";
}
