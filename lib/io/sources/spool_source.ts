/**
 * Going back in bytes that only go forward: they are kept on the way.
 *
 * @module
 */
import { makeBytes, type OwnBytes, ownBytes, partOf } from "../../../ffi/mod.ts";
import { cannotResume, readSource } from "../avio/check_callback_answers.ts";
import { AGAIN, type SourceSync } from "../contract.ts";
import { callWithLimits, type HookLimits } from "../nested/hook_call.ts";

const BLOCK_BYTES = 256 * 1024;
const MAX_HEAD_BYTES = 256 * 1024;
const BOX_HEADER_BYTES = 16;
/** Boxes of mp4 and mov that may come before the media or its index. */
const PREFACE = /^(ftyp|styp|free|skip|wide|pnot|uuid|udta|prfl)$/;

/** The bytes of a source so far, in blocks. */
class Kept {
  length = 0;
  ended = false;
  readonly #source: SourceSync;
  readonly #limits: HookLimits;
  readonly #blocks: OwnBytes[] = [];

  constructor(source: SourceSync, limits: HookLimits) {
    this.#source = source;
    this.#limits = limits;
  }

  /** Reads on until so many bytes are kept; false where the source has nothing yet. */
  reach(end: number): boolean {
    const { maxBytes = Infinity } = this.#limits;
    while (this.length < end && !this.ended) {
      const into = makeBytes(BLOCK_BYTES);
      const run = () => readSource(this.#source, into, this.length);
      const call = { operation: "read_packet", what: "the callback", run };
      const got = callWithLimits(call, this.#limits);
      if (got === AGAIN) return false;
      if (got === null) this.ended = true;
      else this.#push(partOf(into, 0, got));
      if (this.length > maxBytes) {
        throw new RangeError(
          `spool: the source is longer than maxBytes (${maxBytes}): raise maxBytes, or give a ` +
            "Blob, a file or a URL, which can go back by themselves",
        );
      }
    }
    return true;
  }

  /** Copies what is kept from a position; returns the bytes copied. */
  copy(into: OwnBytes, position: number): number {
    let done = 0;
    while (done < into.length && position + done < this.length) {
      const at = position + done;
      const block = this.#blocks[Math.floor(at / BLOCK_BYTES)];
      const from = at % BLOCK_BYTES;
      const size = Math.min(into.length - done, BLOCK_BYTES - from, this.length - at);
      into.set(partOf(block, from, from + size), done);
      done += size;
    }
    return done;
  }

  #push(bytes: OwnBytes): void {
    for (let done = 0; done < bytes.length;) {
      const from = this.length % BLOCK_BYTES;
      if (from === 0) this.#blocks.push(makeBytes(BLOCK_BYTES));
      const size = Math.min(bytes.length - done, BLOCK_BYTES - from);
      this.#blocks.at(-1)!.set(partOf(bytes, done, done + size), from);
      this.length += size;
      done += size;
    }
  }
}

/**
 * A source that only goes forward, as one that can go back where its format must: an mp4 or mov
 * with its index (`moov`) behind the media keeps all of its bytes, up to `maxBytes`. Any other is
 * read on as it comes. A source that can go back is returned as it is.
 */
export function spooled(source: SourceSync, limits: HookLimits): SourceSync {
  if (source.seekable !== false) return source;
  const kept = new Kept(source, limits);
  const back = isIndexLast(kept);
  const { name, size } = source;
  return {
    name,
    size,
    seekable: back,
    read(into, position) {
      const own = ownBytes(into)!;
      if (!back && position >= kept.length) return source.read(into, position);
      if (back && !kept.reach(position + 1)) return AGAIN;
      return kept.copy(own, position);
    },
    close: () => source.close?.(),
  };
}

/** True for an mp4 or mov whose media comes before its index, as far as its first boxes tell. */
function isIndexLast(kept: Kept): boolean {
  const header = makeBytes(BOX_HEADER_BYTES);
  const view = new DataView(header.buffer, header.byteOffset, header.length);
  for (let at = 0; at < MAX_HEAD_BYTES;) {
    if (!kept.reach(at + BOX_HEADER_BYTES)) throw cannotResume("spooling");
    if (kept.copy(header, at) < BOX_HEADER_BYTES) return false;
    const type = String.fromCharCode(...partOf(header, 4, 8));
    if (type === "mdat") return true;
    if (!PREFACE.test(type)) return false;
    const size = view.getUint32(0);
    const bytes = size === 1 ? Number(view.getBigUint64(8)) : size;
    if (bytes < 8) return false;
    at += bytes;
  }
  return true;
}
