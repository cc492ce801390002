/**
 * The blocks that were fetched last.
 *
 * @module
 */

interface Block {
  readonly bytes: Uint8Array;
  /** The filled part, without a gap. */
  from: number;
  to: number;
}

/** Blocks of a file by place, the least recently used given up first. Its memory is bounded. */
export class BlockCache {
  readonly blockSize: number;
  readonly #capacity: number;
  /** In order of use. */
  readonly #blocks = new Map<number, Block>();

  /** Keeps `bytes` at most, though never fewer than four blocks. */
  constructor(blockSize: number, bytes: number) {
    this.blockSize = blockSize;
    this.#capacity = Math.max(4, Math.floor(bytes / blockSize));
  }

  /** Bytes of memory held. */
  get bytes(): number {
    return this.#blocks.size * this.blockSize;
  }

  /** Copies what is there from `position` on, over blocks that follow each other; 0 if nothing. */
  copy(into: Uint8Array, position: number): number {
    let copied = 0;
    while (copied < into.length) {
      const at = position + copied;
      const index = Math.floor(at / this.blockSize);
      const block = this.#blocks.get(index);
      const offset = at - index * this.blockSize;
      if (block === undefined || offset < block.from || offset >= block.to) break;
      this.#use(index, block);
      const part = block.bytes.subarray(offset, Math.min(block.to, offset + into.length - copied));
      into.set(part, copied);
      copied += part.length;
    }
    return copied;
  }

  /** Where to start fetching so that `position`, which is not there, and its block get filled. */
  missingFrom(position: number): number {
    const index = Math.floor(position / this.blockSize);
    const block = this.#blocks.get(index);
    const start = index * this.blockSize;
    return block && block.from === 0 && position >= start + block.to ? start + block.to : start;
  }

  /**
   * Where the first block begins, within `start`…`end`, that is there as far as `end`; else `end`.
   */
  nextKnown(start: number, end: number): number {
    for (let index = Math.floor(start / this.blockSize) + 1;; index++) {
      const at = index * this.blockSize;
      if (at >= end) return end;
      const block = this.#blocks.get(index);
      if (block?.from === 0 && at + block.to >= Math.min(end, at + this.blockSize)) return at;
    }
  }

  /** Keeps bytes of `position` up to the end of its block; returns how many. */
  put(position: number, chunk: Uint8Array): number {
    const index = Math.floor(position / this.blockSize);
    const offset = position - index * this.blockSize;
    const part = chunk.subarray(0, this.blockSize - offset);
    const block = this.#blocks.get(index) ?? this.#fresh(offset);
    if (offset < block.from || offset > block.to) block.from = block.to = offset;
    block.bytes.set(part, offset);
    block.to = Math.max(block.to, offset + part.length);
    this.#use(index, block);
    return part.length;
  }

  /** Gives up everything. */
  clear(): void {
    this.#blocks.clear();
  }

  #use(index: number, block: Block): void {
    this.#blocks.delete(index);
    this.#blocks.set(index, block);
  }

  #fresh(offset: number): Block {
    let bytes: Uint8Array | undefined;
    if (this.#blocks.size >= this.#capacity) {
      const [[oldest, block]] = this.#blocks;
      this.#blocks.delete(oldest);
      bytes = block.bytes;
    }
    return { bytes: bytes ?? new Uint8Array(this.blockSize), from: offset, to: offset };
  }
}
