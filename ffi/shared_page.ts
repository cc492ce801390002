/**
 * One pointer that every thread of the process finds, though each may have loaded this module for
 * itself: it is written to a page at a fixed address, which the first thread maps.
 *
 * The kernel gives an address to one thread alone. Nothing is inherited by a child process and
 * nothing is left behind. The page is read-only once it is written: memory at a known address that
 * can be written would help an attacker.
 *
 * @module
 */
import { makeBytes } from "./bytes.ts";
import { KERNEL, libcPath } from "./loader.ts";
import { readPointer, writePointer } from "./struct.ts";
import { posixMemory, windowsMemory } from "./symbols/memory.ts";
import { type Ffi, NULL, type Pointer } from "./types.ts";

const LAYOUT = 1;
/**
 * Below 2^38, which every 64-bit system has; aligned to 64 KiB, the largest page and Windows'
 * granularity. Another layout has another page, since two releases may be in one process.
 */
export const PAGE_ADDRESS = (0x2a_6176_0000 + LAYOUT * 0x1_0000) as Pointer;
const BYTES = 4096;

// The page: a state, a number by which it is known, the pointer.
const STATE = 0;
const MAGIC = 8;
const POINTER = 16;
const HEADER_BYTES = 24;
/**
 * The state of a page that is written: a path that exists, so that the kernel can be asked whether
 * the memory may be read at all.
 */
const WRITTEN = 0x2f; // "/" and three zeros
const MAGIC_NUMBER = 0x6176_696f_6c6f_6721n;

const MAX_WAIT_MS = 1000;
const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** The system's functions for the page. */
interface Memory {
  /** Maps the page for writing; false where something is there already. */
  claim(): boolean;
  /** Makes it read-only. */
  seal(): void;
  /** True where a page is there that can be read, and is written. */
  readable(): boolean;
}

function posix(ffi: Ffi): Memory {
  const { mmap, munmap, mprotect, access } = ffi.open(libcPath(ffi), posixMemory).symbols;
  const PROT_READ = 1;
  const PROT_READ_WRITE = 3;
  const MAP_PRIVATE_ANONYMOUS = ffi.os === "linux" || ffi.os === "android" ? 0x22 : 0x1002;
  return {
    claim() {
      // Not MAP_FIXED, which would replace what is there: the address is a wish.
      const page = mmap(PAGE_ADDRESS, BYTES, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0);
      if (page === PAGE_ADDRESS) return true;
      // MAP_FAILED is -1, which is no address.
      if (page !== NULL && page <= Number.MAX_SAFE_INTEGER) munmap(page, BYTES);
      return false;
    },
    seal: () => void mprotect(PAGE_ADDRESS, BYTES, PROT_READ),
    // EFAULT where there is no memory to read, which JavaScript would crash on.
    readable: () => access(PAGE_ADDRESS, 0) === 0,
  };
}

function windows(ffi: Ffi): Memory {
  const { VirtualAlloc, VirtualProtect, VirtualQuery } = ffi.open(KERNEL, windowsMemory).symbols;
  const MEM_COMMIT = 0x1000;
  const MEM_RESERVE = 0x2000;
  const PAGE_READONLY = 2;
  const PAGE_READWRITE = 4;
  // MEMORY_BASIC_INFORMATION: State and Protect.
  const INFORMATION_BYTES = 48;
  const INFORMATION_STATE = 32;
  const INFORMATION_PROTECT = 36;
  return {
    claim: () =>
      VirtualAlloc(PAGE_ADDRESS, BYTES, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE) === PAGE_ADDRESS,
    seal: () => void VirtualProtect(PAGE_ADDRESS, BYTES, PAGE_READONLY, makeBytes(4)),
    readable() {
      const bytes = makeBytes(INFORMATION_BYTES);
      if (VirtualQuery(PAGE_ADDRESS, bytes, bytes.length) === 0) return false;
      const view = new DataView(bytes.buffer);
      return view.getUint32(INFORMATION_STATE, true) === MEM_COMMIT &&
        view.getUint32(INFORMATION_PROTECT, true) === PAGE_READONLY;
    },
  };
}

/** The pointer that `make` made in the first thread; undefined where the page is something else. */
export function sharedPointer(ffi: Ffi, make: () => Pointer): Pointer | undefined {
  const memory = ffi.os === "windows" ? windows(ffi) : posix(ffi);
  if (memory.claim()) {
    const pointer = make();
    const page = ffi.view(PAGE_ADDRESS, HEADER_BYTES);
    const view = new DataView(page);
    view.setBigUint64(MAGIC, MAGIC_NUMBER, true);
    writePointer(view, POINTER, pointer);
    Atomics.store(new Int32Array(page), STATE, WRITTEN);
    memory.seal();
    return pointer;
  }
  // The first thread may be at it this moment.
  const deadline = performance.now() + MAX_WAIT_MS;
  while (!memory.readable()) {
    if (performance.now() > deadline) return undefined;
    Atomics.wait(sleeper, 0, 0, 1);
  }
  const view = new DataView(ffi.view(PAGE_ADDRESS, HEADER_BYTES));
  return view.getBigUint64(MAGIC, true) === MAGIC_NUMBER ? readPointer(view, POINTER) : undefined;
}
