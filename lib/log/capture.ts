/**
 * libav's log, captured per call: silent on standard error, kept for {@link AVError}.
 *
 * The log callback is one for the process, and a runtime's callback may run on no thread but its
 * own. Where the machine has the switch of `ffi/log_trampoline.ts`, each thread that is inside a call of
 * ours has a seat (`seat.ts`); elsewhere the threads take turns (`gate.ts`). At every other time
 * libav drops the line.
 *
 * @module
 */
import { createCallback, native, type NativeCallback, NULL, threadAddress } from "../../ffi/mod.ts";
import { busyThreads, Turns } from "./turn_lock.ts";
import { meeting } from "./shared_block.ts";
import { Seat } from "./thread_slot.ts";

/** A line of libav's log. */
export interface LogLine {
  /** The level's name, as libav calls it. */
  level: "panic" | "fatal" | "error" | "warning" | "info";
  /** The line, without its newline. */
  message: string;
}

/** Receives libav's log lines while a call is under way. */
export type LogListener = (line: LogLine) => void;

const WARNING = 24;
const INFO = 32;
const LINE_BYTES = 1024;
const MOST_LINES = 64;

const decoder = new TextDecoder();

function levelName(level: number): LogLine["level"] {
  return level <= 0
    ? "panic"
    : level <= 8
    ? "fatal"
    : level <= 16
    ? "error"
    : level <= 24
    ? "warning"
    : "info";
}

const none: readonly string[] = [];

/** One call of ours into libav. */
interface Call {
  listening: boolean;
  lines: readonly string[];
  listener: LogListener | undefined;
  partial: string;
}

/** Where a thread waits for its lines: alone with the log callback, or in a seat of its own. */
interface Place {
  enter(listening: boolean, most: number): void;
  leave(): void;
}

class Capture {
  readonly #native = native();
  readonly #buffer = new Uint8Array(LINE_BYTES);
  readonly #prefix = new Uint8Array(4);
  readonly #callback: NativeCallback;
  readonly #place: Place;
  /** True where listening keeps no other thread out. */
  readonly free: boolean;
  /** The call under way; none while JavaScript runs in a callback of libav's. */
  #call: Call | undefined;
  /** The one before, for the next: there is one for every packet. */
  #spare: Call | undefined;

  constructor() {
    const { avutil } = this.#native;
    this.#callback = createCallback("log", (context, level, format, list) => {
      const call = this.#call;
      if (!call?.listening || (level & 255) > most(call.listener)) return;
      this.#buffer[0] = 0;
      this.#prefix[0] = 0;
      avutil.av_log_format_line2(
        context as never,
        level,
        format as never,
        list as never,
        this.#buffer,
        LINE_BYTES,
        this.#prefix,
      );
      add(call, level & 255, decoder.decode(this.#buffer.subarray(0, this.#buffer.indexOf(0))));
    }, 0);
    const { pointer } = this.#callback;
    const there = meeting();
    const thread = there.logSwitch === NULL ? NULL : threadAddress(this.#native);
    this.free = thread !== NULL;
    this.#place = this.free ? new Seat(there, thread, pointer) : new Turns(pointer);
    this.claim();
  }

  /** Whoever else in the process has set a log callback: the calls of ours are ours. */
  claim(): void {
    if (this.free) this.#native.avutil.av_log_set_callback(meeting().logSwitch);
  }

  start(listening: boolean, listener?: LogListener): void {
    const call = this.#spare ?? { listening, lines: none, listener, partial: "" };
    this.#spare = undefined;
    call.listening = listening;
    call.listener = listener;
    this.resume(call);
  }

  stop(): readonly string[] {
    const call = this.pause();
    if (call === undefined) return none;
    const { lines } = call;
    call.lines = none;
    call.partial = "";
    call.listener = undefined;
    this.#spare = call;
    return lines;
  }

  pause(): Call | undefined {
    const call = this.#call;
    if (call === undefined) return undefined;
    this.#place.leave();
    this.#call = undefined;
    return call;
  }

  resume(call: Call): void {
    this.#place.enter(call.listening, most(call.listener));
    this.#call = call;
  }
}

/** The lowest level that is wanted. */
function most(listener: LogListener | undefined): number {
  return listener === undefined ? WARNING : INFO;
}

function add(call: Call, level: number, text: string): void {
  call.partial += text;
  // A line too long for the buffer has lost its end.
  if (!call.partial.endsWith("\n") && text.length < LINE_BYTES - 1) return;
  const message = call.partial.trimEnd();
  call.partial = "";
  if (level <= WARNING && call.lines.length < MOST_LINES) call.lines = [...call.lines, message];
  const { listener } = call;
  // It may call libav itself.
  if (listener) outside(() => listener({ level: levelName(level), message }));
}

let capture: Capture | undefined;

/** The log callback's own count, kept open for the life of the thread. */
export const LOG_CALLBACKS = 1;

/**
 * Begins one native call that listens to the log. `often` marks a call made for every packet: where
 * threads take turns it listens only if no other one is at work. Every start needs its
 * {@link stopLog}.
 */
export function startLog(listener?: LogListener, often = false): void {
  const log = capture ??= new Capture();
  if (!often) log.claim();
  log.start(!often || log.free || busyThreads() <= 1, listener);
}

/** Ends it and returns the lines of warnings and errors. */
export function stopLog(): readonly string[] {
  return capture?.stop() ?? none;
}

/** Native calls that may log, and whose lines nobody wants. */
export function quietly<R>(run: () => R): R {
  const quiet = capture ??= new Capture();
  quiet.start(false);
  try {
    return run();
  } finally {
    quiet.stop();
  }
}

/** Runs what a callback of libav's does: others may go inside meanwhile. */
export function outside<R>(run: () => R): R {
  const call = capture?.pause();
  if (call === undefined) return run();
  try {
    return run();
  } finally {
    capture?.resume(call);
  }
}
