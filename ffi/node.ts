/**
 * Node's FFI: the only file that says `node:ffi`.
 *
 * @module
 */
import type nodeProcess from "node:process";
import type {
  CallbackDefinition,
  CallbackFunction,
  Ffi,
  NativeCallback,
  NativeLibrary,
  NativeType,
  Pointer,
  SymbolDefinition,
  SymbolTable,
} from "./types.ts";
import { own } from "./own.ts";
import { lazyLibrary } from "./lazy_library.ts";

/** The part of `node:ffi` in use: not every compiler has its types yet. */
interface NodeFfi {
  readonly DynamicLibrary: new (path: string | null) => Library;
  getRawPointer(source: ArrayBufferView): bigint;
  toArrayBuffer(pointer: bigint, length: number, copy: boolean): ArrayBuffer;
  toString(pointer: bigint): string | null;
}

interface V8 {
  setFlagsFromString(flags: string): void;
}

interface Signature {
  readonly arguments: readonly string[];
  readonly return: string;
}

interface Library {
  getFunction(name: string, signature: Signature): Callable;
  registerCallback(signature: Signature, callback: Callable): bigint;
  unregisterCallback(pointer: bigint): void;
  close(): void;
}

type Callable = (...args: unknown[]) => unknown;

// No import of values: in a bundle every runtime would load the module.
const { process } = globalThis as unknown as { process: typeof nodeProcess };

function builtin(): NodeFfi {
  const { getBuiltinModule } = process as { getBuiltinModule?: (name: string) => unknown };
  const found = getBuiltinModule?.("node:ffi");
  if (found) {
    // Where several threads call C, the compiler of 26.10 crashes over its fast way to it.
    const { setFlagsFromString } = getBuiltinModule!("node:v8") as V8;
    setFlagsFromString("--no-turbo-fast-api-calls");
    return found as NodeFfi;
  }
  throw new Error(
    `Node ${process.versions.node} has no node:ffi: use Node 26.1 or newer, ` +
      "before 26.10 with --experimental-ffi",
  );
}

const node = builtin();

// Every address is a uint64: a `buffer` as well, so that one symbol may have two aliases.
const types = {
  void: "void",
  i32: "int32",
  u32: "uint32",
  i64: "int64",
  u64: "uint64",
  usize: "uint64",
  pair: "uint64",
  pointer: "uint64",
  buffer: "uint64",
} as const satisfies Record<NativeType, string>;

// Node hands on an address only. C may run callbacks, callbacks may run the collector, and nothing
// else may hold the bytes: they stay here until the call has returned.
const held: unknown[] = [];
let top = 0;

function addressOf(bytes: unknown): bigint {
  if (bytes === null) return 0n;
  held[top++] = bytes;
  return node.getRawPointer(bytes as ArrayBufferView);
}

/** Lets go of the buffers that a call held. */
function letGo(base: number): void {
  while (top > base) held[--top] = undefined;
}

// A callback entered with no stack left ends the process, where nothing can catch it. A call that
// may run callbacks first takes, and gives back, about the stack that C and the way into a
// callback need: a RangeError then comes out here, as of any function that recurses too deep.
const FRAMES_PER_KIB = 4;

// Parameters that are not given take room too, and faster than frames do: 260 bytes a frame.
// deno-fmt-ignore
function reserve(n: number, _a?: 0, _b?: 0, _c?: 0, _d?: 0, _e?: 0, _f?: 0, _g?: 0, _h?: 0, _i?: 0,
  _j?: 0, _k?: 0, _l?: 0, _m?: 0, _o?: 0, _p?: 0, _q?: 0, _r?: 0, _s?: 0, _t?: 0, _u?: 0, _v?: 0,
  _w?: 0, _x?: 0, _y?: 0, _z?: 0): number {
  return n === 0 ? 0 : reserve(n - 1) + 1;
}

/**
 * Numbers become what Node insists on, and back. Each symbol gets code of its own, of its own
 * arity: a call site that sees several native functions is slow.
 */
function adapted(native: Callable, symbol: SymbolDefinition): Callable {
  const { parameters, result } = symbol;
  const stack = own(symbol, "stack");
  const names = parameters.map((_, i) => `a${i}`);
  const given = parameters.map((type, i) =>
    type === "i32" || type === "u32"
      ? `a${i}`
      : type === "buffer"
      ? `addressOf(a${i})`
      : `BigInt(a${i})`
  );
  const call = `native(${names.join()})`;
  const back = types[result].endsWith("64") && result !== "pair" ? `Number(${call})` : call;
  const lines = [
    ...given.map((value, i) => value === names[i] ? "" : `a${i}=${value};`),
    stack === undefined ? "" : `reserve(${stack * FRAMES_PER_KIB});`,
    `return ${back};`,
  ].join("");
  const body = parameters.includes("buffer")
    ? `const base=mark();try{${lines}}finally{letGo(base)}`
    : lines;
  return new Function(
    ...["native", "addressOf", "mark", "letGo", "reserve"],
    `return(${names.join()})=>{${body}}`,
  )(native, addressOf, () => top, letGo, reserve);
}

function signatureOf({ parameters, result }: SymbolDefinition | CallbackDefinition): Signature {
  return { arguments: parameters.map((type) => types[type]), return: types[result] };
}

// Closing a library is the caller's business, never the collector's.
const libraries = new Set<Library>();

function open<T extends SymbolTable>(
  path: string,
  table: T,
  now: readonly string[] = Object.keys(table),
): NativeLibrary<T> {
  const library = new node.DynamicLibrary(path);
  const bind = (name: string, symbol: SymbolDefinition) => {
    try {
      return adapted(library.getFunction(name, signatureOf(symbol)), symbol);
    } catch (error) {
      if (!own(symbol, "optional")) throw error;
      return null;
    }
  };
  libraries.add(library);
  const close = () => {
    if (libraries.delete(library)) library.close();
  };
  return lazyLibrary(table, now, bind, close);
}

// A callback belongs to a library in Node: to the process itself here, to a system one on Windows.
let owner: Library | undefined;

function callback(
  definition: CallbackDefinition,
  fn: CallbackFunction,
  failure: number,
): NativeCallback {
  const convert = resultOf(definition.result);
  const failed = convert(failure);
  // Node ends the process when a callback throws or returns another type than the declared one.
  const handler = (...args: unknown[]): unknown => {
    try {
      return convert(fn(...args.map(Number)) ?? 0);
    } catch {
      return failed;
    }
  };
  const library = owner ??= new node.DynamicLibrary(
    process.platform === "win32" ? "kernel32.dll" : null,
  );
  const pointer = library.registerCallback(signatureOf(definition), handler);
  return {
    pointer: Number(pointer) as Pointer,
    close: () => library.unregisterCallback(pointer),
  };
}

function resultOf(type: CallbackDefinition["result"]): (value: number) => unknown {
  switch (type) {
    case "void":
      return () => undefined;
    case "i32":
      return (value) => value | 0;
    case "i64":
      return (value) => BigInt.asIntN(64, BigInt(Math.trunc(value)));
    case "pointer":
      return (value) => BigInt.asUintN(64, BigInt(Math.trunc(value)));
  }
}

const systems: Record<string, Ffi["os"]> = {
  linux: "linux",
  darwin: "darwin",
  win32: "windows",
  freebsd: "freebsd",
  android: "android",
};

/** The FFI of Node. */
export const ffi: Ffi = {
  runtime: "node",
  os: systems[process.platform] ?? "other",
  arch: process.arch === "x64" ? "x86_64" : process.arch === "arm64" ? "aarch64" : process.arch,
  isMainThread: process.getBuiltinModule("node:worker_threads").isMainThread,
  open,
  callback,
  view: (pointer, length) => node.toArrayBuffer(BigInt(pointer), length, false),
  address: (view) => {
    // A small array lives in the collector's heap, and moves, until its buffer is asked for.
    void view.buffer;
    return Number(node.getRawPointer(view)) as Pointer;
  },
  string: (pointer) => {
    if (pointer === 0) throw new TypeError("null pointer read");
    // As a TextDecoder does: a byte order mark is not part of the text.
    return (node.toString(BigInt(pointer)) ?? "").replace(/^\ufeff/, "");
  },
  environment: (name) => own(process.env, name),
  onProcessEnd: (run) => void process.on("exit", run),
};
