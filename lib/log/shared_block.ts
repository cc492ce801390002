/**
 * The block of native memory that all threads of a process share for the log.
 *
 * @module
 */
import {
  advance,
  cString,
  LOG_SLOT,
  makeLogTrampoline,
  native,
  NULL,
  type Pointer,
  readPointer,
  writePointer,
} from "../../ffi/mod.ts";

/** Words that `turn_lock.ts` has, at the block's start. */
export const LOCK_WORDS = 4;
/** In a slot's low word: the slot is free. No thread's address has this bit. */
export const FREE = 1;

const MAX_SLOTS = 256;

/** The lowest level that anybody listens to: INFO. */
const MAX_LEVEL = 32;
/** Linux's: where the bytes are that each new program is given; rarely the same place twice. */
const AT_RANDOM = 25;
const HEADER_BYTES = 64;
const TRAMPOLINE = 16;
const BYTES = HEADER_BYTES + MAX_SLOTS * LOG_SLOT.WORDS * 4;

/** With the layout's number: another release in the same process may have another one. */
const name = "AVIO_LOG_1";

/** The block. */
export interface SharedLogBlock {
  readonly address: Pointer;
  readonly lock: Int32Array;
  readonly slots: Int32Array;
  /** The one log callback over the seats; NULL where the machine has none. */
  readonly logTrampoline: Pointer;
}

let block: SharedLogBlock | undefined;
let workersBlock: Pointer = NULL;
let trampolines = true;

/** In a worker of the module's own: the block of the thread that made it. */
export function attachAt(address: Pointer): void {
  workersBlock = address;
}

/** For tests: the first thread of the process makes no switch, as where the machine has none. */
export function disableTrampolineForTests(): void {
  trampolines = false;
}

/** The block of this process. */
export function sharedLogBlock(): SharedLogBlock {
  return block ??= findOrCreate();
}

// Threads that load the module on their own find the first one's block in C's environment. A child
// process inherits that too: the entry says whose it is.
function findOrCreate(): SharedLogBlock {
  if (workersBlock !== NULL) return at(workersBlock);
  const { ffi, libc } = native();
  const pid = libc.getpid?.() ?? 0;
  const owner = `${pid}:${libc.getauxval?.(AT_RANDOM) ?? 0}:`;
  const variable = cString(`${name}_${pid}`);
  const found = (): Pointer => {
    const entry = libc.getenv?.(variable) ?? NULL;
    const text = entry === NULL ? "" : ffi.string(entry);
    return text.startsWith(owner) ? Number(text.slice(owner.length)) as Pointer : NULL;
  };
  const existing = found();
  if (existing !== NULL) return at(existing);
  const made = make();
  libc.setenv?.(variable, cString(`${owner}${made}`), 0);
  const winner = found();
  return at(winner === NULL ? made : winner);
}

// Never freed: other threads may be at it until the process ends.
function make(): Pointer {
  const lib = native();
  const made = lib.avutil.av_mallocz(BYTES);
  if (made === NULL) throw new RangeError("out of memory");
  const { slots } = at(made);
  for (let i = 0; i < slots.length; i += LOG_SLOT.WORDS) slots[i + LOG_SLOT.THREAD] = FREE;
  if (trampolines) {
    const code = makeLogTrampoline(lib, advance(made, HEADER_BYTES), MAX_SLOTS, MAX_LEVEL);
    writePointer(new DataView(lib.ffi.view(made, HEADER_BYTES)), TRAMPOLINE, code);
  }
  return made;
}

function at(address: Pointer): SharedLogBlock {
  const block = native().ffi.view(address, BYTES);
  return {
    address,
    lock: new Int32Array(block, 0, LOCK_WORDS),
    slots: new Int32Array(block, HEADER_BYTES),
    logTrampoline: readPointer(new DataView(block), TRAMPOLINE),
  };
}
