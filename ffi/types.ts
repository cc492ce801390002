/**
 * The contract between the runtimes' FFI and everything above it.
 *
 * @module
 */
import type { OwnBytes } from "./bytes.ts";
import type { Pointer } from "./pointer.ts";

export { NULL, type Pointer } from "./pointer.ts";

/**
 * Exact C widths. `buffer` is a pointer to the bytes of an array of the module's own (or null),
 * valid for the call alone. `pair` is a struct of two C ints passed in one register, as every
 * supported ABI passes `AVRational`.
 */
export type NativeType =
  | "void"
  | "i32"
  | "u32"
  | "i64"
  | "u64"
  | "usize"
  | "pair"
  | "pointer"
  | "buffer";

/** One C function: parameters in order, and what it returns. */
export interface SymbolDefinition {
  readonly parameters: readonly NativeType[];
  readonly result: NativeType;
  /** The C name, where the key is an alias for another set of parameter types. */
  readonly name?: string;
  /** True where some supported version lacks it; it is then null. */
  readonly optional?: boolean;
  /** Where C may run callbacks before it returns: the KiB of stack it may use on the way there. */
  readonly stack?: number;
}

/** A library's functions, as pure data. */
export type SymbolTable = Readonly<Record<string, SymbolDefinition>>;

/** The signature of a callback that C calls. */
export interface CallbackDefinition {
  readonly parameters: readonly NativeType[];
  readonly result: "void" | "i32" | "i64" | "pointer";
}

interface ArgumentTypes {
  void: never;
  i32: number;
  u32: number;
  i64: number | bigint;
  u64: number | bigint;
  usize: number;
  pair: bigint;
  pointer: Pointer;
  buffer: OwnBytes | null;
}

interface ResultTypes {
  void: void;
  i32: number;
  u32: number;
  i64: number;
  u64: number;
  usize: number;
  pair: bigint;
  pointer: Pointer;
  buffer: never;
}

type Arguments<P extends readonly NativeType[]> = {
  -readonly [K in keyof P]: ArgumentTypes[P[K]];
};

type NativeFunction<D extends SymbolDefinition> = (
  ...args: Arguments<D["parameters"]>
) => ResultTypes[D["result"]];

/** The callable form of a {@link SymbolTable}. 64-bit results are numbers, exact up to 2^53. */
export type NativeFunctions<T extends SymbolTable> = {
  readonly [K in keyof T]: T[K] extends { readonly optional: true } ? NativeFunction<T[K]> | null
    : NativeFunction<T[K]>;
};

/** An opened shared library. */
export interface NativeLibrary<T extends SymbolTable> {
  readonly symbols: NativeFunctions<T>;
  close(): void;
}

/** A JavaScript function that C can call while `close` has not been called. */
export interface NativeCallback {
  readonly pointer: Pointer;
  /** Never while C may still call it, and never from inside it. */
  close(): void;
}

/** The arguments of a callback: every integer and every pointer as a number. */
export type CallbackFunction = (...args: number[]) => number | void;

/**
 * A runtime's FFI. One implementation per runtime and nothing else of that runtime anywhere.
 */
export interface Ffi {
  readonly runtime: "deno" | "bun" | "node";
  readonly os: "linux" | "darwin" | "windows" | "freebsd" | "android" | "other";
  readonly arch: string;
  /** False in any worker, known without `node:worker_threads`, which takes Deno and Bun 8 ms. */
  readonly isMainThread: boolean;
  /**
   * Opens a library by path or by bare name; throws the runtime's own error. A runtime that is slow
   * at it binds at once only the functions in `now`, by default all, and the others at their first
   * use.
   */
  open<T extends SymbolTable>(
    path: string,
    table: T,
    now?: readonly string[],
  ): NativeLibrary<T>;
  /** `fn` must not throw; what escapes it anyway is answered with `failure`. */
  callback(
    definition: CallbackDefinition,
    fn: CallbackFunction,
    failure: number,
  ): NativeCallback;
  /** A view over native memory, no copy: valid while C keeps that memory. */
  view(pointer: Pointer, length: number): ArrayBuffer;
  /**
   * Where an array's bytes are. They stay there while its buffer is neither collected,
   * transferred nor resized: all three are for the caller to rule out.
   */
  address(view: OwnBytes): Pointer;
  /** The bytes of a NUL-terminated string, decoded as UTF-8 with U+FFFD for what is not. */
  string(pointer: Pointer): string;
  /** An environment variable, or undefined where unset or where reading it is not permitted. */
  environment(name: string): string | undefined;
  /**
   * Where the runtime asks: has it permit a worker that reads its modules from a folder or file.
   * Throws the runtime's own error where it does not.
   */
  permitWorker?(from: URL): void;
  /** Where threads must have left C before the process ends: `run` is called at its end. */
  onProcessEnd?(run: () => void): void;
}
