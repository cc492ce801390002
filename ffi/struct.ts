/**
 * Typed access to native structs and to plain native memory.
 *
 * @module
 */
import { makeBytes, type OwnBytes, ownBytes } from "./bytes.ts";
import { type Ffi, NULL, type Pointer } from "./types.ts";
import type { FieldType } from "./layouts/types.ts";

/** A struct's size and fields, as resolved for the library that is loaded. */
export interface ResolvedStruct {
  readonly size: number;
  readonly fields: Readonly<Record<string, { readonly offset: number; readonly type: FieldType }>>;
}

const HIGH = 2 ** 32;
/** `AV_NOPTS_VALUE`: no timestamp. */
export const AV_NOPTS_VALUE = -(2 ** 63);

/** Reads an int64 as a number: exact up to 2^53, and `AV_NOPTS_VALUE` exactly. */
export function readInt64(view: DataView, offset: number): number {
  return view.getInt32(offset + 4, true) * HIGH + view.getUint32(offset, true);
}

/** Writes an int64 given as a number: a whole one, or `AV_NOPTS_VALUE`. */
function writeInt64(view: DataView, offset: number, value: number): void {
  const high = Math.floor(value / HIGH);
  view.setInt32(offset + 4, high, true);
  view.setUint32(offset, value - high * HIGH, true);
}

/** Reads a pointer. */
export function readPointer(view: DataView, offset: number): Pointer {
  return (view.getUint32(offset + 4, true) * HIGH + view.getUint32(offset, true)) as Pointer;
}

/** Writes a pointer. */
export function writePointer(view: DataView, offset: number, value: Pointer): void {
  view.setUint32(offset, value % HIGH, true);
  view.setUint32(offset + 4, Math.floor(value / HIGH), true);
}

/**
 * One native struct, read through one kept view. Dead once C frees the memory: the owner of the
 * struct drops this object first.
 */
export class Struct {
  /** The kept view over the whole struct. */
  readonly view: DataView;
  /** Where the struct is. */
  readonly pointer: Pointer;
  readonly #layout: ResolvedStruct;

  constructor(ffi: Ffi, pointer: Pointer, layout: ResolvedStruct) {
    this.pointer = pointer;
    this.view = new DataView(ffi.view(pointer, layout.size));
    this.#layout = layout;
  }

  /** True where this version of FFmpeg has the field. */
  has(field: string): boolean {
    return field in this.#layout.fields;
  }

  /** The offset of a field, for a hot loop that reads the view itself. */
  offset(field: string): number {
    return this.#field(field).offset;
  }

  /** The field as a number: any integer width, or a double. */
  number(field: string): number {
    const { offset, type } = this.#field(field);
    switch (type) {
      case "i32":
        return this.view.getInt32(offset, true);
      case "u32":
        return this.view.getUint32(offset, true);
      case "i64":
        return readInt64(this.view, offset);
      case "u64":
      case "pointer":
        return readPointer(this.view, offset);
      case "f64":
        return this.view.getFloat64(offset, true);
      default:
        throw new TypeError(`${field} is not a number`);
    }
  }

  /** The field as a bigint: every bit of a 64-bit value. */
  bigint(field: string): bigint {
    return this.view.getBigUint64(this.#field(field).offset, true);
  }

  /** The field as an address. */
  at(field: string): Pointer {
    return readPointer(this.view, this.#field(field).offset);
  }

  /** Writes an integer of the field's width. */
  set(field: string, value: number | bigint): void {
    const { offset, type } = this.#field(field);
    if (type === "i32") this.view.setInt32(offset, Number(value), true);
    else if (type === "u32") this.view.setUint32(offset, Number(value), true);
    else if (typeof value === "bigint") {
      this.view.setBigInt64(offset, BigInt.asIntN(64, value), true);
    } else if (Number.isInteger(value)) writeInt64(this.view, offset, value);
    else throw new RangeError(`${field} must be a whole number, not ${value}`);
  }

  #field(name: string): { readonly offset: number; readonly type: FieldType } {
    const field = this.#layout.fields[name];
    if (field === undefined) throw new RangeError(`this FFmpeg has no field ${name}`);
    return field;
  }
}

/** The address `bytes` further on. */
export function advance(pointer: Pointer, bytes: number): Pointer {
  return (pointer + bytes) as Pointer;
}

/** Room for one pointer that C fills or clears: a `T **` argument. */
export class PointerSlot {
  /** Pass this to C as the `buffer`. */
  readonly bytes: OwnBytes<ArrayBuffer> = makeBytes(8);
  readonly #view = new DataView(this.bytes.buffer);

  constructor(pointer: Pointer = NULL) {
    this.value = pointer;
  }

  get value(): Pointer {
    return readPointer(this.#view, 0);
  }

  set value(pointer: Pointer) {
    writePointer(this.#view, 0, pointer);
  }
}

const encoder = new TextEncoder();

/** A NUL-terminated copy of a string, for the length of a call; what follows a NUL is refused. */
export function cString(text: string): OwnBytes {
  if (typeof text !== "string") throw new TypeError(`expected a string, not ${typeof text}`);
  if (text.includes("\0")) {
    throw new TypeError(`a C string cannot hold a NUL: ${JSON.stringify(text)}`);
  }
  return ownBytes(encoder.encode(text + "\0"))!;
}
