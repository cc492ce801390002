/**
 * Fragments of live output, and the interface of their cutters.
 *
 * @module
 */

/** A piece of live output; all of them one after the other are the whole file. */
export interface Fragment {
  /**
   * `init`: what every fragment needs before it, once and first. `fragment`: media that can be read
   * after `init` alone. `trailer`: what some formats end with.
   */
  readonly kind: "init" | "fragment" | "trailer";
  /** The bytes, never empty; the receiver's to keep. */
  readonly data: Uint8Array<ArrayBuffer>;
  /**
   * Seconds: when the first picture of the first video stream in it is shown, or where it holds no
   * picture, when its first packet is. Null for `init` and `trailer`, and where that is unknown.
   */
  readonly time: number | null;
  /** True where decoding can begin with it: without a video stream, with every fragment. */
  readonly keyframe: boolean;
}

/** Cuts the bytes of one format. */
export interface Cutter {
  /** Takes the next bytes; gives what is complete with them. */
  push(chunk: Uint8Array): Fragment[];
  /** The bytes have ended; gives what is left. */
  end(): Fragment[];
}

/** A fragment of media. */
export function fragment(
  data: Uint8Array<ArrayBuffer>,
  time: number | null,
  keyframe: boolean,
): Fragment {
  return { kind: "fragment", data, time, keyframe };
}

/** `init` or `trailer`; nothing where there are no bytes. */
export function around(kind: "init" | "trailer", data: Uint8Array<ArrayBuffer>): Fragment[] {
  return data.length === 0 ? [] : [{ kind, data, time: null, keyframe: false }];
}
