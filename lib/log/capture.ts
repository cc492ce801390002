/**
 * libav's log, captured per call: silent on standard error, kept for {@link AVError}.
 *
 * The log callback is one for the process, and a runtime's callback may run on no thread but its
 * own. Where the machine has the trampoline of `ffi/log_trampoline.ts`, each thread inside a call
 * of this module has a slot (`thread_slot.ts`); elsewhere the threads take turns (`turn_lock.ts`).
 * At every other time libav drops the line.
 *
 * @module
 */
import {
  createCallback,
  makeBytes,
  native,
  type NativeCallback,
  NULL,
  type Pointer,
  pointerAt,
  setCallGate,
  whenLoaded,
} from "../../ffi/mod.ts";
import { LogLock, threadsWithOpenContexts } from "./turn_lock.ts";
import { sharedLogBlock } from "./shared_block.ts";
import { LogSlot } from "./thread_slot.ts";
import { unloggedCalls } from "./unlogged_calls.ts";

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
const MAX_LINES = 64;

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

const codecClasses: ReadonlySet<string> = new Set([
  "AVCodecContext",
  "IMGUTILS",
  "SWResampler",
  "SWScaler",
]);

/** One call of ours into libav. */
interface Call {
  listening: boolean;
  lines: readonly string[];
  listener: LogListener | undefined;
  partial: string;
  /** The last line that no codec logged: the likely reason of a failure. */
  reason: string | undefined;
}

/** How a thread receives its lines: alone with the log callback, or by a slot of its own. */
interface LogRoute {
  enter(listening: boolean, maxLevel: number): void;
  leave(): void;
}

/** No lines at all: threads that this one does not see would run its callback. */
class SilentRoute implements LogRoute {
  enter(): void {
    native().avutil.av_log_set_callback(NULL);
  }

  leave(): void {}
}

class Capture {
  readonly #native = native();
  readonly #buffer = makeBytes(LINE_BYTES);
  readonly #prefix = makeBytes(4);
  readonly #callback: NativeCallback;
  readonly #route: LogRoute;
  /** True where listening keeps no other thread out. */
  readonly concurrent: boolean;
  /** The call under way; none while JavaScript runs in a callback of libav's. */
  #call: Call | undefined;
  /** The one before, for the next: there is one for every packet. */
  #spare: Call | undefined;
  /** The reason that the last call logged. */
  reason: string | undefined;
  /** By the address of an AVClass, whether it is a codec's. */
  readonly #codecClasses = new Map<Pointer, boolean>();

  constructor() {
    const { avutil } = this.#native;
    this.#callback = createCallback("log", (context, level, format, list) => {
      const call = this.#call;
      if (!call?.listening || (level & 255) > maxLevel(call.listener)) return;
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
      const text = decoder.decode(this.#buffer.subarray(0, this.#buffer.indexOf(0)));
      add(call, level & 255, text, this.#isCodec(context as Pointer));
    }, 0);
    const { pointer } = this.#callback;
    const shared = sharedLogBlock();
    this.concurrent = shared.trampoline !== undefined;
    this.#route = shared.trampoline !== undefined
      ? new LogSlot(shared.slots, shared.trampoline, pointer)
      : shared.shared
      ? new LogLock(pointer)
      : new SilentRoute();
    if (this.#route instanceof LogLock) setCallGate((call) => this.#inTurn(call), unloggedCalls);
    this.installCallback();
  }

  /**
   * Runs a call that listens to nothing. Its lines would go to a callback that another thread has
   * set, and a runtime ends or hangs where its callback is called on a foreign thread.
   */
  #inTurn<R>(call: () => R): R {
    if (this.#call !== undefined) return call();
    const { reason } = this;
    this.start(false);
    try {
      return call();
    } finally {
      this.stop();
      this.reason = reason;
    }
  }

  /**
   * True for the context of a codec or of what serves one: `avformat_find_stream_info` decodes, and
   * a damaged picture is no reason for which a file cannot be read.
   */
  #isCodec(context: Pointer): boolean {
    if (context === NULL) return false;
    const { ffi } = this.#native;
    const at = pointerAt(context);
    if (at === NULL) return false;
    let known = this.#codecClasses.get(at);
    if (known === undefined) {
      // `const char *class_name` is the first field in every version.
      const name = pointerAt(at);
      known = name !== NULL && codecClasses.has(ffi.string(name));
      this.#codecClasses.set(at, known);
    }
    return known;
  }

  /** Sets the log callback anew, should the program have set another one. */
  installCallback(): void {
    const { trampoline } = sharedLogBlock();
    if (trampoline) this.#native.avutil.av_log_set_callback(trampoline.callback);
  }

  start(listening: boolean, listener?: LogListener): void {
    const call = this.#spare ??
      { listening, lines: none, listener, partial: "", reason: undefined };
    this.#spare = undefined;
    call.listening = listening;
    call.listener = listener;
    this.resume(call);
  }

  stop(): readonly string[] {
    const call = this.pause();
    if (call === undefined) return none;
    const { lines } = call;
    this.reason = call.reason;
    call.reason = undefined;
    call.lines = none;
    call.partial = "";
    call.listener = undefined;
    this.#spare = call;
    return lines;
  }

  pause(): Call | undefined {
    const call = this.#call;
    if (call === undefined) return undefined;
    this.#route.leave();
    this.#call = undefined;
    return call;
  }

  resume(call: Call): void {
    this.#route.enter(call.listening, maxLevel(call.listener));
    this.#call = call;
  }
}

/** The lowest level that is wanted. */
function maxLevel(listener: LogListener | undefined): number {
  return listener === undefined ? WARNING : INFO;
}

function add(call: Call, level: number, text: string, isCodec: boolean): void {
  call.partial += text;
  // A line too long for the buffer has lost its end.
  if (!call.partial.endsWith("\n") && text.length < LINE_BYTES - 1) return;
  const message = call.partial.trimEnd();
  call.partial = "";
  if (level <= WARNING && call.lines.length < MAX_LINES) call.lines = [...call.lines, message];
  if (level <= WARNING && !isCodec) call.reason = message;
  const { listener } = call;
  // It may call libav itself.
  if (listener) withLogPaused(() => listener({ level: levelName(level), message }));
}

let capture: Capture | undefined;

// Where threads take turns, before the first call of any function: another one may listen already.
whenLoaded(() => {
  if (sharedLogBlock().trampoline === undefined) capture ??= new Capture();
});

/** The log callback's own count, kept open for the life of the thread. */
export const LOG_CALLBACKS = 1;

/**
 * Begins one native call that listens to the log. `often` marks a call made for every packet: where
 * threads take turns it listens only if no other one is at work. Every start needs its
 * {@link stopLog}.
 */
export function startLog(listener?: LogListener, often = false): void {
  const log = capture ??= new Capture();
  if (!often) log.installCallback();
  log.start(!often || log.concurrent || threadsWithOpenContexts() <= 1, listener);
}

/** Ends it and returns the lines of warnings and errors. */
export function stopLog(): readonly string[] {
  return capture?.stop() ?? none;
}

/** The line of the call that ended last which says why it failed; undefined without one. */
export function logReason(): string | undefined {
  return capture?.reason;
}

/** Runs one native call that listens to the log: its result, and its warnings and errors. */
export function withLog(
  run: () => number,
  often = false,
): { readonly code: number; readonly log: readonly string[] } {
  startLog(undefined, often);
  let code: number;
  let log: readonly string[] = none;
  try {
    code = run();
  } finally {
    log = stopLog();
  }
  return { code, log };
}

/** Runs native calls whose log lines are dropped. */
export function withLogSuppressed<R>(run: () => R): R {
  const quiet = capture ??= new Capture();
  quiet.start(false);
  try {
    return run();
  } finally {
    quiet.stop();
  }
}

/** Runs what a callback of libav's does: others may go inside meanwhile. */
export function withLogPaused<R>(run: () => R): R {
  const call = capture?.pause();
  if (call === undefined) return run();
  try {
    return run();
  } finally {
    capture?.resume(call);
  }
}
