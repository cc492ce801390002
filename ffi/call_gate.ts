/**
 * Runs code of `lib/` around calls of libav's functions.
 *
 * @module
 */

/** Runs `call` and returns its result. */
export type CallGate = <R>(call: () => R) => R;

type Functions = Record<string, ((...args: unknown[]) => unknown) | null>;

const opened: Functions[] = [];
let current: { readonly gate: CallGate; readonly except: ReadonlySet<string> } | undefined;

/** The functions of an open library, which the gate is put around as soon as there is one. */
export function gated<T extends object>(functions: T): T {
  opened.push(functions as unknown as Functions);
  if (current !== undefined) putGate(functions as unknown as Functions, current);
  return functions;
}

/** Every function but those in `except`, of libraries that are opened later too, runs in `gate`. */
export function setCallGate(gate: CallGate, except: ReadonlySet<string>): void {
  current = { gate, except };
  for (const functions of opened) putGate(functions, current);
}

function putGate(functions: Functions, { gate, except }: NonNullable<typeof current>): void {
  for (const key of Object.keys(functions)) {
    if (except.has(key)) continue;
    // A function that is bound at its first use is bound no sooner.
    const { get, value } = Object.getOwnPropertyDescriptor(functions, key)!;
    Object.defineProperty(functions, key, {
      configurable: true,
      enumerable: true,
      get() {
        const bound: Functions[string] = get ? get.call(functions) : value;
        const passing = bound && ((...args: unknown[]) => gate(() => bound(...args)));
        Object.defineProperty(functions, key, { value: passing });
        return passing;
      },
    });
  }
}
