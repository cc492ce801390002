/**
 * libav's log, captured per call: silent on standard error, kept for {@link AVError}.
 *
 * The log callback is one for the process, so it is in place only while this thread is inside a
 * call of ours that listens, and null (libav then drops the line) at every other time: see
 * `gate.ts`.
 *
 * @module
 */
import {
  createCallback,
  filterLog,
  native,
  type NativeCallback,
  NULL,
  type Pointer,
} from "../ffi/mod.ts";
import { busyThreads, enter, leave, stillInside, type Turn } from "./gate.ts";

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
  readonly listening: boolean;
  lines: readonly string[];
  readonly listener: LogListener | undefined;
  partial: string;
  turn: Turn;
}

class Capture {
  readonly #native = native();
  readonly #buffer = new Uint8Array(LINE_BYTES);
  readonly #prefix = new Uint8Array(4);
  readonly #callback: NativeCallback;
  /** The same for warnings and worse alone. */
  readonly #warnings: Pointer;
  /** The call under way; none while JavaScript runs in a callback of libav's. */
  #call: Call | undefined;

  constructor() {
    this.#native.avutil.av_log_set_callback(NULL);
    this.#callback = createCallback("log", (context, level, format, list) => {
      const call = this.#call;
      if (!call?.listening || (level & 255) > (call.listener ? INFO : WARNING)) return;
      this.#buffer[0] = 0;
      this.#prefix[0] = 0;
      this.#native.avutil.av_log_format_line2(
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
    this.#warnings = filterLog(this.#native, this.#callback.pointer, WARNING);
  }

  #takeOver = (): void => this.#native.avutil.av_log_set_callback(NULL);

  #enter(listening: boolean, listener: LogListener | undefined): Turn {
    const turn = enter(listening, this.#takeOver);
    if (listening) {
      const callback = listener ? this.#callback.pointer : this.#warnings;
      this.#native.avutil.av_log_set_callback(callback);
    }
    return turn;
  }

  #leave(turn: Turn): void {
    if (turn.listening && stillInside(turn)) this.#native.avutil.av_log_set_callback(NULL);
    leave(turn);
  }

  start(listening: boolean, listener?: LogListener): void {
    const turn = this.#enter(listening, listener);
    this.#call = { listening, lines: none, listener, partial: "", turn };
  }

  stop(): readonly string[] {
    const call = this.#call;
    if (call === undefined) return none;
    this.#leave(call.turn);
    this.#call = undefined;
    return call.lines;
  }

  pause(): Call | undefined {
    const call = this.#call;
    if (call === undefined) return undefined;
    this.#leave(call.turn);
    this.#call = undefined;
    return call;
  }

  resume(call: Call): void {
    call.turn = this.#enter(call.listening, call.listener);
    this.#call = call;
  }
}

function add(call: Call, level: number, text: string): void {
  call.partial += text;
  // A line too long for the buffer has lost its end.
  if (!call.partial.endsWith("\n") && text.length < LINE_BYTES - 1) return;
  const message = call.partial.trimEnd();
  call.partial = "";
  if (level <= WARNING && call.lines.length < MOST_LINES) call.lines = [...call.lines, message];
  call.listener?.({ level: levelName(level), message });
}

let capture: Capture | undefined;

/** The log callback's own count, kept open for the life of the thread. */
export const LOG_CALLBACKS = 1;

/**
 * Begins one native call that listens to the log. `often` marks a call made for every packet: it
 * listens only where no other thread is at work. Every start needs its {@link stopLog}.
 */
export function startLog(listener?: LogListener, often = false): void {
  (capture ??= new Capture()).start(!often || busyThreads() <= 1, listener);
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
