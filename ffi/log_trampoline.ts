/**
 * One log callback for all threads, in machine code: a line goes to the callback of the thread that
 * it is written on, where that thread listens and the line is grave enough for it.
 *
 * libav has one log callback for the process, and a runtime's callback may run on no thread but its
 * own. libav also hands over every line, whatever its level; mov writes two a packet that are for
 * its own developers, and each would cost a whole callback.
 *
 * @module
 */
import { copyInto, type OwnBytes, ownBytes } from "./bytes.ts";
import type { Native } from "./native.ts";
import { NULL, type Pointer } from "./types.ts";
import { writePointer } from "./struct.ts";

/** A seat as 32-bit words: the thread (two), its callback (two), the highest level, nothing. */
export const LOG_SLOT = { THREAD: 0, CALLBACK: 2, MAX_LEVEL: 4, WORDS: 6 } as const;

const PROT_READ_WRITE = 3;
const PROT_READ_EXEC = 5;
// Linux's numbers.
const MAP_PRIVATE_ANONYMOUS = 0x22;
const PAGE = 4096;
const TABLE = 19;
const COUNT = 29;

/** void log(void *ptr, int level, const char *format, va_list list), System V x86-64. */
function code(table: Pointer, slots: number, maxLevel: number): OwnBytes {
  const bytes = ownBytes(Uint8Array.of(
    ...[0x40, 0x0f, 0xb6, 0xc6], //                               movzx eax, sil  no tint
    ...[0x3c, maxLevel], //                                           cmp al, most
    ...[0x77, 0x27], //                                           ja ret
    ...[0x64, 0x4c, 0x8b, 0x04, 0x25, 0, 0, 0, 0], //             mov r8, fs:0    the thread
    ...[0x49, 0xb9, ...new Uint8Array(8)], //                     mov r9, table
    ...[0x41, 0xba, ...new Uint8Array(4)], //                     mov r10d, seats
    ...[0x4d, 0x39, 0x01], //                               next: cmp [r9], r8
    ...[0x74, 0x0a], //                                           je found
    ...[0x49, 0x83, 0xc1, LOG_SLOT.WORDS * 4], //                     add r9, size of a seat
    ...[0x41, 0xff, 0xca], //                                     dec r10d
    ...[0x75, 0xf2], //                                           jne next
    0xc3, //                                                      ret
    ...[0x41, 0x3b, 0x41, LOG_SLOT.MAX_LEVEL * 4], //               found: cmp eax, [r9 + MOST]
    ...[0x77, 0xf9], //                                           ja ret
    ...[0x41, 0xff, 0x61, LOG_SLOT.CALLBACK * 4], //                  jmp [r9 + CALLBACK]
  ))!;
  const view = new DataView(bytes.buffer);
  writePointer(view, TABLE, table);
  view.setUint32(COUNT, slots, true);
  return bytes;
}

/**
 * A log callback over `slots` slots at `table`; both stay until the process ends. Lines above
 * `maxLevel` reach no thread. NULL where there is no such code for the machine, or the
 * system allows none.
 */
export function makeLogTrampoline(
  { ffi, libc }: Native,
  table: Pointer,
  slots: number,
  maxLevel: number,
): Pointer {
  const { mmap, mprotect } = libc;
  if (ffi.os !== "linux" || ffi.arch !== "x86_64" || mmap === null || mprotect === null) {
    return NULL;
  }
  const page = mmap(NULL, PAGE, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0);
  // MAP_FAILED is -1, which is no address.
  if (page === NULL || page > Number.MAX_SAFE_INTEGER) return NULL;
  const bytes = code(table, slots, maxLevel);
  copyInto(libc, page, bytes);
  return mprotect(page, PAGE, PROT_READ_EXEC) === 0 ? page : NULL;
}

/** The value at `fs:0` on this thread; NULL where the C library does not tell. */
export function threadAddress({ libc }: Native): Pointer {
  return libc.pthread_self?.() ?? NULL;
}
