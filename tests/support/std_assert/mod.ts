/**
 * A small stand-in for `@std/assert`, over `node:assert`, for machines that
 * cannot reach JSR. It has the names and signatures that the tests use, no more.
 */
import nodeAssert from "node:assert";

export { AssertionError } from "node:assert";

// deno-lint-ignore no-explicit-any
type ErrorClass<E extends Error> = abstract new (...args: any[]) => E;

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  return String(value);
}

/** The last arguments for `node:assert`: Node refuses a message that is `undefined`. */
function note(msg: string | undefined): [] | [Error] {
  return msg === undefined ? [] : [new nodeAssert.AssertionError({ message: msg })];
}

function raise(what: string, msg?: string): never {
  throw new nodeAssert.AssertionError({ message: msg ? `${what}: ${msg}` : what });
}

/** Fails always. */
export function fail(msg?: string): never {
  raise("Failed assertion", msg);
}

/** Fails when `expr` is falsy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new nodeAssert.AssertionError({ message: msg });
}

/** Deep, strict equality. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  nodeAssert.deepStrictEqual(actual, expected, ...note(msg));
}

/** The same value, by `Object.is`. */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  nodeAssert.strictEqual(actual, expected, ...note(msg));
}

/** An instance of `type`. */
// deno-lint-ignore no-explicit-any
export function assertInstanceOf<T extends abstract new (...args: any[]) => any>(
  actual: unknown,
  type: T,
  msg = "",
): asserts actual is InstanceType<T> {
  if (actual instanceof type) return;
  const got = actual === null || actual === undefined
    ? show(actual)
    : (Object(actual).constructor?.name ?? typeof actual);
  raise(`Expected object to be an instance of "${type.name}" but was "${got}"`, msg);
}

/** `actual` contains `expected`. */
export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  if (!actual.includes(expected)) {
    raise(`Expected actual: ${show(actual)} to contain: ${show(expected)}`, msg);
  }
}

/** `actual` matches `expected`. */
export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  if (actual.search(expected) < 0) {
    raise(`Expected actual: ${show(actual)} to match: ${expected}`, msg);
  }
}

/** An `Error`, of the given class, whose message contains the given text. */
function assertIsError<E extends Error = Error>(
  error: unknown,
  errorClass?: ErrorClass<E>,
  msgMatches?: string | RegExp,
  msg?: string,
): asserts error is E {
  if (!(error instanceof Error)) {
    raise(`Expected "error" to be an Error object, got ${show(error)}`, msg);
  }
  if (errorClass && !(error instanceof errorClass)) {
    raise(
      `Expected error to be instance of "${errorClass.name}", but was "${error.constructor?.name}" (${error.message})`,
      msg,
    );
  }
  const found = typeof msgMatches === "string"
    ? error.message.includes(msgMatches)
    : msgMatches === undefined || error.message.search(msgMatches) >= 0;
  if (!found) {
    raise(
      `Expected error message to include ${show(msgMatches)}, but got ${show(error.message)}`,
      msg,
    );
  }
}

/** `fn` throws; gives what it threw. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  errorClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  classOrMsg?: ErrorClass<E> | string,
  msgIncludes?: string,
  msg?: string,
): unknown {
  const [errorClass, text] = typeof classOrMsg === "string"
    ? [undefined, classOrMsg]
    : [classOrMsg, msg];
  let thrown: { error: unknown } | undefined;
  try {
    fn();
  } catch (error) {
    thrown = { error };
  }
  if (!thrown) raise("Expected function to throw", text);
  if (errorClass) assertIsError(thrown.error, errorClass, msgIncludes, text);
  return thrown.error;
}

/** The promise `fn` gives rejects; gives the reason. */
export function assertRejects(fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  errorClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  classOrMsg?: ErrorClass<E> | string,
  msgIncludes?: string,
  msg?: string,
): Promise<unknown> {
  const [errorClass, text] = typeof classOrMsg === "string"
    ? [undefined, classOrMsg]
    : [classOrMsg, msg];
  let promise: PromiseLike<unknown>;
  try {
    promise = fn();
  } catch (error) {
    raise(`Function throws when expected to reject (${show(error)})`, text);
  }
  let thrown: { error: unknown } | undefined;
  try {
    await promise;
  } catch (error) {
    thrown = { error };
  }
  if (!thrown) raise("Expected function to reject", text);
  if (errorClass) assertIsError(thrown.error, errorClass, msgIncludes, text);
  return thrown.error;
}
