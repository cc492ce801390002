/**
 * Options of a public function: their names are checked, and each is read once.
 *
 * @module
 */
import { nameOf } from "./check.ts";
import { didYouMean, nearest } from "./suggest.ts";

type Test = (value: unknown) => boolean;

const isString: Test = (value) => typeof value === "string";
const isFunction: Test = (value) => typeof value === "function";
const isRecord: Test = (value) => typeof value === "object" && value !== null;

// A signal of another realm or maker will do: it is told by its methods.
const isSignal: Test = (value) =>
  isRecord(value) && isFunction((value as Partial<AbortSignal>).throwIfAborted) &&
  isFunction((value as Partial<AbortSignal>).addEventListener);

/** Names of options; those of an option that is an object of options itself below it. */
interface Names {
  readonly [name: string]: true | Names;
}

/** The name of every option of `T`: the compiler misses none. */
export type OptionNames<T> = { readonly [Name in keyof Required<T>]: true | Names };

/** Some names less. */
export function without<T extends object, Left extends keyof T & string>(
  names: T,
  ...left: readonly Left[]
): Omit<T, Left> {
  const kept = Object.entries(names).filter(([name]) => !left.includes(name as Left));
  return Object.fromEntries(kept) as Omit<T, Left>;
}

const text = [isString, "a string"] as const;
const callback = [isFunction, "a function"] as const;
const record = [isRecord, "an object of names and values"] as const;
// {@link namesOf} takes an array of names before the test: what comes to it is none.
const names = [() => false, "an array of names"] as const;

/** A copy of an array of names; undefined for anything else, an array with a hole too. */
function namesOf(value: unknown): string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const taken: string[] = [];
  for (const name of value) {
    if (typeof name !== "string") return undefined;
    taken.push(name);
  }
  return taken;
}

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
  input: [isRecord, "an object of options"],
};

/**
 * Options as they are when they are read, once: getters of the program's run only then. One that is
 * undefined is left out. A TypeError names `what` where it is no object, an option that is not
 * among `known`, and one that has another type. Without `known`, an object of another kind may have
 * any members beside.
 */
export function plainOptions<T extends object>(
  what: string,
  options: T,
  known?: OptionNames<NoInfer<T>>,
): T {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`${what}: expected an object of options, not ${nameOf(options)}`);
  }
  const values: Record<string, unknown> = Object.create(null);
  for (const name in options) {
    // Those of a prototype as well, but for what a library has put on every object.
    if (name in Object.prototype && !Object.hasOwn(options, name)) continue;
    const value = options[name];
    if (value !== undefined) values[name] = value;
  }
  if (known !== undefined) assertKnown(what, values, known);
  for (const [name, value] of Object.entries(values)) {
    const [test, expected] = Object.hasOwn(common, name) ? common[name] : [];
    // Names are read once: what is checked is what is used.
    const list = common[name] === names ? namesOf(value) : undefined;
    if (list !== undefined) values[name] = list;
    else if (test?.(value) === false) {
      throw new TypeError(`${what}: ${name} must be ${expected}, not ${nameOf(value)}`);
    }
    const inner = known && Object.hasOwn(known, name) ? known[name as keyof T] : true;
    if (inner !== true && isRecord(value)) {
      values[name] = plainOptions(`${what}: ${name}`, value as object, inner);
    }
  }
  // Without a prototype: an option that is left out is not found on `Object.prototype` later.
  return values as T;
}

/** Throws a TypeError that names unknown options. */
function assertKnown(
  what: string,
  values: Readonly<Record<string, unknown>>,
  known: Names,
): void {
  const unknown = Object.keys(values).filter((name) => !Object.hasOwn(known, name));
  if (unknown.length === 0) return;
  const names = unknown.map((name) => JSON.stringify(name)).join(", ");
  throw new TypeError(
    `${what}: unknown option${unknown.length > 1 ? "s" : ""} ${names}` +
      didYouMean(meantBy(unknown[0], known)),
  );
}

/** The option that is meant: a nearby name, or one of the options inside another. */
function meantBy(name: string, known: Names): string | undefined {
  const outer = Object.keys(known).find((one) =>
    known[one] !== true && Object.hasOwn(known[one], name)
  );
  return outer === undefined ? nearest(name, Object.keys(known)) : `${outer}.${name}`;
}
