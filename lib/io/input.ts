/**
 * Opens a synchronous input or output: turns it into the native half.
 *
 * @module
 */
import { pathOf } from "../builtin.ts";
import { nameOf } from "../check.ts";
import { AVERROR, AVError } from "../error.ts";
import type { OpenHookSync, SinkSync, SourceSync } from "./contract.ts";
import { IOContext, peekCore, takeCore } from "./avio/io_context.ts";
import {
  checkBufferSize,
  DEFAULT_BUFFER_SIZE,
  type IOCoreOptions,
  LARGE_BUFFER_SIZE,
} from "./avio/context_options.ts";
import { IOCore } from "./avio/context_core.ts";
import { directReadOf } from "./avio/direct.ts";
import { sinkAdapter, sourceAdapter } from "./avio/callback_adapter.ts";
import { askHook, assertHookResult } from "./nested/hook_call.ts";
import { releasedAfter } from "./avio/release.ts";
import { PathSink } from "./sinks/path_sink.ts";
import { spooled } from "./sources/spool_source.ts";
import { openFile } from "./sources/file_source.ts";
import { memoryInput } from "./sources/memory_source.ts";

// A guard's own read and write would be taken for those of an object that is written in place, and
// leave its parameters without types.

/** Input of the synchronous functions: bytes, a file path or `file:` URL, a source or a guard. */
export type InputSync =
  | Uint8Array
  | ArrayBuffer
  | string
  | URL
  | SourceSync
  | Omit<IOContext, "read" | "write">;

/** Output of the synchronous functions: a sink, a file path or URL, or a guard that writes. */
export type OutputSync = SinkSync | string | URL | Omit<IOContext, "read" | "write">;

/**
 * An input that is left out is asked of the hook by its name, as everything else is. Throws where
 * there is neither.
 */
export function namedInput(open: OpenHookSync | undefined, name: string | undefined): SourceSync {
  if (open === undefined || name === undefined) {
    throw new TypeError(
      "the input is undefined: give one, or the options name and open to ask for it",
    );
  }
  const source = askHook(open, name, { write: false, options: {} });
  if (source === null) {
    throw new AVError({
      code: AVERROR("ENOENT"),
      operation: "avformat_open_input",
      detail: `${JSON.stringify(name)} is not there, says the open option`,
    });
  }
  if (source === undefined) {
    throw new AVError({
      code: AVERROR("EACCES"),
      operation: "avformat_open_input",
      detail: `opening ${JSON.stringify(name)} was refused by the open option`,
    });
  }
  return assertHookResult(name, source, "read") as SourceSync;
}

/** An input, opened. */
export interface OpenedIO {
  readonly core: IOCore;
  /** The name it brings itself. */
  readonly name: string | undefined;
}

/** Opens an input; an asynchronous one gets a TypeError that says what to use. */
export function openInput(
  input: InputSync,
  options: IOCoreOptions & { readonly spool?: boolean },
): OpenedIO {
  if (input instanceof IOContext) {
    if (peekCore(input).writing) {
      throw new TypeError("the input is an IOContext that writes, as its write callback says");
    }
    return { core: takeCore(input), name: undefined };
  }
  let source = sourceOf(input);
  try {
    if (options.spool) source = spooled(source, options);
    // libavformat goes back within its buffer: both forms keep the same of what comes forward.
    const large = source.seekable !== false && directReadOf(source) !== undefined;
    const { bufferSize = large ? LARGE_BUFFER_SIZE : DEFAULT_BUFFER_SIZE } = options;
    const core: IOCore = new IOCore(sourceAdapter(source, () => core.onWouldBlock()), {
      ...options,
      bufferSize,
    });
    return { core, name: source.name };
  } catch (error) {
    throw releasedAfter(error, () => source.close?.());
  }
}

/** A source for what may be given as one; a TypeError says what may. */
export function sourceOf(input: InputSync): SourceSync {
  if (typeof input === "string") return openFile(input);
  if (input instanceof URL) return openFile(localPath(input));
  const memory = memoryInput(input);
  if (memory !== undefined) return memory;
  const source = input as Partial<SourceSync> | null;
  if (typeof source?.read === "function") return source as SourceSync;
  throw new TypeError(
    `the input is of type ${
      nameOf(input)
    }; a synchronous input is a Uint8Array, an ArrayBuffer, a file path, ` +
      "a file: URL, a SourceSync or an IOContext (a Blob, Response, stream or other URL needs the asynchronous functions)",
  );
}

/** The path of a `file:` URL; any other value as it is. Throws a TypeError for another URL. */
export function localPath<T>(value: T | URL): T | string {
  if (!(value instanceof URL)) return value;
  if (value.protocol === "file:") return pathOf(value);
  throw new TypeError(
    `the URL ${value.href} names no file: the functions that end in Sync take file: URLs alone`,
  );
}

/** An output, opened. */
export interface OpenedOutput extends OpenedIO {
  /** The sink behind it, where there is one. */
  readonly sink?: SinkSync;
  /** To be called once the header is written: what is there is to be kept. */
  readonly commit?: () => void;
}

/** Closes an input that never came to be opened. */
export function discardInput(input: InputSync | undefined): void {
  if (typeof input === "object" && "close" in input) input.close?.();
}

/** Closes an output that was not opened: a function that takes an output closes it once. */
export function discardOutput(output: OutputSync | undefined): void {
  if (typeof output === "object" && !(output instanceof URL)) output?.close?.();
}

/** Opens an output. */
export function openOutput(
  output: OutputSync,
  options: IOCoreOptions,
): OpenedOutput {
  if (output instanceof URL) return openOutput(localPath(output), options);
  if (output instanceof IOContext) {
    if (!peekCore(output).writing) {
      throw new TypeError("the output is an IOContext that reads: it has no write callback");
    }
    return { core: takeCore(output), name: undefined };
  }
  if (typeof output !== "string" && typeof (output as SinkSync | null)?.write !== "function") {
    throw new TypeError(
      "the output must be a SinkSync, a file path or an IOContext with a write callback",
    );
  }
  let sink = typeof output === "string" ? undefined : output as SinkSync;
  try {
    checkBufferSize(options.bufferSize);
    const file = sink === undefined ? new PathSink(output as string) : undefined;
    sink ??= file as PathSink;
    const core = new IOCore(sinkAdapter(sink), options);
    return { core, name: sink.name, sink, ...(file && { commit: () => file.commit() }) };
  } catch (error) {
    throw releasedAfter(error, () => sink?.close?.());
  }
}
