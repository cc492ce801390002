/**
 * Where the threads of a process meet: one block of native memory, whoever made it.
 *
 * @module
 */
import {
  advance,
  cString,
  makeLogSwitch,
  native,
  NULL,
  type Pointer,
  readPointer,
  Seat,
  writePointer,
} from "../../ffi/mod.ts";

/** Words that `gate.ts` has, at the block's start. */
export const GATE_WORDS = 4;
/** In a seat's low word: nobody listens there. No thread's address has this bit. */
export const RESTING = 1;

const SEATS = 256;

/** The lowest level that anybody listens to: INFO. */
const LOWEST = 32;
/** Linux's: where the bytes are that each new program is given; rarely the same place twice. */
const AT_RANDOM = 25;
const HEADER_BYTES = 64;
const SWITCH = 16;
const BYTES = HEADER_BYTES + SEATS * Seat.WORDS * 4;

/** With the layout's number: another release in the same process may have another one. */
const name = "AVIO_LOG_1";

/** The block. */
export interface Meeting {
  readonly address: Pointer;
  readonly gate: Int32Array;
  readonly seats: Int32Array;
  /** The one log callback over the seats; NULL where the machine has none. */
  readonly logSwitch: Pointer;
}

let known: Meeting | undefined;
let given: Pointer = NULL;
let switching = true;

/** In a worker of the module's own: the block of the thread that made it. */
export function meetAt(address: Pointer): void {
  given = address;
}

/** For tests: the first thread of the process makes no switch, as where the machine has none. */
export function withoutSwitch(): void {
  switching = false;
}

/** The block of this process. */
export function meeting(): Meeting {
  return known ??= meet();
}

// Threads that load the module on their own find the first one's block in C's environment. A child
// process inherits that too: the entry says whose it is.
function meet(): Meeting {
  if (given !== NULL) return at(given);
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
  const { seats } = at(made);
  for (let i = 0; i < seats.length; i += Seat.WORDS) seats[i + Seat.THREAD] = RESTING;
  if (switching) {
    const code = makeLogSwitch(lib, advance(made, HEADER_BYTES), SEATS, LOWEST);
    writePointer(new DataView(lib.ffi.view(made, HEADER_BYTES)), SWITCH, code);
  }
  return made;
}

function at(address: Pointer): Meeting {
  const block = native().ffi.view(address, BYTES);
  return {
    address,
    gate: new Int32Array(block, 0, GATE_WORDS),
    seats: new Int32Array(block, HEADER_BYTES),
    logSwitch: readPointer(new DataView(block), SWITCH),
  };
}
