/**
 * AES-128-CBC, as HLS encrypts whole segments, by `node:crypto`: synchronously.
 *
 * @module
 */
import type { Cipheriv } from "node:crypto";
import { copyBytes, makeBytes, type OwnBytes, partOf } from "../../../ffi/mod.ts";
import { builtin } from "../../builtin.ts";
import { takeBytes } from "../../check.ts";
import { AVERROR, AVError } from "../../error.ts";
import { readSource } from "../avio/check_callback_answers.ts";
import { AGAIN, type SinkSync, type SourceSync } from "../contract.ts";

const ALGORITHM = "aes-128-cbc";
const BLOCK = 16;
const CHUNK = 65536;

/** The bytes of a hexadecimal text, or undefined where it is none. */
export function hexBytes(text: string | undefined): Uint8Array | undefined {
  if (text === undefined || !/^([0-9a-f]{2})+$/i.test(text)) return undefined;
  return Uint8Array.from(text.match(/../g)!, (pair) => parseInt(pair, 16));
}

/**
 * The plain bytes of an encrypted source (PKCS#7 padding), at any position: a CBC block needs only
 * the one before it.
 */
export class AesSource implements SourceSync {
  readonly #source: SourceSync;
  readonly #iv: OwnBytes;
  readonly #key: OwnBytes;
  readonly #cipher = makeBytes(CHUNK + BLOCK);
  readonly #plain = makeBytes(CHUNK);
  // The position of #plain, and its length.
  #at = 0;
  #held = 0;
  // How much of #cipher is filled, and whether the source has ended there.
  #got = 0;
  #ended = false;
  /** As the encrypted source: a seek costs no more than there. */
  readonly seekable: boolean;

  constructor(source: SourceSync, key: Uint8Array, iv: Uint8Array) {
    this.#key = keyBytes(key);
    this.#iv = keyBytes(iv);
    this.#source = source;
    this.seekable = source.seekable !== false;
  }

  read(into: Uint8Array, position: number): number | typeof AGAIN {
    if (position < this.#at || position >= this.#at + this.#held) {
      const filled = this.#fill(position - position % BLOCK);
      if (filled === AGAIN) return AGAIN;
      if (position >= this.#at + this.#held) return 0;
    }
    const target = takeBytes("read", into);
    const from = position - this.#at;
    const part = partOf(this.#plain, from, Math.min(this.#held, from + target.length));
    target.set(part);
    return part.length;
  }

  close(): void {
    this.#source.close?.();
  }

  // Decrypts from a block on. The last block is known by nothing behind it: one more is read.
  #fill(start: number): number | typeof AGAIN {
    const next = this.#at + this.#held;
    if (start !== next || this.#got < BLOCK) this.#restart(start);
    else this.#keep();
    while (!this.#ended && this.#got < this.#cipher.length) {
      const rest = partOf(this.#cipher, this.#got);
      const got = readSource(this.#source, rest, this.#cipherAt + this.#got);
      if (got === AGAIN) return AGAIN;
      if (got === null) this.#ended = true;
      else this.#got += got;
    }
    const first = this.#cipherAt < start ? BLOCK : 0;
    const whole = Math.floor((this.#got - first) / BLOCK) * BLOCK;
    if (this.#ended && (this.#got - first) % BLOCK !== 0 && whole < CHUNK) {
      throw new AVError({
        code: AVERROR("EIO"),
        operation: "read_packet",
        detail: "the encrypted segment is truncated: its length is no multiple of 16 bytes",
      });
    }
    const ready = Math.min(whole - (this.#ended ? 0 : BLOCK), CHUNK);
    this.#at = start;
    this.#held = Math.max(0, ready);
    if (this.#held === 0) return 0;
    this.#decrypt(first);
    if (this.#ended && ready === whole) this.#held -= this.#padding();
    return this.#held;
  }

  // Where #cipher[0] is in the source.
  #cipherAt = 0;

  #restart(start: number): void {
    this.#cipherAt = Math.max(0, start - BLOCK);
    this.#got = 0;
    this.#ended = false;
  }

  // The last block that was decrypted is the IV of the next: it and what follows are kept.
  #keep(): void {
    const used = this.#at + this.#held - BLOCK - this.#cipherAt;
    this.#cipher.copyWithin(0, used, this.#got);
    this.#cipherAt += used;
    this.#got -= used;
  }

  #decrypt(first: number): void {
    const iv = first === 0 ? this.#iv : partOf(this.#cipher, 0, BLOCK);
    const decipher = builtin("crypto").createDecipheriv(ALGORITHM, this.#key, iv);
    decipher.setAutoPadding(false);
    const plain = decipher.update(partOf(this.#cipher, first, first + this.#held));
    this.#plain.set(plain);
    this.#plain.set(decipher.final(), plain.length);
  }

  #padding(): number {
    const count = this.#plain[this.#held - 1];
    return count >= 1 && count <= BLOCK ? count : 0;
  }
}

/** Encrypts what is written, from the first byte to the last, and pads the end (PKCS#7). */
export class AesSink implements SinkSync {
  readonly #sink: SinkSync;
  readonly #cipher: Cipheriv;
  #at = 0;
  /** A CBC stream only goes on. */
  readonly seekable = false;

  constructor(sink: SinkSync, key: Uint8Array, iv: Uint8Array) {
    this.#cipher = builtin("crypto").createCipheriv(ALGORITHM, keyBytes(key), keyBytes(iv));
    this.#sink = sink;
  }

  write(chunk: Uint8Array): void {
    this.#pass(this.#cipher.update(takeBytes("write", chunk)));
  }

  close(): void {
    try {
      this.#pass(this.#cipher.final());
    } finally {
      this.#sink.close?.();
    }
  }

  #pass(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    // A plain array of its own, which the sink may keep.
    const chunk = new Uint8Array(bytes);
    const { length } = chunk;
    this.#sink.write(chunk, this.#at);
    this.#at += length;
  }
}

function keyBytes(given: Uint8Array): OwnBytes {
  const bytes = copyBytes(takeBytes("AES-128", given));
  if (bytes.length === BLOCK) return bytes;
  throw new RangeError(`AES-128 needs a key and an IV of ${BLOCK} bytes`);
}
