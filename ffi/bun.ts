/**
 * Bun's FFI: the only file that says `bun:ffi`.
 *
 * @module
 */
import type nodeProcess from "node:process";
import type {
  CallbackDefinition,
  CallbackFunction,
  Ffi,
  NativeCallback,
  NativeFunctions,
  NativeLibrary,
  NativeType,
  Pointer,
  SymbolDefinition,
  SymbolTable,
} from "./types.ts";
import { own } from "./own.ts";

/** The part of `bun:ffi` in use. Its types are Bun's own package, which few projects have. */
interface BunFfi {
  dlopen(path: string, symbols: Readonly<Record<string, Signature>>): Library;
  readonly FFIType: Readonly<Record<string, FFIType>>;
  readonly JSCallback: new (handler: Callable, signature: Signature) => {
    readonly ptr: number | null;
    close(): void;
  };
  ptr(view: Uint8Array): number;
  readonly read: { u8(pointer: number, offset: number): number };
  toArrayBuffer(pointer: number, offset: number, length: number): ArrayBuffer;
}

type FFIType = number & { readonly ffi: unique symbol };
type Callable = (...args: unknown[]) => unknown;

interface Signature {
  readonly args: readonly FFIType[];
  readonly returns: FFIType;
}

interface Library {
  readonly symbols: Readonly<Record<string, Callable>>;
  close(): void;
}

// No import of values: in a bundle every runtime would load the module.
const { Bun, process } = globalThis as unknown as {
  readonly Bun: { readonly isMainThread: boolean };
  readonly process: typeof nodeProcess;
};

// Asked for by name: a bundle with an import of it would start on no other runtime.
const { dlopen, FFIType, JSCallback, ptr, read, toArrayBuffer } = (process as unknown as {
  getBuiltinModule(name: "bun:ffi"): BunFfi;
}).getBuiltinModule("bun:ffi");

const types = {
  void: FFIType.void,
  i32: FFIType.i32,
  u32: FFIType.u32,
  i64: FFIType.i64_fast,
  u64: FFIType.u64_fast,
  usize: FFIType.u64_fast,
  pair: FFIType.u64,
  pointer: FFIType.ptr,
  buffer: FFIType.ptr,
} as const satisfies Record<NativeType, FFIType>;

function definitionOf(symbol: SymbolDefinition): Signature {
  return { args: symbol.parameters.map((type) => types[type]), returns: types[symbol.result] };
}

function open<T extends SymbolTable>(path: string, table: T): NativeLibrary<T> {
  // Bun has neither aliases nor optional symbols: those are opened one by one.
  const required: Record<string, ReturnType<typeof definitionOf>> = {};
  const single: [string, SymbolDefinition][] = [];
  for (const [key, symbol] of Object.entries(table)) {
    if (own(symbol, "optional") || (own(symbol, "name") ?? key) !== key) single.push([key, symbol]);
    else required[key] = definitionOf(symbol);
  }
  const libraries = Object.keys(required).length === 0 ? [] : [dlopen(path, required)];
  const symbols: Record<string, Callable | null> = Object.create(null);
  for (const key of Object.keys(required)) {
    symbols[key] = adapted(libraries[0].symbols[key] as Callable, table[key]);
  }
  for (const [key, symbol] of single) {
    const name = own(symbol, "name") ?? key;
    try {
      const library = dlopen(path, { [name]: definitionOf(symbol) });
      libraries.push(library);
      symbols[key] = adapted(library.symbols[name] as Callable, symbol);
    } catch (error) {
      if (!own(symbol, "optional")) throw error;
      symbols[key] = null;
    }
  }
  return {
    symbols: symbols as NativeFunctions<T>,
    close: () => {
      for (const library of libraries) library.close();
    },
  };
}

/** A null pointer comes back as null, and an int64 beyond 2^53 as a bigint. */
function adapted(fn: Callable, symbol: SymbolDefinition): Callable {
  switch (symbol.result) {
    case "i64":
    case "u64":
    case "usize":
    case "pointer":
      return (...args) => Number(fn(...args));
    default:
      return fn;
  }
}

function callback(
  definition: CallbackDefinition,
  fn: CallbackFunction,
  failure: number,
): NativeCallback {
  const wide = definition.result === "i64";
  // No callback has more than five parameters; what is not there is not looked at.
  const handler = (a: unknown, b: unknown, c: unknown, d: unknown, e: unknown): unknown => {
    let result: number;
    try {
      result = fn(Number(a), Number(b), Number(c), Number(d), Number(e)) ?? 0;
    } catch {
      result = failure;
    }
    return wide ? BigInt(Math.trunc(result)) : definition.result === "void" ? undefined : result;
  };
  const handle = new JSCallback(handler, {
    args: definition.parameters.map((type) => callbackTypes[type]),
    returns: callbackTypes[definition.result],
  });
  return { pointer: Number(handle.ptr) as Pointer, close: () => handle.close() };
}

const callbackTypes = { ...types, i64: FFIType.i64 } as const;

const systems: Record<string, Ffi["os"]> = {
  linux: "linux",
  darwin: "darwin",
  win32: "windows",
  freebsd: "freebsd",
  android: "android",
};

const decoder = new TextDecoder();

/** The FFI of Bun. */
export const ffi: Ffi = {
  runtime: "bun",
  os: systems[process.platform] ?? "other",
  arch: process.arch === "x64" ? "x86_64" : process.arch === "arm64" ? "aarch64" : process.arch,
  isMainThread: Bun.isMainThread,
  open,
  callback,
  view: (pointer, length) => toArrayBuffer(pointer as number, 0, length),
  address: (view) => {
    // A small array's bytes move out of the collector's heap when its buffer is asked for.
    void view.buffer;
    return Number(ptr(view)) as Pointer;
  },
  string: (pointer) => {
    const native = pointer as number;
    let length = 0;
    while (read.u8(native, length) !== 0) length++;
    return length === 0 ? "" : decoder.decode(toArrayBuffer(native, 0, length));
  },
  environment: (name) => own(process.env, name),
};
