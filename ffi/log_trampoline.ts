/**
 * One log callback for all threads, in machine code. It passes a line to the callback of the thread
 * that writes it, where that thread listens and the level is low enough for it.
 *
 * libav has one log callback for the process, and a runtime's callback may run on no thread but
 * its own. libav also hands over every line of every level; mov writes two for each packet that
 * only its own developers want, and each would cost a whole callback.
 *
 * A port to another processor is one file in `machine_code/` with three functions:
 * 1. `log` compares the level, without its colour bits, with the highest one that any thread wants.
 *    It looks for the thread's address in the slots and jumps to that slot's callback, all
 *    arguments untouched. Threads without a slot receive no log lines.
 * 2. `release` runs when a thread ends, even one that was terminated inside libav, and frees its
 *    slot: the system gives its address to the next thread.
 * 3. `thread` writes the address by which `log` knows a thread.
 *
 * It must hold on the system: the thread's address is in a register that user code may read, and a
 * page of data may become code. macOS on arm64 and Windows are left to the lock of
 * `lib/log/turn_lock.ts`: the first allows no such page without an entitlement, the second passes
 * `va_list` and finds threads in ways of its own.
 *
 * @module
 */
import { copyInto, makeBytes } from "./bytes.ts";
import { libcPath } from "./loader.ts";
import { LOG_SLOT_BYTES } from "./log_slot.ts";
import { aarch64 } from "./machine_code/aarch64.ts";
import type { MachineCode, SlotTable } from "./machine_code/types.ts";
import { x86_64 } from "./machine_code/x86_64.ts";
import type { Native } from "./native.ts";
import { advance, readPointer } from "./struct.ts";
import { caller, posixMemory, threadKeys } from "./symbols/memory.ts";
import { type Ffi, NULL, type Pointer } from "./types.ts";

const machines: Readonly<Record<string, MachineCode>> = { x86_64, aarch64 };

const PROT_READ_WRITE = 3;
const PROT_READ_EXEC = 5;
const MAP_PRIVATE_ANONYMOUS = 0x22;
const PAGE = 4096;

/** The code, and the thread-specific key whose destructor frees slots. */
export interface LogTrampolineCode {
  readonly page: Pointer;
  readonly key: number;
}

function openThreadKeys(ffi: Ffi) {
  try {
    return ffi.open(libcPath(ffi), threadKeys).symbols;
  } catch {
    // A glibc older than 2.34 keeps them in a library of their own, which the runtimes link.
    return ffi.open("libpthread.so.0", threadKeys).symbols;
  }
}

/**
 * Writes the code for the slots of `table`, which must stay while the process runs, as the code
 * does. Undefined where there is no such code for the machine, or the system allows none.
 */
export function makeLogTrampoline(
  { ffi, libc }: Native,
  table: SlotTable,
): LogTrampolineCode | undefined {
  const machine = machines[ffi.arch];
  if (ffi.os !== "linux" || machine === undefined) return undefined;
  const { mmap, mprotect } = ffi.open(libcPath(ffi), posixMemory).symbols;
  const page = mmap(NULL, PAGE, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0);
  // MAP_FAILED is -1, which is no address.
  if (page === NULL || page > Number.MAX_SAFE_INTEGER) return undefined;
  const bytes = machine.code(table);
  copyInto(libc, page, bytes);
  if (mprotect(page, PAGE, PROT_READ_EXEC) !== 0) return undefined;
  const key = makeBytes(4);
  const release = advance(page, machine.release);
  if (openThreadKeys(ffi).pthread_key_create(key, release) !== 0) return undefined;
  return { page, key: new DataView(key.buffer).getUint32(0, true) };
}

/** The code of {@link makeLogTrampoline} as one thread uses it. */
export class LogTrampoline {
  /** For `av_log_set_callback`. */
  readonly callback: Pointer;
  /** This thread's address, as it stands in a slot. */
  readonly thread: Pointer;
  readonly #table: Pointer;
  readonly #key: number;
  readonly #setSpecific;

  constructor({ ffi }: Native, { page, key }: LogTrampolineCode, table: Pointer) {
    this.callback = page;
    this.#table = table;
    this.#key = key;
    this.#setSpecific = openThreadKeys(ffi).pthread_setspecific;
    // The C library calls the code with the address of these bytes.
    const out = makeBytes(8);
    const { bsearch } = ffi.open(libcPath(ffi), caller).symbols;
    bsearch(out, page, 1, 1, advance(page, machines[ffi.arch].thread));
    this.thread = readPointer(new DataView(out.buffer), 0);
  }

  /** Has slot number `slot` freed when this thread ends, should it still be this thread's. */
  releaseAtExit(slot: number): void {
    this.#setSpecific(this.#key, advance(this.#table, slot * LOG_SLOT_BYTES));
  }
}
