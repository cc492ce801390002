/**
 * A library whose functions are bound at their first use: Deno and Node take 0.1 ms for each, and
 * most programs need a third of them.
 *
 * @module
 */
import { own } from "./own.ts";
import type { NativeFunctions, NativeLibrary, SymbolDefinition, SymbolTable } from "./types.ts";

/**
 * An open library with the functions of `table`; those in `now` are bound at once. `bind` returns a
 * function, and null for an optional one that the library lacks; it throws for any other, and the
 * library is closed then.
 */
export function lazyLibrary<T extends SymbolTable>(
  table: T,
  now: readonly string[],
  bind: (name: string, symbol: SymbolDefinition) => unknown,
  close: () => void,
): NativeLibrary<T> {
  const symbols: Record<string, unknown> = Object.create(null);
  for (const [key, symbol] of Object.entries(table)) {
    Object.defineProperty(symbols, key, {
      configurable: true,
      enumerable: true,
      get() {
        const value = bind(own(symbol, "name") ?? key, symbol);
        Object.defineProperty(symbols, key, { value });
        return value;
      },
    });
  }
  try {
    for (const key of now) void symbols[key];
  } catch (error) {
    close();
    throw error;
  }
  return { symbols: symbols as NativeFunctions<T>, close };
}
