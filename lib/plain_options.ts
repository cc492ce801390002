/**
 * Options of a public function, read once and checked where they are alike everywhere.
 *
 * @module
 */
import { nameOf } from "./check.ts";

type Test = (value: unknown) => boolean;

const isString: Test = (value) => typeof value === "string";
const isFunction: Test = (value) => typeof value === "function";
const isRecord: Test = (value) => typeof value === "object" && value !== null;

// A signal of another realm or maker will do: it is told by its methods.
const isSignal: Test = (value) =>
  isRecord(value) && isFunction((value as Partial<AbortSignal>).throwIfAborted) &&
  isFunction((value as Partial<AbortSignal>).addEventListener);

const text = [isString, "a string"] as const;
const callback = [isFunction, "a function"] as const;
const record = [isRecord, "an object of names and values"] as const;
const names = [
  (value: unknown) => Array.isArray(value) && value.every(isString),
  "an array of names",
] as const;

/** The options that mean the same wherever they are given. */
const common: Readonly<Record<string, readonly [test: Test, expected: string]>> = {
  format: text,
  name: text,
  options: record,
  metadata: record,
  formats: names,
  decoders: names,
  open: callback,
  onLog: callback,
  onMarker: callback,
  onProgress: callback,
  onClose: callback,
  fetch: callback,
  signal: [isSignal, "an AbortSignal"],
};

/**
 * Options as they are when they are read, once: getters of the program's run only then. A TypeError
 * names `what` where it is no object, and the option that has another type.
 */
export function plainOptions<T extends object>(what: string, options: T): T {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`${what}: expected an object of options, not ${nameOf(options)}`);
  }
  const entries: [string, unknown][] = [];
  // Those of a prototype as well.
  for (const name in options) {
    const value: unknown = options[name];
    const [test, expected] = Object.hasOwn(common, name) ? common[name] : [];
    if (value !== undefined && test?.(value) === false) {
      throw new TypeError(`${what}: ${name} must be ${expected}, not ${nameOf(value)}`);
    }
    entries.push([name, value]);
  }
  return Object.fromEntries(entries) as T;
}
