/**
 * Where a stream snapshot came from, so that a muxer copies every parameter and not only those
 * that the snapshot shows.
 *
 * @module
 */
import { native, NULL, type Pointer } from "../../ffi/mod.ts";

/** Finds the AVCodecParameters while their owner is open. */
type FindParameters = () => Pointer;

interface ParameterSource {
  readonly find: FindParameters;
  readonly numbers: Readonly<Record<string, number>>;
}

// Fields that a snapshot does not show, or shows by a name that not every number has.
const HIDDEN_FIELDS = [
  "bits_per_raw_sample",
  "profile",
  "field_order",
  "chroma_location",
  "framerate.num",
  "framerate.den",
  "trailing_padding",
  "seek_preroll",
  "alpha_mode",
];

const parameterSources = new WeakMap<object, ParameterSource>();
const described = new WeakSet<object>();

/**
 * Remembers whose snapshot it is. `find` answers NULL once the owner is closed; `known` are numbers
 * that the parameters may lack.
 */
export function setParameterSource(
  stream: object,
  find: FindParameters,
  known: Readonly<Record<string, number>> = {},
): void {
  parameterSources.set(stream, { find, numbers: { ...known, ...numbersAt(find()) } });
}

function numbersAt(pointer: Pointer): Record<string, number> {
  if (pointer === NULL) return {};
  const par = native().struct("AVCodecParameters", pointer);
  return Object.fromEntries(
    HIDDEN_FIELDS.filter((field) => par.has(field)).map((field) => [field, par.number(field)]),
  );
}

/** Has a copy of a snapshot lead to the same parameters. */
export function carryOrigin(copy: object, stream: object): void {
  const origin = parameterSources.get(stream);
  if (origin !== undefined) parameterSources.set(copy, origin);
  if (described.has(stream)) described.add(copy);
}

/** Marks a stream that the program described by hand, although parameters are behind it. */
export function markDescribed(stream: object): void {
  described.add(stream);
}

/** True for a stream that the program described by hand. */
export function isDescribed(stream: object): boolean {
  return described.has(stream) || !parameterSources.has(stream);
}

/** The AVCodecParameters behind a snapshot; NULL for a plain description or a closed owner. */
export function parametersBehind(stream: object): Pointer {
  return parameterSources.get(stream)?.find() ?? NULL;
}

/** The hidden fields, also after the owner of the snapshot is closed. */
export function hiddenParametersOf(stream: object): Readonly<Record<string, number>> {
  return parameterSources.get(stream)?.numbers ?? {};
}
