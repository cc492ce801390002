/**
 * Bytes that a program hands over: read once, by intrinsics, and checked before use.
 *
 * @module
 */
import type { AllowSharedBufferSource } from "./frame_types.ts";
import { isArrayBuffer, isSharedArrayBuffer } from "./webidl.ts";

/** Bytes as a view; `detached` where the buffer behind it is gone. */
export interface SourceBytes {
  /** A view of the very memory of the program. */
  readonly bytes: Uint8Array;
  /** Its buffer is detached. */
  readonly detached: boolean;
  /** Its buffer. */
  readonly buffer: ArrayBufferLike;
}

const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object;
const getterOf = (prototype: object, name: string): () => unknown =>
  Object.getOwnPropertyDescriptor(prototype, name)!.get!;
const typedArrayGetters = [
  getterOf(typedArray, "buffer"),
  getterOf(typedArray, "byteOffset"),
  getterOf(typedArray, "byteLength"),
] as const;
const dataViewGetters = [
  getterOf(DataView.prototype, "buffer"),
  getterOf(DataView.prototype, "byteOffset"),
  getterOf(DataView.prototype, "byteLength"),
] as const;

/** True for a buffer or a view of one. */
export function isBufferSource(value: unknown): value is AllowSharedBufferSource {
  return ArrayBuffer.isView(value) || isArrayBuffer(value) || isSharedArrayBuffer(value);
}

/** The memory of `value`; a TypeError for anything but a buffer or a view. */
export function bytesOf(value: unknown, what: string): SourceBytes {
  if (ArrayBuffer.isView(value)) {
    const isDataView = Object.prototype.toString.call(value) === "[object DataView]" &&
      value instanceof DataView;
    const [buffer, offset, length] = isDataView ? dataViewGetters : typedArrayGetters;
    const memory = buffer.call(value) as ArrayBufferLike;
    if (isDetached(memory)) return { bytes: new Uint8Array(), detached: true, buffer: memory };
    const at = offset.call(value) as number;
    const size = length.call(value) as number;
    return { bytes: new Uint8Array(memory, at, size), detached: false, buffer: memory };
  }
  if (isArrayBuffer(value) || isSharedArrayBuffer(value)) {
    const detached = isDetached(value);
    return { bytes: detached ? new Uint8Array() : new Uint8Array(value), detached, buffer: value };
  }
  throw new TypeError(`${what}: expected an ArrayBuffer or a view of one`);
}

/** Converts to `AllowSharedBufferSource`: the object itself. */
export function bufferSource(value: unknown, what: string): AllowSharedBufferSource {
  if (isBufferSource(value)) return value;
  throw new TypeError(`${what}: expected an ArrayBuffer or a view of one`);
}

/** A copy of the bytes in a buffer of its own; a TypeError where they are detached. */
export function copyOfBytes(value: unknown, what: string): Uint8Array<ArrayBuffer> {
  const { bytes, detached } = bytesOf(value, what);
  if (detached) throw new TypeError(`${what}: the buffer is detached`);
  const copy = new Uint8Array(bytes.length);
  copy.set(bytes);
  return copy;
}

/** True for a buffer without its memory. */
export function isDetached(buffer: ArrayBufferLike): boolean {
  return isArrayBuffer(buffer) && (buffer as { detached?: boolean }).detached === true;
}

/** Throws a DataCloneError where a buffer of `transfer` is listed twice or detached. */
export function checkTransfer(transfer: readonly ArrayBuffer[]): void {
  if (new Set(transfer).size !== transfer.length) {
    throw new DOMException("transfer: a buffer is listed twice", "DataCloneError");
  }
  if (transfer.some(isDetached)) {
    throw new DOMException("transfer: a buffer is detached", "DataCloneError");
  }
}

/** Detaches each buffer of `transfer`. */
export function detachAll(transfer: readonly ArrayBuffer[]): void {
  for (const buffer of transfer) structuredClone(buffer, { transfer: [buffer] });
}
