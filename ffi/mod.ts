/**
 * What `lib/` may see of the native side.
 *
 * @module
 */
import { loadNative, type Native } from "./library.ts";
import type { CallbackFunction, Ffi, NativeCallback } from "./types.ts";
import { callbacks } from "./symbols.ts";

// Literal specifiers: publishing rewrites nothing else.
const { ffi }: { ffi: Ffi } = "Deno" in globalThis
  ? await import("./deno.ts")
  : await import("./bun.ts");

/** The libraries, opened and checked at the first call. */
export function native(): Native {
  return loadNative(ffi);
}

let live = 0;

/** How many native callbacks are open: zero when everything has been closed. */
export function liveCallbacks(): number {
  return live;
}

/**
 * Makes a callback that C can call. `fn` must not throw; `failure` answers for what escapes it
 * all the same (a stack overflow on the way in).
 */
export function createCallback(
  kind: keyof typeof callbacks,
  fn: CallbackFunction,
  failure: number,
): NativeCallback {
  const callback = ffi.callback(callbacks[kind], fn, failure);
  live++;
  let open = true;
  return {
    pointer: callback.pointer,
    close() {
      if (!open) return;
      open = false;
      live--;
      callback.close();
    },
  };
}

/** The platform the module runs on. */
export const platform: Pick<Ffi, "runtime" | "os" | "arch"> = ffi;

export type { Native, StructName, Version } from "./library.ts";
export { LibraryNotFoundError, UnsupportedVersionError } from "./errors.ts";
export { NULL, type Pointer } from "./types.ts";
export type { NativeCallback } from "./types.ts";
export {
  advance,
  AV_NOPTS_VALUE,
  cString,
  PointerSlot,
  readInt64,
  readPointer,
  Struct,
  writePointer,
} from "./struct.ts";
export { averrorTags } from "./averror.ts";
export { errnoTables } from "./errno.ts";
