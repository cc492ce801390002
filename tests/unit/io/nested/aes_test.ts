import { createCipheriv, createDecipheriv } from "node:crypto";
import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { AVError, MemorySink, MemorySource, type SourceSync } from "../../../../mod.ts";
import { AesSink, AesSource, hexBytes } from "../../../../lib/io/nested/aes.ts";

const key = Uint8Array.from({ length: 16 }, (_, i) => 255 - i);
const iv = Uint8Array.from({ length: 16 }, (_, i) => i * 11);
const plainOf = (length: number) =>
  Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) & 255);

/** node:crypto is the measure. */
function encrypt(plain: Uint8Array): Uint8Array {
  const cipher = createCipheriv("aes-128-cbc", key, iv);
  return new Uint8Array([...cipher.update(plain), ...cipher.final()]);
}

function readAll(source: SourceSync, piece: number): Uint8Array {
  const bytes: number[] = [];
  const into = new Uint8Array(piece);
  for (;;) {
    const got = source.read(into, bytes.length) as number;
    if (got === 0) break;
    for (const byte of into.subarray(0, got)) bytes.push(byte);
  }
  source.close?.();
  return Uint8Array.from(bytes);
}

const lengths = [0, 1, 15, 16, 17, 31, 32, 1000, 65519, 65520, 65535, 65536, 65537, 131071, 200003];

test("AesSource decrypts what node:crypto encrypted, of any length and in any pieces", () => {
  for (const length of lengths) {
    const plain = plainOf(length);
    for (const piece of [7, 4096, 100_000]) {
      const source = new AesSource(new MemorySource(encrypt(plain)), key, iv);
      assertEquals(readAll(source, piece), plain, `${length} bytes by ${piece}`);
    }
  }
});

test("AesSource decrypts from a source that gives a few bytes at a time", () => {
  const plain = plainOf(5000);
  const memory = new MemorySource(encrypt(plain));
  const source = new AesSource(
    { seekable: false, read: (into, at) => memory.read(into.subarray(0, 5), at) },
    key,
    iv,
  );
  assertEquals(readAll(source, 900), plain);
});

test("AesSource reads at any position, forwards and backwards", () => {
  const plain = plainOf(200_003);
  const source = new AesSource(new MemorySource(encrypt(plain)), key, iv);
  for (const at of [0, 199_990, 16, 15, 65_535, 65_536, 131_072, 100_001, 1, 200_002, 200_003]) {
    const into = new Uint8Array(64);
    const got = source.read(into, at) as number;
    assertEquals(got > 0, at < plain.length, `${at}`);
    assertEquals(into.slice(0, got), plain.slice(at, at + got), `at ${at}`);
  }
  source.close();
});

test("AesSource says that a source is truncated, unless whole blocks are left", () => {
  const cipher = encrypt(plainOf(1000));
  const cut = () => readAll(new AesSource(new MemorySource(cipher.slice(0, 1001)), key, iv), 500);
  assert(assertThrows(cut, AVError).message.includes("truncated"));
});

test("AesSink writes what node:crypto decrypts, and closes its sink once", () => {
  for (const length of lengths) {
    const plain = plainOf(length);
    const memory = new MemorySink();
    let closed = 0;
    const sink = new AesSink(
      { write: (chunk, at) => memory.write(chunk, at), close: () => void closed++ },
      key,
      iv,
    );
    for (let at = 0; at < length; at += 999) sink.write(plain.slice(at, at + 999));
    sink.close();
    const decipher = createDecipheriv("aes-128-cbc", key, iv);
    const back = new Uint8Array([...decipher.update(memory.bytes), ...decipher.final()]);
    assertEquals([back, closed], [plain, 1]);
  }
});

test("A key that is not 16 bytes is a RangeError, and only hexadecimal digits are a key", () => {
  assertThrows(() => new AesSource(new MemorySource(key), key.slice(1), iv), RangeError);
  assertThrows(() => new AesSink(new MemorySink(), key, iv.slice(1)), RangeError);
  assertEquals(hexBytes("00ffA1"), Uint8Array.of(0, 255, 161));
  for (const text of [undefined, "", "0", "0g", "0x00"]) assertEquals(hexBytes(text), undefined);
});
