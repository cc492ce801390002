/**
 * The shape that WebIDL gives an interface: enumerable members, a class string, and constructors
 * that refuse.
 *
 * @module
 */

interface Class {
  readonly name: string;
  readonly prototype: object;
}

/**
 * Gives `type` the shape of an interface: its members become enumerable, those of `extra`, which
 * the standard does not have, stay as they are.
 */
export function defineInterface(type: Class, extra: readonly string[] = []): void {
  const prototype = type.prototype;
  for (const key of Object.getOwnPropertyNames(prototype)) {
    if (key === "constructor" || extra.includes(key)) continue;
    Object.defineProperty(prototype, key, { enumerable: true });
  }
  for (const key of Object.getOwnPropertyNames(type)) {
    const { value, enumerable } = Object.getOwnPropertyDescriptor(type, key)!;
    if (typeof value === "function" && !enumerable && !extra.includes(key)) {
      Object.defineProperty(type, key, { enumerable: true });
    }
  }
  Object.defineProperty(prototype, Symbol.toStringTag, {
    value: type.name,
    configurable: true,
  });
}

/** The argument by which the module itself makes objects that a program cannot make. */
export const INTERNAL: unique symbol = Symbol("internal");

/** Throws the TypeError of `new Interface()`, unless `key` is {@link INTERNAL}. */
export function refuseConstruction(key: unknown): void {
  if (key !== INTERNAL) throw new TypeError("Illegal constructor");
}
