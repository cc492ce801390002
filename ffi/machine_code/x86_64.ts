/**
 * The log's code for x86-64, System V calling convention (Linux).
 *
 * Arguments come in rdi, rsi, rdx and rcx; a `va_list` argument is the address of the caller's own.
 * A function may change rax, rcx, rdx, rsi, rdi and r8 to r11 without saving them. `fs:0` holds the
 * address of the thread's control block, which is the thread's own address in glibc and in musl.
 *
 * `log` leaves its four arguments where they are and jumps, so that the callback returns to libav.
 *
 * @module
 */
import { makeBytes } from "../bytes.ts";
import { FREE, LOG_SLOT, LOG_SLOT_BYTES } from "../log_slot.ts";
import { writePointer } from "../struct.ts";
import type { MachineCode } from "./types.ts";

const LEVEL = 5;
const TABLE = 19;
const COUNT = 29;

/** x86-64. */
export const x86_64: MachineCode = {
  release: 58,
  thread: 83,
  code({ address, count, maxLevel }) {
    const code = [
      // log:
      ...[0x40, 0x0f, 0xb6, 0xc6], //                         movzx eax, sil  (no colour bits)
      ...[0x3c, 0], //                                        cmp al, maxLevel
      ...[0x77, 0x27], //                                     ja none
      ...[0x64, 0x4c, 0x8b, 0x04, 0x25, 0, 0, 0, 0], //       mov r8, fs:0
      ...[0x49, 0xb9, ...new Uint8Array(8)], //               mov r9, table
      ...[0x41, 0xba, ...new Uint8Array(4)], //               mov r10d, count
      ...[0x4d, 0x39, 0x01], //                         next: cmp [r9 + THREAD], r8
      ...[0x74, 0x0a], //                                     je found
      ...[0x49, 0x83, 0xc1, LOG_SLOT_BYTES], //               add r9, size of a slot
      ...[0x41, 0xff, 0xca], //                               dec r10d
      ...[0x75, 0xf2], //                                     jne next
      0xc3, //                                          none: ret
      ...[0x41, 0x3b, 0x41, LOG_SLOT.MAX_LEVEL * 4], //found: cmp eax, [r9 + MAX_LEVEL]
      ...[0x77, 0xf9], //                                     ja none
      ...[0x41, 0xff, 0x61, LOG_SLOT.CALLBACK * 4], //        jmp [r9 + CALLBACK]
      // release: the slot may be another thread's by now, and its low two bits are states
      ...[0x48, 0x8b, 0x07], //                               mov rax, [rdi]
      ...[0x48, 0x83, 0xe0, 0xfc], //                         and rax, -4
      ...[0x64, 0x48, 0x3b, 0x04, 0x25, 0, 0, 0, 0], //       cmp rax, fs:0
      ...[0x75, 0x06], //                                     jne stay
      ...[0xc7, 0x07, FREE, 0, 0, 0], //                      mov dword [rdi], FREE
      0xc3, //                                          stay: ret
      // thread:
      ...[0x64, 0x48, 0x8b, 0x04, 0x25, 0, 0, 0, 0], //       mov rax, fs:0
      ...[0x48, 0x89, 0x07], //                               mov [rdi], rax
      0xc3, //                                                ret
    ];
    const bytes = makeBytes(code.length);
    bytes.set(code);
    const view = new DataView(bytes.buffer);
    view.setUint8(LEVEL, maxLevel);
    writePointer(view, TABLE, address);
    view.setUint32(COUNT, count, true);
    return bytes;
  },
};
