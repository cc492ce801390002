/**
 * Deno's FFI: the only file that says `Deno.`.
 *
 * @module
 */
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

// Addresses travel as `usize`: a number in, a bigint out, and no pointer object per call.
const parameterTypes = {
  void: "void",
  i32: "i32",
  u32: "u32",
  i64: "i64",
  u64: "u64",
  usize: "usize",
  pair: "u64",
  pointer: "usize",
  buffer: "buffer",
} as const satisfies Record<NativeType, Deno.NativeType | "void">;

type NativeCall = (...args: unknown[]) => unknown;

const wideResults: readonly NativeType[] = ["i64", "u64", "usize", "pointer"];

function pointerObject(pointer: Pointer): Deno.PointerObject {
  const object = Deno.UnsafePointer.create(BigInt(pointer));
  if (object === null) throw new TypeError("null pointer read");
  return object;
}

/** Asks for a permission once, where it is neither given nor denied. */
function permit(permission: Deno.PermissionDescriptor, message: string): void {
  const { state } = Deno.permissions.querySync(permission);
  if (state === "granted") return;
  // Without a terminal, and with --no-prompt, the answer is no at once.
  if (state === "prompt" && Deno.permissions.requestSync(permission).state === "granted") return;
  throw new Deno.errors.NotCapable(message);
}

function open<T extends SymbolTable>(
  path: string,
  table: T,
  now: readonly string[] = Object.keys(table),
): NativeLibrary<T> {
  // For all libraries: with a list of paths Deno takes a bare name for one in the working
  // directory.
  permit(
    { name: "ffi" },
    "avio calls FFmpeg's libraries, for which Deno needs the flag --allow-ffi (without paths)",
  );
  // Definitions have no prototype: Deno looks into them for what they leave out.
  const opened = [Deno.dlopen(path, {})];
  const bind = (name: string, symbol: SymbolDefinition) => {
    const library = Deno.dlopen(path, {
      [name]: {
        __proto__: null,
        parameters: symbol.parameters.map((type) => parameterTypes[type] as Deno.NativeType),
        result: parameterTypes[symbol.result],
        optional: own(symbol, "optional") ?? false,
      } as unknown as Deno.ForeignFunction,
    });
    opened.push(library);
    const fn = library.symbols[name] as unknown as NativeCall | null;
    return fn === null ? null : direct(fn, symbol);
  };
  const close = () => {
    for (const library of opened.splice(0)) library.close();
  };
  return lazyLibrary(table, now, bind, close);
}

/**
 * A function in terms of numbers around one in terms of bigints. A number for an address costs Deno
 * its fast way to C, some twenty times the call, and so does a call site that calls several
 * functions: each symbol gets code of its own, which puts the halves of a number where they are
 * read as one bigint that is never made.
 */
function direct(fn: NativeCall, { parameters, result }: SymbolDefinition): NativeCall {
  const wide = parameters.map((type) => type === "pointer" || type === "usize");
  const narrow = wideResults.includes(result);
  if (!wide.includes(true) && !narrow) return fn;
  const names = wide.map((_, i) => `a${i}`);
  const halves = wide.map((is, i) =>
    is ? `half[${2 * i}]=a${i};half[${2 * i + 1}]=a${i}/${2 ** 32};` : ""
  );
  const call = `fn(${wide.map((is, i) => is ? `whole[${i}]` : `a${i}`).join()})`;
  const half = new Uint32Array(2 * wide.length);
  return new Function(
    "fn",
    "half",
    "whole",
    `return(${names.join()})=>{${halves.join("")}return ${narrow ? `Number(${call})` : call}}`,
  )(fn, half, new BigUint64Array(half.buffer));
}

function callback(
  definition: CallbackDefinition,
  fn: CallbackFunction,
  failure: number,
): NativeCallback {
  const wide = definition.result === "i64" || definition.result === "pointer";
  // No callback has more than five parameters; what is not there is not looked at.
  const handler = (a: unknown, b: unknown, c: unknown, d: unknown, e: unknown): unknown => {
    let result: number;
    try {
      result = fn(Number(a), Number(b), Number(c), Number(d), Number(e)) ?? 0;
    } catch {
      result = failure;
    }
    // A bigint for an int32 would panic, a float for an int64 too.
    return wide
      ? BigInt(Math.trunc(result))
      : definition.result === "void"
      ? undefined
      : result | 0;
  };
  const handle = new Deno.UnsafeCallback(
    {
      __proto__: null,
      parameters: definition.parameters.map((type) => parameterTypes[type] as Deno.NativeType),
      result: parameterTypes[definition.result],
    } as unknown as Deno.UnsafeCallbackDefinition,
    // deno-lint-ignore no-explicit-any -- the definition above is not a literal type
    handler as any,
  );
  return {
    pointer: Number(Deno.UnsafePointer.value(handle.pointer)) as Pointer,
    close: () => handle.close(),
  };
}

function environment(name: string): string | undefined {
  if (Deno.permissions.querySync({ name: "env", variable: name }).state !== "granted") {
    return undefined;
  }
  return Deno.env.get(name);
}

// A worker reads its modules itself; from the web, and in a compiled program, it needs no files.
function permitWorker(folder: URL): void {
  const { standalone } = Deno.build as { standalone?: boolean };
  if (folder.protocol !== "file:" || standalone) return;
  const path = decodeURIComponent(folder.pathname).replace(/^\/(?=[A-Za-z]:)/, "")
    .replace(/(?<=.)\/$/, "");
  permit(
    { name: "read", path },
    `avio starts a worker from its own folder, for which Deno needs the flag --allow-read=${path}`,
  );
}

const systems: Record<string, Ffi["os"]> = {
  linux: "linux",
  darwin: "darwin",
  windows: "windows",
  freebsd: "freebsd",
  android: "android",
};

/** The FFI of Deno. */
export const ffi: Ffi = {
  runtime: "deno",
  os: systems[Deno.build.os] ?? "other",
  arch: Deno.build.arch,
  isMainThread: !("DedicatedWorkerGlobalScope" in globalThis),
  open,
  callback,
  view: (pointer, length) => Deno.UnsafePointerView.getArrayBuffer(pointerObject(pointer), length),
  address: (view) => {
    // A small array lives in the collector's heap, and moves, until its buffer is asked for.
    void view.buffer;
    return Number(Deno.UnsafePointer.value(Deno.UnsafePointer.of(view as BufferSource))) as Pointer;
  },
  string: decode,
  environment,
  permitWorker,
};

const decoder = new TextDecoder();
const PIECE = 64;

function decode(pointer: Pointer): string {
  const object = pointerObject(pointer);
  try {
    return Deno.UnsafePointerView.getCString(object);
  } catch (error) {
    // Not UTF-8, as in much of the media there is.
    if (error instanceof TypeError) return decodeLoosely(pointer);
    throw error;
  }
}

// A piece ends at the latest where its 64 bytes end, so that no page is touched that the string
// does not reach.
function decodeLoosely(pointer: Pointer): string {
  let length = 0;
  for (;;) {
    const from = pointer + length;
    const room = PIECE - from % PIECE;
    const piece = new Uint8Array(
      Deno.UnsafePointerView.getArrayBuffer(pointerObject(from as Pointer), room),
    );
    const end = piece.indexOf(0);
    if (end < 0) {
      length += room;
      continue;
    }
    length += end;
    return decoder.decode(
      Deno.UnsafePointerView.getArrayBuffer(pointerObject(pointer), length),
    );
  }
}
