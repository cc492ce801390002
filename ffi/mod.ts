/**
 * The native side as `lib/` sees it.
 *
 * @module
 */
import { copyInto, copyOutOf, makeBytes, type OwnBytes } from "./bytes.ts";
import { loadNative } from "./library.ts";
import type { Native } from "./native.ts";
import {
  type CallbackFunction,
  type Ffi,
  type NativeCallback,
  NULL,
  type Pointer,
} from "./types.ts";
import { readPointer } from "./struct.ts";
import { callbacks } from "./symbols.ts";

// Literal specifiers: publishing rewrites nothing else.
const { ffi }: { ffi: Ffi } = "Deno" in globalThis
  ? await import("./deno.ts")
  : "Bun" in globalThis
  ? await import("./bun.ts")
  : await import("./node.ts");

/** The libraries, opened and checked at the first call. */
export function native(): Native {
  return loadNative(ffi);
}

type CallbackKind = keyof typeof callbacks;

/** A native callback whose JavaScript side can be exchanged. */
interface Trampoline {
  readonly callback: NativeCallback;
  target: CallbackFunction | undefined;
  failure: number;
}

// Closed callbacks are kept and used again: making one costs more than a call, Deno keeps some
// memory of each that is closed, and C calling one that is idle gets an error, not a crash.
const idle = new Map<CallbackKind, Trampoline[]>();
let live = 0;

/** How many native callbacks are in use: zero when everything has been closed. */
export function liveCallbacks(): number {
  return live;
}

function makeTrampoline(kind: CallbackKind): Trampoline {
  const handler: CallbackFunction = (a, b, c, d, e) => {
    const { target, failure } = trampoline;
    return target === undefined ? failure : target(a, b, c, d, e);
  };
  const trampoline: Trampoline = {
    callback: ffi.callback(callbacks[kind], handler, -1),
    target: undefined,
    failure: -1,
  };
  return trampoline;
}

/**
 * Makes a callback that C can call. `fn` must not throw; `failure` answers for a call after it
 * was closed.
 */
export function createCallback(
  kind: CallbackKind,
  fn: CallbackFunction,
  failure: number,
): NativeCallback {
  const trampoline = idle.get(kind)?.pop() ?? makeTrampoline(kind);
  trampoline.target = fn;
  trampoline.failure = failure;
  live++;
  let open = true;
  return {
    pointer: trampoline.callback.pointer,
    close() {
      if (!open) return;
      open = false;
      live--;
      trampoline.target = undefined;
      const free = idle.get(kind);
      if (free) free.push(trampoline);
      else idle.set(kind, [trampoline]);
    },
  };
}

/** A fresh copy of native memory; zeros where there is none. */
export function copyOf(pointer: Pointer, length: number): Uint8Array<ArrayBuffer> {
  const copy = makeBytes(length);
  if (pointer !== NULL) copyOut(copy, pointer);
  return copy;
}

/** Copies the first `length` bytes, by default all, to an address of C's that has as many. */
export function copyIn(target: Pointer, bytes: OwnBytes, length?: number): void {
  copyInto(native().libc, target, bytes, length);
}

/** Fills the first `length` bytes, by default all, from an address of C's that has as many. */
export function copyOut(into: OwnBytes, source: Pointer, length?: number): void {
  copyOutOf(native().libc, into, source, length);
}

/** The pointer that is stored at an address: the name that many of libav's structs begin with. */
export function pointerAt(address: Pointer): Pointer {
  return readPointer(new DataView(ffi.view(address, 8)), 0);
}

/** Has the runtime permit a worker that reads its modules from a folder or file. */
export function permitWorker(from: URL): void {
  ffi.permitWorker?.(from);
}

/** Calls `run` at the end of a process whose threads must have left C before. */
export function onProcessEnd(run: () => void): void {
  ffi.onProcessEnd?.(run);
}

/** The platform the module runs on. */
export const platform: Pick<Ffi, "runtime" | "os" | "arch" | "isMainThread"> = ffi;

export {
  copyBytes,
  detachBuffer,
  isFixed,
  lendBytes,
  makeBytes,
  ownBuffer,
  ownBufferSource,
  type OwnBytes,
  ownBytes,
  partOf,
} from "./bytes.ts";
export { type CallGate, setCallGate } from "./call_gate.ts";
export { whenLoaded } from "./library.ts";
export { CLAIMING, FREE, LOG_SLOT } from "./log_slot.ts";
export { LogTrampoline, makeLogTrampoline } from "./log_trampoline.ts";
export { sharedPointer } from "./shared_page.ts";
export type { Native, StructName, Version } from "./native.ts";
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
