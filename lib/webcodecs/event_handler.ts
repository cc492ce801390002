/**
 * Event handler attributes, such as `ondequeue`.
 *
 * @module
 */

/** The value of one attribute: called for the event, in the order of its first setting. */
export class EventHandler<Owner extends EventTarget> {
  #value: ((event: Event) => unknown) | null = null;
  #listening = false;

  /** The function; null for none. */
  get value(): ((event: Event) => unknown) | null {
    return this.#value;
  }

  /** Sets the attribute of `owner`; anything but an object or function is null. */
  set(owner: Owner, type: string, value: unknown): void {
    const isObject = typeof value === "function" || (typeof value === "object" && value !== null);
    this.#value = isObject ? value as (event: Event) => unknown : null;
    if (this.#value === null || this.#listening) return;
    this.#listening = true;
    owner.addEventListener(type, (event) => {
      if (typeof this.#value === "function") this.#value.call(owner, event as Event);
    });
  }
}
