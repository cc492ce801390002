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
  NativeFunctions,
  NativeLibrary,
  NativeType,
  Pointer,
  SymbolTable,
} from "./types.ts";

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

const wideResults: readonly NativeType[] = ["i64", "u64", "usize", "pointer"];

function pointerObject(pointer: Pointer): Deno.PointerObject {
  const object = Deno.UnsafePointer.create(BigInt(pointer));
  if (object === null) throw new TypeError("null pointer read");
  return object;
}

function open<T extends SymbolTable>(path: string, table: T): NativeLibrary<T> {
  const definition: Record<string, Deno.ForeignFunction> = {};
  for (const [key, symbol] of Object.entries(table)) {
    definition[key] = {
      name: symbol.name ?? key,
      parameters: symbol.parameters.map((type) => parameterTypes[type] as Deno.NativeType),
      result: parameterTypes[symbol.result],
      optional: symbol.optional ?? false,
    };
  }
  const library = Deno.dlopen(path, definition);
  const native = library.symbols as unknown as Record<
    string,
    ((...args: unknown[]) => unknown) | null
  >;
  const symbols: Record<string, unknown> = {};
  for (const [key, symbol] of Object.entries(table)) {
    const fn = native[key];
    if (fn === null) symbols[key] = null;
    else if (wideResults.includes(symbol.result)) {
      symbols[key] = narrowed(fn, symbol.parameters.length);
    } else symbols[key] = fn;
  }
  return {
    symbols: symbols as NativeFunctions<T>,
    close: () => library.close(),
  };
}

/** 64-bit results as numbers. One arity each, so that no call gathers its arguments. */
function narrowed(
  fn: (...args: unknown[]) => unknown,
  arity: number,
): (...args: unknown[]) => number {
  switch (arity) {
    case 0:
      return () => Number(fn());
    case 1:
      return (a) => Number(fn(a));
    case 2:
      return (a, b) => Number(fn(a, b));
    case 3:
      return (a, b, c) => Number(fn(a, b, c));
    default:
      return (...args) => Number(fn(...args));
  }
}

function callback(
  definition: CallbackDefinition,
  fn: CallbackFunction,
  failure: number,
): NativeCallback {
  const wide = definition.result === "i64" || definition.result === "pointer";
  const handler = (...args: unknown[]): unknown => {
    let result: number;
    try {
      result = fn(...args.map(Number)) ?? 0;
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
      parameters: definition.parameters.map((type) => parameterTypes[type] as Deno.NativeType),
      result: parameterTypes[definition.result],
    } as Deno.UnsafeCallbackDefinition,
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
  open,
  callback,
  view: (pointer, length) => Deno.UnsafePointerView.getArrayBuffer(pointerObject(pointer), length),
  string: (pointer) => {
    const object = pointerObject(pointer);
    return decode(object);
  },
  environment,
};

const decoder = new TextDecoder();

// UnsafePointerView.getCString throws on what is not UTF-8; media is full of that.
function decode(object: Deno.PointerObject): string {
  const view = new Deno.UnsafePointerView(object);
  let length = 0;
  while (view.getUint8(length) !== 0) length++;
  if (length === 0) return "";
  return decoder.decode(Deno.UnsafePointerView.getArrayBuffer(object, length));
}
