/**
 * libav's log, captured per call: silent on standard error, kept for {@link AVError}.
 *
 * The log callback is one for the process, so it is in place only while this thread is inside a
 * call of ours, and null (libav then drops the line) at every other time.
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

class Capture {
  readonly #native = native();
  readonly #buffer = new Uint8Array(LINE_BYTES);
  readonly #prefix = new Uint8Array(4);
  readonly #callback: NativeCallback;
  /** The same for warnings and worse alone. */
  readonly #warnings: Pointer;
  lines: string[] = [];
  listener: LogListener | undefined;
  depth = 0;
  #partial = "";

  constructor() {
    this.#callback = createCallback("log", (context, level, format, list) => {
      if ((level & 255) > (this.listener ? INFO : WARNING)) return;
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
      this.#add(level & 255, decoder.decode(this.#buffer.subarray(0, this.#buffer.indexOf(0))));
    }, 0);
    this.#warnings = filterLog(this.#native, this.#callback.pointer, WARNING);
  }

  #add(level: number, text: string): void {
    this.#partial += text;
    if (!this.#partial.endsWith("\n")) return;
    const message = this.#partial.trimEnd();
    this.#partial = "";
    if (level <= WARNING && this.lines.length < MOST_LINES) this.lines.push(message);
    this.listener?.({ level: levelName(level), message });
  }

  start(listener: LogListener | undefined): void {
    if (this.depth++ > 0) return;
    this.lines = [];
    this.#partial = "";
    this.listener = listener;
    this.#native.avutil.av_log_set_callback(listener ? this.#callback.pointer : this.#warnings);
  }

  stop(): void {
    if (--this.depth > 0) return;
    this.#native.avutil.av_log_set_callback(NULL);
    this.listener = undefined;
  }
}

let capture: Capture | undefined;

/** The log callback's own count, kept open for the life of the thread. */
export const LOG_CALLBACKS = 1;

/** Begins capturing for one native call. Every start needs its stop. */
export function startLog(listener?: LogListener): void {
  (capture ??= new Capture()).start(listener);
}

/** Ends it and returns the lines of warnings and errors. */
export function stopLog(): string[] {
  if (capture === undefined) return [];
  capture.stop();
  return capture.lines;
}
