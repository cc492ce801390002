/**
 * Members that an object has itself. A library, or a JSON text that was merged carelessly, may have
 * put names on `Object.prototype`: what is left out of a table must not be found there.
 *
 * @module
 */

/** The object's own member; undefined where it has none. */
export function own<T extends object, K extends keyof T>(object: T, name: K): T[K] | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
