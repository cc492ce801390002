/**
 * `ImageTrack`.
 *
 * @module
 */
import { defineInterface, refuseConstruction } from "./interface_shape.ts";
import { boolean } from "./webidl.ts";

/** The facts of a track, and its owner's way to be told of a selection. */
export interface ImageTrackState {
  /** Made to be shown one after the other. */
  animated: boolean;
  /** Frames that are known. */
  frameCount: number;
  /** Times that it is shown after the first; Infinity for ever. */
  repetitionCount: number;
  /** Whether it is the selected one. */
  isSelected(): boolean;
  /** Selects it, or no track. */
  select(selected: boolean): void;
}

/** One of the pictures, or the animation, of an image. */
export class ImageTrack {
  readonly #state: ImageTrackState;

  /** Refuses: tracks are made by an `ImageDecoder`. */
  private constructor(key: unknown = undefined, state: ImageTrackState | undefined = undefined) {
    refuseConstruction(key);
    this.#state = state!;
  }

  /** Made to be shown one after the other. */
  get animated(): boolean {
    return this.#state.animated;
  }

  /** Frames that are known; more may come. */
  get frameCount(): number {
    return this.#state.frameCount;
  }

  /** Times that it is shown after the first; Infinity for ever. */
  get repetitionCount(): number {
    return this.#state.repetitionCount;
  }

  /** Whether it is the one that is decoded. Setting it selects this track, or none. */
  get selected(): boolean {
    return this.#state.isSelected();
  }
  set selected(value: boolean) {
    this.#state.select(boolean(value, "selected"));
  }
}
defineInterface(ImageTrack);
