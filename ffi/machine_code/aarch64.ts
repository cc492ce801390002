/**
 * The log's code for arm64, AAPCS64 calling convention (Linux).
 *
 * Arguments come in x0 to x3; a `va_list` is a struct of 32 bytes, and its argument the address of
 * a copy. A function may change x0 to x17 without saving them; x30 is the return address. TPIDR_EL0
 * holds the thread's address. Each instruction is one 32-bit word.
 *
 * `log` leaves its four arguments where they are and jumps, so that the callback returns to libav.
 * The kernel makes the instruction cache agree when the page becomes executable.
 *
 * @module
 */
import { makeBytes } from "../bytes.ts";
import { FREE, LOG_SLOT, LOG_SLOT_BYTES } from "../log_slot.ts";
import { writePointer } from "../struct.ts";
import type { MachineCode } from "./types.ts";

const TABLE = 0x78;
const COUNT = 0x80;
const BYTES = 0x84;

// Immediate operands, shifted to their bits of the instruction.
const imm12 = (value: number) => value << 10;
const word = (offset: number) => (offset / 4) << 10;
const double = (offset: number) => (offset / 8) << 10;

/** arm64. */
export const aarch64: MachineCode = {
  release: 0x48,
  thread: 0x68,
  code({ address, count, maxLevel }) {
    const instructions = [
      // log:
      0x12001c24, //                                          and w4, w1, #255  (no colour bits)
      0x7100009f | imm12(maxLevel), //                        cmp w4, #maxLevel
      0x54000148, //                                          b.hi none
      0xd53bd045, //                                          mrs x5, tpidr_el0
      0x58000346, //                                          ldr x6, table
      0x18000367, //                                          ldr w7, count
      0xf94000c8 | double(LOG_SLOT.THREAD * 4), //      next: ldr x8, [x6, #THREAD]
      0xeb05011f, //                                          cmp x8, x5
      0x540000a0, //                                          b.eq found
      0x910000c6 | imm12(LOG_SLOT_BYTES), //                  add x6, x6, #size of a slot
      0x710004e7, //                                          subs w7, w7, #1
      0x54ffff61, //                                          b.ne next
      0xd65f03c0, //                                    none: ret
      0xb94000c8 | word(LOG_SLOT.MAX_LEVEL * 4), //    found: ldr w8, [x6, #MAX_LEVEL]
      0x6b08009f, //                                          cmp w4, w8
      0x54ffffa8, //                                          b.hi none
      0xf94000c8 | double(LOG_SLOT.CALLBACK * 4), //          ldr x8, [x6, #CALLBACK]
      0xd61f0100, //                                          br x8
      // release: the slot may be another thread's by now, and its low two bits are states
      0xd53bd042, //                                          mrs x2, tpidr_el0
      0xf9400001, //                                          ldr x1, [x0]
      0x927ef421, //                                          and x1, x1, #-4
      0xeb02003f, //                                          cmp x1, x2
      0x54000061, //                                          b.ne stay
      0x52800003 | FREE << 5, //                              mov w3, #FREE
      0xb9000003, //                                          str w3, [x0]
      0xd65f03c0, //                                    stay: ret
      // thread:
      0xd53bd042, //                                          mrs x2, tpidr_el0
      0xf9000002, //                                          str x2, [x0]
      0xd65f03c0, //                                          ret
    ];
    const bytes = makeBytes(BYTES);
    const view = new DataView(bytes.buffer);
    instructions.forEach((instruction, i) => view.setUint32(i * 4, instruction >>> 0, true));
    writePointer(view, TABLE, address);
    view.setUint32(COUNT, count, true);
    return bytes;
  },
};
