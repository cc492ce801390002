/**
 * AVDictionary in both directions.
 *
 * @module
 */
import {
  advance,
  cString,
  type Native,
  native,
  NULL,
  type Pointer,
  PointerSlot,
  readPointer,
} from "../ffi/mod.ts";

const AV_DICT_IGNORE_SUFFIX = 2;
const EMPTY = new Uint8Array(1);

/** Names and values, as libav keeps metadata and options. */
export type Dictionary = Record<string, string>;

/** The value of an option. */
export type OptionValue = string | number | boolean;

/** Reads a dictionary (`av_dict_get` over every entry). */
export function readDictionary(pointer: Pointer): Dictionary {
  const { avutil, ffi } = native();
  if (pointer === NULL) return {};
  const entries: [string, string][] = [];
  let entry: Pointer = NULL;
  while ((entry = avutil.av_dict_get(pointer, EMPTY, entry, AV_DICT_IGNORE_SUFFIX)) !== NULL) {
    const view = new DataView(ffi.view(entry, 16));
    entries.push([ffi.string(readPointer(view, 0)), ffi.string(readPointer(view, 8))]);
  }
  // Defined, not assigned: a file may name a key `__proto__`.
  return Object.fromEntries(entries);
}

/** An option's value in libav's spelling: booleans are 1 and 0. */
export function optionText(value: OptionValue): string {
  return typeof value === "boolean" ? (value ? "1" : "0") : String(value);
}

/** A dictionary that lives as long as `use`, given and taken back as libav does with options. */
export function withDictionary<R>(
  entries: Readonly<Record<string, OptionValue>>,
  use: (slot: PointerSlot) => R,
): R {
  const { avutil } = native();
  const slot = new PointerSlot();
  try {
    for (const [name, value] of Object.entries(entries)) {
      avutil.av_dict_set(slot.bytes, cString(name), cString(optionText(value)), 0);
    }
    return use(slot);
  } finally {
    avutil.av_dict_free(slot.bytes);
  }
}

/** Throws what {@link writeDictionary} would throw. */
export function assertWritable(entries: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(entries)) {
    cString(name);
    cString(value);
  }
}

/** Writes entries into a dictionary that a struct owns, at the address of its pointer. */
export function writeDictionary(
  lib: Native,
  owner: Pointer,
  offset: number,
  entries: Readonly<Record<string, string>>,
): void {
  for (const [name, value] of Object.entries(entries)) {
    lib.avutil.av_dict_set_at(advance(owner, offset), cString(name), cString(value), 0);
  }
}
