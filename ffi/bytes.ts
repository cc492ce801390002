/**
 * Bytes on their way to C, and the only place that copies them.
 *
 * A program may hand over a subclass, a proxy, or an array that answers for its own `length`, and
 * it may transfer the buffer in any call that it gets. So nothing that a program holds goes to C.
 * The getters of `%TypedArray%`, taken at load, tell where the bytes are; {@link OwnBytes} is a
 * plain array over them that only this module holds. A call into the program ends what was known:
 * after it the length is looked at again.
 *
 * @module
 */
import type { Pointer } from "./pointer.ts";

declare const own: unique symbol;

/**
 * A plain `Uint8Array` that no program holds, and the only one that C is given: its `length` is
 * what the engine says. Its memory may be the program's, which may transfer it: then it is empty.
 */
export type OwnBytes<B extends ArrayBufferLike = ArrayBufferLike> =
  & Uint8Array<B>
  & { readonly [own]: true };

type Method<T> = (target: unknown) => T;

function methodOf<T>(method: unknown): Method<T> {
  return Function.prototype.call.bind(method as () => T) as Method<T>;
}

function getterOf<T>(prototype: object, name: PropertyKey): Method<T> {
  return methodOf(Object.getOwnPropertyDescriptor(prototype, name)!.get);
}

const Bytes = Uint8Array;
const typedArray: object = Object.getPrototypeOf(Bytes.prototype);
const bufferOf = getterOf<ArrayBufferLike>(typedArray, "buffer");
const offsetOf = getterOf<number>(typedArray, "byteOffset");
const lengthOf = getterOf<number>(typedArray, "byteLength");
const kindOf = getterOf<string | undefined>(typedArray, Symbol.toStringTag);
const bufferLength = getterOf<number>(ArrayBuffer.prototype, "byteLength");
const transfer = methodOf<ArrayBuffer>(ArrayBuffer.prototype.transfer);
const sharedLength = getterOf<number>(SharedArrayBuffer.prototype, "byteLength");
const dataBuffer = getterOf<ArrayBufferLike>(DataView.prototype, "buffer");
const dataOffset = getterOf<number>(DataView.prototype, "byteOffset");
const dataLength = getterOf<number>(DataView.prototype, "byteLength");
const bufferResizable = getterOf<boolean>(ArrayBuffer.prototype, "resizable");

/** The bytes of any `Uint8Array`, of whatever realm or class; undefined for anything else. */
export function ownBytes<B extends ArrayBufferLike>(value: Uint8Array<B>): OwnBytes<B> | undefined;
export function ownBytes(value: unknown): OwnBytes | undefined;
export function ownBytes(value: unknown): OwnBytes | undefined {
  // A proxy has no kind, and neither has an object that only says that it is an array.
  return kindOf(value) === "Uint8Array" ? viewed(value) : undefined;
}

function viewed(array: unknown): OwnBytes {
  const length = lengthOf(array);
  // A transferred buffer cannot be looked at.
  if (length === 0) return makeBytes(0);
  return new Bytes(bufferOf(array), offsetOf(array), length) as OwnBytes;
}

/** The bytes of an `ArrayBuffer`; undefined for anything else, a `SharedArrayBuffer` too. */
export function ownBuffer(value: unknown): OwnBytes<ArrayBuffer> | undefined {
  return attempt(() => buffered(value, bufferLength)) as OwnBytes<ArrayBuffer> | undefined;
}

/**
 * The bytes of the web's `AllowSharedBufferSource`: any typed array, a `DataView`, an `ArrayBuffer`
 * or a `SharedArrayBuffer`; undefined for anything else.
 */
export function ownBufferSource(value: unknown): OwnBytes | undefined {
  if (kindOf(value) !== undefined) return viewed(value);
  return ownBuffer(value) ?? attempt(() => buffered(value, sharedLength)) ??
    attempt(() => new Bytes(dataBuffer(value), dataOffset(value), dataLength(value)) as OwnBytes);
}

function buffered(value: unknown, length: Method<number>): OwnBytes {
  return length(value) === 0 ? makeBytes(0) : new Bytes(value as ArrayBufferLike) as OwnBytes;
}

/** Undefined where an intrinsic refuses its receiver. */
function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** Zeros of our own. */
export function makeBytes(length: number): OwnBytes<ArrayBuffer> {
  return new Bytes(length) as OwnBytes<ArrayBuffer>;
}

/** The bytes `start` to before `end`, clamped, over the same memory. */
export function partOf<B extends ArrayBufferLike>(
  bytes: OwnBytes<B>,
  start: number,
  end: number = Infinity,
): OwnBytes<B> {
  const length = lengthOf(bytes);
  const from = Math.min(Math.max(start, 0), length);
  const until = Math.min(Math.max(end, from), length);
  if (from === until) return makeBytes(0) as unknown as OwnBytes<B>;
  return new Bytes(bufferOf(bytes) as B, offsetOf(bytes) + from, until - from) as OwnBytes<B>;
}

/** A copy that no program can reach. */
export function copyBytes(bytes: OwnBytes): OwnBytes<ArrayBuffer> {
  const copy = makeBytes(lengthOf(bytes));
  copy.set(bytes);
  return copy;
}

/** An array over the same memory to hand to a program: what it does to the object stays with it. */
export function lendBytes<B extends ArrayBufferLike>(bytes: OwnBytes<B>): Uint8Array<B> {
  return new Bytes(bufferOf(bytes) as B, offsetOf(bytes), lengthOf(bytes));
}

/** True for memory that keeps its length and its owner: no shared and no resizable buffer. */
export function isFixed(bytes: OwnBytes): bytes is OwnBytes<ArrayBuffer> {
  return attempt(() => !bufferResizable(bufferOf(bytes))) ?? false;
}

/**
 * Takes a view of native memory back from the program: its buffer is detached. False where the
 * program had transferred it, so that something else reaches that memory.
 */
export function detachBuffer(buffer: ArrayBuffer): boolean {
  if (bufferLength(buffer) === 0) return false;
  transfer(buffer);
  return true;
}

/** `memcpy`, either way round; given once, when libc is opened. */
interface Copier {
  copy_in(target: Pointer, source: OwnBytes, length: number): unknown;
  copy_out(target: OwnBytes, source: Pointer, length: number): unknown;
}

/** `memcpy` of the first `length` bytes to an address of C's that has as many. */
export function copyInto(
  libc: Copier,
  target: Pointer,
  bytes: OwnBytes,
  length: number = lengthOf(bytes),
): void {
  assertHolds(bytes, length);
  if (length > 0) libc.copy_in(target, bytes, length);
}

/** `memcpy` into the first `length` bytes from an address of C's that has as many. */
export function copyOutOf(
  libc: Copier,
  into: OwnBytes,
  source: Pointer,
  length: number = lengthOf(into),
): void {
  assertHolds(into, length);
  if (length > 0) libc.copy_out(into, source, length);
}

function assertHolds(bytes: OwnBytes, length: number): void {
  const held = lengthOf(bytes);
  if (length >= 0 && length <= held) return;
  throw new RangeError(
    `${length} bytes do not fit into an array of ${held}: its buffer may have been transferred`,
  );
}
