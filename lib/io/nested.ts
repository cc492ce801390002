/**
 * Every other resource that libavformat asks for (`io_open`): refused, unless the program answers.
 *
 * @module
 */
import {
  createCallback,
  type Native,
  type NativeCallback,
  type Pointer,
  readPointer,
  type Struct,
  writePointer,
} from "../../ffi/mod.ts";
import { AVERROR } from "../error.ts";
import { readDictionary } from "../dictionary.ts";
import { outside } from "../log.ts";
import type { SyncSink, SyncSource } from "./contract.ts";
import { IOCore } from "./core.ts";
import { sinkDevice, sourceDevice } from "./device.ts";
import { release } from "./release.ts";

const AVIO_FLAG_WRITE = 2;

/** How libavformat wants a resource opened. */
export interface OpenRequest {
  /** True for writing. */
  write: boolean;
  /** The protocol options libavformat passes on, such as a byte range's `offset` and `end_offset`. */
  options: Record<string, string>;
}

/**
 * Answers an opening with a source or a sink; undefined refuses it (`AVERROR(EACCES)`).
 */
export type OpenHook = (
  url: string,
  request: OpenRequest,
) => SyncSource | SyncSink | undefined;

/** The openings of one AVFormatContext: `io_open`, `io_close` (4.x) and `io_close2`. */
export class NestedFiles {
  readonly #native: Native;
  readonly #open: OpenHook | undefined;
  readonly #files = new Map<Pointer, IOCore>();
  readonly #callbacks: NativeCallback[] = [];
  readonly #outer: IOCore;
  /** The last URL that was refused since {@link NestedFiles.begin}. */
  refused: string | undefined;

  constructor(outer: IOCore, context: Struct, open: OpenHook | undefined) {
    this.#native = outer.native;
    this.#outer = outer;
    this.#open = open;
    const opened = createCallback("io_open", (_, pb, url, flags, options) => {
      try {
        return outside(() =>
          this.#opening(pb as Pointer, url as Pointer, flags, options as Pointer)
        );
      } catch (error) {
        outer.poison(error);
        return AVERROR("EIO");
      }
    }, AVERROR("EIO"));
    this.#callbacks.push(opened);
    context.set("io_open", opened.pointer);
    const field = context.has("io_close2") ? "io_close2" : "io_close";
    const closed = createCallback(field, (_, pb) => outside(() => this.#closing(pb as Pointer)), 0);
    this.#callbacks.push(closed);
    context.set(field, closed.pointer);
  }

  /** Before a native call. */
  begin(): void {
    this.refused = undefined;
  }

  /** When the format context is gone: what it left open, then the callbacks. */
  close(): void {
    try {
      for (const pb of [...this.#files.keys()]) this.#closing(pb);
    } finally {
      for (const callback of this.#callbacks) callback.close();
    }
  }

  #opening(pb: Pointer, urlPointer: Pointer, flags: number, options: Pointer): number {
    const { ffi } = this.#native;
    const url = urlPointer === 0 ? "" : ffi.string(urlPointer);
    const write = (flags & AVIO_FLAG_WRITE) !== 0;
    const dictionary = options === 0
      ? {}
      : readDictionary(readPointer(new DataView(ffi.view(options, 8)), 0));
    const answer = this.#open?.(url, { write, options: dictionary });
    if (answer === undefined) {
      this.refused = url;
      return AVERROR("EACCES");
    }
    const device = write
      ? sinkDevice(answer as SyncSink)
      : sourceDevice(answer as SyncSource, () => {});
    const core = new IOCore(device);
    this.#files.set(core.pointer, core);
    writePointer(new DataView(ffi.view(pb, 8)), 0, core.pointer);
    return 0;
  }

  #closing(pb: Pointer): number {
    const core = this.#files.get(pb);
    if (core === undefined) return 0;
    this.#files.delete(pb);
    try {
      release(core.releaseSteps());
      core.throwIfFailed("io_close2");
      return 0;
    } catch (error) {
      this.#outer.poison(error);
      return AVERROR("EIO");
    }
  }

  /** What a nested source or sink threw, if one did. */
  collect(): void {
    for (const core of this.#files.values()) {
      if (!core.poisoned) continue;
      try {
        core.throwIfFailed("io_open");
      } catch (error) {
        this.#outer.poison(error);
      }
    }
  }
}
