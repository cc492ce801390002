/**
 * AVDictionary in both directions.
 *
 * @module
 */
import {
  advance,
  cString,
  makeBytes,
  type Native,
  native,
  NULL,
  type Pointer,
  PointerSlot,
  readPointer,
} from "../ffi/mod.ts";
import { nameOf } from "./check.ts";

const AV_DICT_IGNORE_SUFFIX = 2;
const EMPTY = makeBytes(1);

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

/** Names and values, read once; a TypeError names `what` and the value that is no string. */
export function plainDictionary(
  what: string,
  entries: Readonly<Record<string, string>>,
): Dictionary {
  const plain = Object.entries(entries);
  for (const [name, value] of plain) {
    if (typeof value === "string") continue;
    throw new TypeError(
      `${what}: expected a string for ${JSON.stringify(name)}, not ${nameOf(value)}`,
    );
  }
  return Object.fromEntries(plain);
}

/** An option's value in libav's spelling: booleans are 1 and 0. A TypeError for anything else. */
export function optionText(value: OptionValue): string {
  if (typeof value === "boolean") return value ? "1" : "0";
  if (typeof value === "string" || typeof value === "number") return String(value);
  throw new TypeError(`an option is a string, a number or a boolean, not ${nameOf(value)}`);
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
  for (const [name, value] of Object.entries(plainDictionary("metadata", entries))) {
    lib.avutil.av_dict_set_at(advance(owner, offset), cString(name), cString(value), 0);
  }
}
