/**
 * Values that several structs have: names that are constants of libav's code, and fractions.
 *
 * @module
 */
import { type Native, NULL, type Pointer, type Struct } from "../../ffi/mod.ts";
import type { Rational } from "../rational.ts";

// By address: libav's names are constants of its code.
const names = new Map<Pointer, string>();

/** A name of libav's own that may be NULL; never a string that it allocated. */
export function constantName(native: Native, pointer: Pointer): string | null {
  if (pointer === NULL) return null;
  let name = names.get(pointer);
  if (name === undefined) names.set(pointer, name = native.ffi.string(pointer));
  return name;
}

/** The number of a rational's two fields. */
export function rational(struct: Struct, field: string): Rational {
  return { num: struct.number(`${field}.num`), den: struct.number(`${field}.den`) };
}
