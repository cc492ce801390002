/**
 * Native memory that all threads of the process share: the lock and the slots of the log.
 *
 * @module
 */
import {
  advance,
  FREE,
  LOG_SLOT,
  LogTrampoline,
  makeLogTrampoline,
  native,
  NULL,
  type Pointer,
  readPointer,
  sharedPointer,
  writePointer,
} from "../../ffi/mod.ts";

const MAX_SLOTS = 256;

/** The highest level that any listener receives: INFO. */
const MAX_LEVEL = 32;

// The block: words of the lock, the trampoline's code and key, whether it is private, the slots.
const LOCK_WORDS = 4;
const CODE = 16;
const KEY = 24;
const PRIVATE = 28;
const HEADER_BYTES = 64;
const BYTES = HEADER_BYTES + MAX_SLOTS * LOG_SLOT.WORDS * 4;

/** The block. */
export interface SharedLogBlock {
  readonly address: Pointer;
  /** The words of `turn_lock.ts`. */
  readonly lock: Int32Array;
  readonly slots: Int32Array;
  /** The one log callback over the slots; undefined where the machine has none. */
  readonly trampoline: LogTrampoline | undefined;
  /** False where other threads may have a block of their own. */
  readonly shared: boolean;
}

let block: SharedLogBlock | undefined;
let workersBlock: Pointer = NULL;
let trampolines = true;

/** In a worker of the module's own: the block of the thread that made it. */
export function attachAt(address: Pointer): void {
  workersBlock = address;
}

/** For tests: the first thread makes no trampoline, as where the machine has none. */
export function disableTrampolineForTests(): void {
  trampolines = false;
}

/** The block of this process. */
export function sharedLogBlock(): SharedLogBlock {
  // Opening the libraries may make it.
  if (block === undefined) native();
  return block ??= findOrMake();
}

function findOrMake(): SharedLogBlock {
  if (workersBlock !== NULL) return at(workersBlock);
  const { ffi } = native();
  const found = sharedPointer(ffi, make);
  if (found !== undefined) return at(found);
  const made = make();
  new DataView(ffi.view(made, BYTES)).setUint32(PRIVATE, 1, true);
  return at(made);
}

// Never freed: other threads may use it until the process ends.
function make(): Pointer {
  const lib = native();
  const made = lib.avutil.av_mallocz(BYTES);
  if (made === NULL) throw new RangeError("out of memory");
  const bytes = lib.ffi.view(made, BYTES);
  const slots = new Int32Array(bytes, HEADER_BYTES);
  for (let i = 0; i < slots.length; i += LOG_SLOT.WORDS) slots[i + LOG_SLOT.THREAD] = FREE;
  const code = trampolines
    ? makeLogTrampoline(lib, {
      address: advance(made, HEADER_BYTES),
      count: MAX_SLOTS,
      maxLevel: MAX_LEVEL,
    })
    : undefined;
  if (code !== undefined) {
    const view = new DataView(bytes);
    view.setUint32(KEY, code.key, true);
    writePointer(view, CODE, code.page);
  }
  return made;
}

function at(address: Pointer): SharedLogBlock {
  const lib = native();
  const bytes = lib.ffi.view(address, BYTES);
  const view = new DataView(bytes);
  const page = readPointer(view, CODE);
  const key = view.getUint32(KEY, true);
  return {
    address,
    lock: new Int32Array(bytes, 0, LOCK_WORDS),
    slots: new Int32Array(bytes, HEADER_BYTES),
    trampoline: page === NULL
      ? undefined
      : new LogTrampoline(lib, { page, key }, advance(address, HEADER_BYTES)),
    shared: view.getUint32(PRIVATE, true) === 0,
  };
}
