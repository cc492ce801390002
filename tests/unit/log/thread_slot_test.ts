/** Slots of the log, over plain memory. */
import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { FREE, LOG_SLOT, type Pointer } from "../../../ffi/mod.ts";
import { LogSlot } from "../../../lib/log/thread_slot.ts";

const address = (number: number) => number as Pointer;

function emptySlots(count: number): Int32Array {
  const slots = new Int32Array(count * LOG_SLOT.WORDS);
  for (let at = 0; at < slots.length; at += LOG_SLOT.WORDS) slots[at] = FREE;
  return slots;
}

const released: number[] = [];

/** The slot of a thread. */
function slotOf(slots: Int32Array, thread: Pointer, callback: Pointer): LogSlot {
  return new LogSlot(slots, { thread, releaseAtExit: (at) => released.push(at) }, callback);
}

/** The threads that listen, as the trampoline sees them, with callback and level. */
function listeners(slots: Int32Array): [number, number, number][] {
  const found: [number, number, number][] = [];
  const wide = (at: number) => (slots[at] >>> 0) + slots[at + 1] * 2 ** 32;
  for (let at = 0; at < slots.length; at += LOG_SLOT.WORDS) {
    if ((slots[at] & 3) !== 0) continue;
    found.push([
      wide(at + LOG_SLOT.THREAD),
      wide(at + LOG_SLOT.CALLBACK),
      slots[at + LOG_SLOT.MAX_LEVEL],
    ]);
  }
  return found;
}

// Addresses as they are: above 4 GiB, the low half as a negative int32 too.
const one = address(0x7f12_8000_0040);
const two = address(0x7f12_9000_0080);
const three = address(0x7f13_8000_0040);

test("a slot has the thread, its callback and its level while it listens", () => {
  const there = emptySlots(4);
  const slot = slotOf(there, one, address(0x5555_f000_1230));
  assertEquals(listeners(there), []);
  slot.enter(true, 24);
  assertEquals(listeners(there), [[one, 0x5555_f000_1230, 24]]);
  slot.leave();
  assertEquals(listeners(there), []);
  slot.enter(false, 24);
  assertEquals(listeners(there), []);
  slot.leave();
  slot.enter(true, 32);
  assertEquals(listeners(there), [[one, 0x5555_f000_1230, 32]]);
});

test("threads listen side by side, and one at rest gives its slot up", () => {
  const there = emptySlots(2);
  const [a, b, c] = [one, two, three].map((thread, i) =>
    slotOf(there, thread, address(0x1000 + i * 16))
  );
  a.enter(true, 24);
  b.enter(true, 24);
  assertEquals(listeners(there).length, 2);
  // No slot is free: it receives no lines, and the others still do.
  c.enter(true, 24);
  c.leave();
  assertEquals(listeners(there).map(([thread]) => thread), [one, two]);
  a.leave();
  c.enter(true, 32);
  assertEquals(listeners(there), [[three, 0x1020, 32], [two, 0x1010, 24]]);
  a.enter(true, 24);
  a.leave();
  assertEquals(listeners(there).length, 2);
  b.leave();
  a.enter(true, 24);
  assertEquals(listeners(there), [[three, 0x1020, 32], [one, 0x1000, 24]]);
});

test("a thread that does not listen leaves the slot alone that it had before", () => {
  const there = emptySlots(1);
  const a = slotOf(there, one, address(0x1000));
  const b = slotOf(there, two, address(0x2000));
  a.enter(true, 24);
  a.leave();
  b.enter(true, 24);
  a.enter(false, 24);
  a.leave();
  assertEquals(listeners(there), [[two, 0x2000, 24]]);
  a.enter(true, 24);
  a.leave();
  assertEquals(listeners(there), [[two, 0x2000, 24]]);
});

test("a claimed slot is freed when its thread ends", () => {
  const there = emptySlots(3);
  released.length = 0;
  slotOf(there, one, address(0x1000)).enter(true, 24);
  slotOf(there, two, address(0x2000)).enter(true, 24);
  assertEquals(released, [0, 1]);
});

test("a slot of a thread whose address has the same low half is left to it", () => {
  const there = emptySlots(1);
  const twin = address(one + 2 ** 32);
  const a = slotOf(there, one, address(0x1000));
  const b = slotOf(there, twin, address(0x2000));
  a.enter(true, 24);
  a.leave();
  b.enter(true, 24);
  b.leave();
  a.enter(true, 32);
  assertEquals(listeners(there), [[one, 0x1000, 32]]);
});
