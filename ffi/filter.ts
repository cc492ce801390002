/**
 * A log callback in front of the log callback: lines that nobody wants do not enter JavaScript.
 *
 * libav hands every line to the callback, whatever its level; mov writes two a packet that are for
 * its own developers, and each costs a whole callback. Five instructions compare the level first.
 *
 * @module
 */
import type { Native } from "./library.ts";
import { NULL, type Pointer } from "./types.ts";
import { writePointer } from "./struct.ts";

const PROT_READ_WRITE = 3;
const PROT_READ_EXEC = 5;
// Linux's numbers.
const MAP_PRIVATE_ANONYMOUS = 0x22;
const PAGE = 4096;
const TARGET = 10;

/** void filter(void *ptr, int level, const char *format, va_list list), System V x86-64. */
function code(most: number, target: Pointer): Uint8Array {
  const bytes = Uint8Array.of(
    ...[0x40, 0x0f, 0xb6, 0xc6], // movzx eax, sil    the level without its tint
    ...[0x3c, most], //             cmp al, most
    ...[0x77, 0x0c], //             ja  +12           to ret
    ...[0x48, 0xb8], //             mov rax, target
    ...new Uint8Array(8),
    ...[0xff, 0xe0], //             jmp rax           with every argument as it came
    0xc3, //                        ret
  );
  writePointer(new DataView(bytes.buffer), TARGET, target);
  return bytes;
}

/**
 * A log callback that calls `target` for levels up to `most` alone. It lives as long as the
 * process. `target` itself where there is no such code for the machine, or the system allows none.
 */
export function filterLog({ ffi, libc }: Native, target: Pointer, most: number): Pointer {
  const { mmap, mprotect, copy_in: copyIn } = libc;
  if (ffi.os !== "linux" || ffi.arch !== "x86_64" || mmap === null || mprotect === null) {
    return target;
  }
  const page = mmap(NULL, PAGE, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0);
  // MAP_FAILED is -1, which is no address.
  if (page === NULL || page > Number.MAX_SAFE_INTEGER) return target;
  const bytes = code(most, target);
  copyIn(page, bytes, bytes.length);
  return mprotect(page, PAGE, PROT_READ_EXEC) === 0 ? page : target;
}
