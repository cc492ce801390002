/**
 * AES-128-CBC, as HLS encrypts whole segments, undone by libavutil: synchronously.
 *
 * @module
 */
import { native, NULL, type Pointer } from "../../../ffi/mod.ts";
import { AVERROR, AVError } from "../../error.ts";
import { AGAIN, type SinkSync, type SourceSync } from "../contract.ts";

const BLOCK = 16;
const CHUNK = 65536;

/** The bytes of a hexadecimal text, or undefined where it is none. */
export function hexBytes(text: string | undefined): Uint8Array | undefined {
  if (text === undefined || !/^([0-9a-f]{2})+$/i.test(text)) return undefined;
  return Uint8Array.from(text.match(/../g)!, (pair) => parseInt(pair, 16));
}

/**
 * The plain bytes of an encrypted source (`av_aes_crypt`, PKCS#7 padding), at any position: a CBC
 * block needs only the one before it.
 */
export class AesSource implements SourceSync {
  readonly #source: SourceSync;
  readonly #iv: Uint8Array;
  readonly #key: Uint8Array;
  readonly #cipher = new Uint8Array(CHUNK + BLOCK);
  readonly #plain = new Uint8Array(CHUNK);
  #aes: Pointer = NULL;
  // The position of #plain, and its length.
  #at = 0;
  #held = 0;
  // How much of #cipher is filled, and whether the source has ended there.
  #got = 0;
  #ended = false;
  /** As the encrypted source: a seek costs no more than there. */
  readonly seekable: boolean;

  constructor(source: SourceSync, key: Uint8Array, iv: Uint8Array) {
    checkKey(key, iv);
    this.#source = source;
    this.#key = key;
    this.#iv = iv;
    this.seekable = source.seekable !== false;
  }

  read(into: Uint8Array, position: number): number | typeof AGAIN {
    if (position < this.#at || position >= this.#at + this.#held) {
      const filled = this.#fill(position - position % BLOCK);
      if (filled === AGAIN) return AGAIN;
      if (position >= this.#at + this.#held) return 0;
    }
    const part = this.#plain.subarray(position - this.#at, this.#held).subarray(0, into.length);
    into.set(part);
    return part.length;
  }

  close(): void {
    try {
      this.#source.close?.();
    } finally {
      if (this.#aes !== NULL) native().avutil.av_free(this.#aes);
      this.#aes = NULL;
    }
  }

  // Decrypts from a block on. The last block is known by nothing behind it: one more is read.
  #fill(start: number): number | typeof AGAIN {
    const next = this.#at + this.#held;
    if (start !== next || this.#got < BLOCK) this.#restart(start);
    else this.#keep();
    while (!this.#ended && this.#got < this.#cipher.length) {
      const got = this.#source.read(this.#cipher.subarray(this.#got), this.#cipherAt + this.#got);
      if (got === AGAIN) return AGAIN;
      if (got === null || got === 0) this.#ended = true;
      else this.#got += got;
    }
    const first = this.#cipherAt < start ? BLOCK : 0;
    const whole = Math.floor((this.#got - first) / BLOCK) * BLOCK;
    if (this.#ended && (this.#got - first) % BLOCK !== 0 && whole < CHUNK) {
      throw new AVError({
        code: AVERROR("EIO"),
        operation: "av_aes_crypt",
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
    const { avutil } = native();
    if (this.#aes === NULL) this.#aes = allocateAes(this.#key, true);
    const iv = (first === 0 ? this.#iv : this.#cipher.subarray(0, BLOCK)).slice();
    const from = this.#cipher.subarray(first, first + this.#held);
    avutil.av_aes_crypt(this.#aes, this.#plain, from, this.#held / BLOCK, iv, 1);
  }

  #padding(): number {
    const count = this.#plain[this.#held - 1];
    return count >= 1 && count <= BLOCK ? count : 0;
  }
}

/** Encrypts what is written, from the first byte to the last, and pads the end (PKCS#7). */
export class AesSink implements SinkSync {
  readonly #sink: SinkSync;
  readonly #iv: Uint8Array;
  readonly #rest = new Uint8Array(BLOCK);
  #held = 0;
  #at = 0;
  #aes: Pointer;
  /** A CBC stream only goes on. */
  readonly seekable = false;

  constructor(sink: SinkSync, key: Uint8Array, iv: Uint8Array) {
    checkKey(key, iv);
    this.#sink = sink;
    this.#iv = iv.slice();
    this.#aes = allocateAes(key, false);
  }

  write(chunk: Uint8Array): void {
    const whole = new Uint8Array(this.#held + chunk.length);
    whole.set(this.#rest.subarray(0, this.#held));
    whole.set(chunk, this.#held);
    const ready = whole.length - whole.length % BLOCK;
    this.#rest.set(whole.subarray(ready));
    this.#held = whole.length - ready;
    if (ready > 0) this.#encrypt(whole.subarray(0, ready));
  }

  close(): void {
    try {
      const last = this.#rest.slice();
      last.fill(BLOCK - this.#held, this.#held);
      this.#encrypt(last);
    } finally {
      native().avutil.av_free(this.#aes);
      this.#sink.close?.();
    }
  }

  #encrypt(plain: Uint8Array): void {
    const cipher = new Uint8Array(plain.length);
    native().avutil.av_aes_crypt(this.#aes, cipher, plain, plain.length / BLOCK, this.#iv, 0);
    this.#sink.write(cipher, this.#at);
    this.#at += cipher.length;
  }
}

function checkKey(key: Uint8Array, iv: Uint8Array): void {
  if (key.length === BLOCK && iv.length === BLOCK) return;
  throw new RangeError(`AES-128 needs a key and an IV of ${BLOCK} bytes`);
}

function allocateAes(key: Uint8Array, decrypt: boolean): Pointer {
  const { avutil } = native();
  const aes = avutil.av_aes_alloc();
  if (aes === NULL) throw new AVError({ code: AVERROR("ENOMEM"), operation: "av_aes_alloc" });
  avutil.av_aes_init(aes, key, 128, decrypt ? 1 : 0);
  return aes;
}
