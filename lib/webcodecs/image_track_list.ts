/**
 * `ImageTrackList`.
 *
 * @module
 */
import type { ImageTrack } from "./image_track.ts";
import { defineInterface, refuseConstruction } from "./interface_shape.ts";

/** The tracks of an image, by number. */
export class ImageTrackList {
  /** A track, by number. */
  readonly [index: number]: ImageTrack;
  readonly #state: ImageTrackListState;

  /** Refuses: lists are made by an `ImageDecoder`. */
  private constructor(
    key: unknown = undefined,
    state: ImageTrackListState | undefined = undefined,
  ) {
    refuseConstruction(key);
    this.#state = state!;
    this.#state.list = this;
  }

  /** Resolves once the tracks are known. */
  get ready(): Promise<undefined> {
    try {
      return this.#state.ready.promise;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** How many. */
  get length(): number {
    return this.#state.tracks.length;
  }

  /** The number of the selected one; -1 for none. */
  get selectedIndex(): number {
    return this.#state.selectedIndex;
  }

  /** The tracks, one after the other. */
  [Symbol.iterator](): ArrayIterator<ImageTrack> {
    return this.#state.tracks.values();
  }

  /** The selected one; null for none. */
  get selectedTrack(): ImageTrack | null {
    const { tracks, selectedIndex } = this.#state;
    return tracks[selectedIndex] ?? null;
  }
}
defineInterface(ImageTrackList);

/** The inside of a list. */
export class ImageTrackListState {
  /** Resolves once the tracks are known. */
  readonly ready: PromiseWithResolvers<undefined> = Promise.withResolvers();
  /** The number of the selected track; -1 for none. */
  selectedIndex = -1;
  /** The tracks. */
  tracks: readonly ImageTrack[] = [];
  /** The list that shows them. */
  list: ImageTrackList | undefined;

  constructor() {
    // decode() tells of the same error.
    this.ready.promise.catch(() => {});
  }

  /** Shows other tracks. */
  show(tracks: readonly ImageTrack[]): void {
    const list = this.list as object;
    for (let i = tracks.length; i < this.tracks.length; i++) Reflect.deleteProperty(list, i);
    tracks.forEach((value, i) =>
      Object.defineProperty(list, i, { value, enumerable: true, configurable: true })
    );
    this.tracks = tracks;
  }
}
