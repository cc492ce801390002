/** Requirements on every runtime's FFI, with any library behind it. */
import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import { DemuxerSync } from "../../../mod.ts";
import { native, ownBytes, platform, type Pointer } from "../../../ffi/mod.ts";
import { generated } from "../../support/media.ts";

const { ffi } = native();
const name = { linux: "libc.so.6", darwin: "libSystem.B.dylib" }[platform.os as string];

/** `qsort` is the one function of the C library that takes bytes and a callback. */
function sorter(compare: (a: Pointer, b: Pointer) => number) {
  const { symbols, close } = ffi.open(name!, {
    qsort: { parameters: ["buffer", "usize", "usize", "pointer"], result: "void" },
  });
  const callback = ffi.callback(
    { parameters: ["pointer", "pointer"], result: "i32" },
    (a, b) => compare(a as Pointer, b as Pointer),
    0,
  );
  return {
    sort: (bytes: Uint8Array) =>
      symbols.qsort(ownBytes(bytes)!, bytes.length / 4, 4, callback.pointer),
    [Symbol.dispose]() {
      callback.close();
      close();
    },
  };
}

const valueAt = (pointer: Pointer) => new DataView(ffi.view(pointer, 4)).getInt32(0, true);
const bytesOf = ({ buffer, byteOffset, byteLength }: Int32Array) =>
  new Uint8Array(buffer, byteOffset, byteLength);
const shuffled = () => Int32Array.from({ length: 64 }, (_, i) => (i * 37) % 64);
const sorted = Int32Array.from({ length: 64 }, (_, i) => i);

test("a callback may call C, which calls a callback, which calls C", (t) => {
  if (name === undefined) return t.skip("no C library known here");
  let depth = 0;
  let deepest = 0;
  using sorting = sorter((a, b) => {
    if (depth < 20) {
      deepest = Math.max(deepest, ++depth);
      const values = Int32Array.of(2, 1);
      sorting.sort(bytesOf(values));
      assertEquals([...values], [1, 2]);
      depth--;
    }
    return valueAt(a) - valueAt(b);
  });
  const values = Int32Array.of(3, 1, 2);
  sorting.sort(bytesOf(values));
  assertEquals([...values], [1, 2, 3]);
  assertEquals(deepest, 20);
});

test("what a callback throws never crosses C, which gets the answer for a failure", (t) => {
  if (name === undefined) return t.skip("no C library known here");
  let calls = 0;
  using sorting = sorter(() => {
    calls++;
    throw new Error("never seen");
  });
  const values = shuffled();
  sorting.sort(bytesOf(values));
  assert(calls > 0);
  assertEquals(values.toSorted(), sorted);
});

// Deno and Bun hand C a 0 for a callback that cannot be entered, and C asks again for ever. Node
// would end the process: there, and only there, the stack is looked after before.
if (platform.runtime === "node") {
  test("a stack that is too short for a callback is a RangeError, not the process's end", () => {
    const bytes = new Uint8Array(
      readFileSync(generated().find((one) => one.name === "avi.avi")!.path),
    );
    let countdown = 0;
    let outcome: unknown;
    const recurse = (): number => {
      try {
        return recurse() + 1;
      } catch (error) {
        // On the way back up: this many frames below the limit.
        if (countdown-- === 0) {
          try {
            using input = DemuxerSync.open(bytes);
            outcome = input.read()?.size;
          } catch (inner) {
            outcome = inner;
          }
        }
        throw error;
      }
    };
    let refused = 0;
    let read = 0;
    for (let frames = 0; frames < 4000; frames += frames < 800 ? 5 : 100) {
      countdown = frames;
      outcome = undefined;
      try {
        recurse();
      } catch (error) {
        assert(error instanceof RangeError);
      }
      if (outcome instanceof RangeError) refused++;
      else if (typeof outcome === "number") read++;
      else throw outcome;
    }
    assert(refused > 100 && read > 5, `${refused} refused, ${read} read`);
  });
}

test("a function that the library lacks is an error, at the latest at its first use", (t) => {
  if (name === undefined) return t.skip("no C library known here");
  const none = { parameters: [], result: "i32" } as const;
  assertThrows(() => ffi.open(name, { avio_lacks_this: none }));
  if (platform.runtime === "bun") return t.skip("Bun binds every function at once");
  const table = {
    strlen: { parameters: ["buffer"], result: "usize" },
    avio_lacks_this: none,
  } as const;
  const { symbols, close } = ffi.open(name, table, ["strlen"]);
  assertEquals(symbols.strlen(ownBytes(new Uint8Array([65, 65, 0]))!), 2);
  assertThrows(() => symbols.avio_lacks_this());
  close();
});
