/**
 * Inputs, outputs and options as a worker gets to know them.
 *
 * @module
 */

/**
 * The options that are functions or signals stay on the main thread; here is whether they exist.
 */
export interface Hooks {
  readonly open: boolean;
  readonly log: boolean;
}

/** Options without what a message cannot hold. */
export type Plain<T> = Omit<T, "signal" | "onLog" | "open" | "onMarker" | "onProgress" | "input">;

/** Where the bytes of an input are. */
export type RemoteInput =
  /** The open hook is asked for it, by the options' name. */
  | { readonly kind: "from-hook" }
  | { readonly kind: "path"; readonly path: string }
  | {
    readonly kind: "ring";
    readonly ring: SharedArrayBuffer;
    readonly size: number | undefined;
    readonly seekable: boolean;
    readonly name: string | undefined;
  };

/** Where the bytes of an output go. */
export type RemoteOutput =
  /** The open hook is asked for it, by the options' name. */
  | { readonly kind: "from-hook"; readonly markers: boolean }
  | { readonly kind: "path"; readonly path: string; readonly markers: boolean }
  | {
    readonly kind: "ring";
    readonly ring: SharedArrayBuffer;
    readonly seekable: boolean;
    readonly readable: boolean;
    readonly name: string | undefined;
    readonly markers: boolean;
    /** True where no timeout is for the waiting. */
    readonly noTimeout: boolean;
  };
