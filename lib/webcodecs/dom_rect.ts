/**
 * `DOMRectReadOnly`, where the runtime has none.
 *
 * @module
 */
import type { DOMRectReadOnly } from "./frame_types.ts";
import { defineInterface } from "./interface_shape.ts";
import { unrestrictedDouble } from "./webidl.ts";

/** A rectangle that cannot be changed. */
class Rect implements DOMRectReadOnly {
  readonly #x: number;
  readonly #y: number;
  readonly #width: number;
  readonly #height: number;

  constructor(x = 0, y = 0, width = 0, height = 0) {
    this.#x = unrestrictedDouble(x, "x");
    this.#y = unrestrictedDouble(y, "y");
    this.#width = unrestrictedDouble(width, "width");
    this.#height = unrestrictedDouble(height, "height");
  }

  get x(): number {
    return this.#x;
  }

  get y(): number {
    return this.#y;
  }

  get width(): number {
    return this.#width;
  }

  get height(): number {
    return this.#height;
  }

  get top(): number {
    return Math.min(this.#y, this.#y + this.#height);
  }

  get right(): number {
    return Math.max(this.#x, this.#x + this.#width);
  }

  get bottom(): number {
    return Math.max(this.#y, this.#y + this.#height);
  }

  get left(): number {
    return Math.min(this.#x, this.#x + this.#width);
  }

  toJSON(): Record<string, number> {
    const { x, y, width, height, top, right, bottom, left } = this;
    return { x, y, width, height, top, right, bottom, left };
  }
}
Object.defineProperty(Rect, "name", { value: "DOMRectReadOnly" });
defineInterface(Rect);

type RectClass = new (
  x?: number,
  y?: number,
  width?: number,
  height?: number,
) => DOMRectReadOnly;

/** The runtime's class, or one of this module. */
export const DOMRectReadOnlyClass: RectClass =
  (globalThis as { DOMRectReadOnly?: RectClass }).DOMRectReadOnly ?? Rect;
