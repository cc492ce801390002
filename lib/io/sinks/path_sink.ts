/**
 * An output that is a path.
 *
 * @module
 */
import { builtin } from "../../builtin.ts";
import type { SinkSync } from "../contract.ts";
import { FileSink } from "./file_sink.ts";
import { MemorySink } from "./memory_sink.ts";

// A header may be long: what is beyond that has not failed by then.
const EARLY_BYTES = 256 * 1024;

/**
 * A file that is made, or emptied, once there is something to keep in it: a muxer that is refused
 * its header leaves what is there alone.
 */
export class PathSink implements SinkSync {
  readonly borrows = true;
  readonly name: string;
  readonly seekable: boolean;
  readonly #header = new MemorySink();
  #file: FileSink | undefined;

  constructor(path: string) {
    this.name = path;
    this.seekable = builtin("fs").statSync(path, { throwIfNoEntry: false })?.isFile() ?? true;
  }

  write(chunk: Uint8Array, position: number): void {
    if (this.#file === undefined) {
      this.#header.write(chunk, position);
      if (this.#header.bytes.length > EARLY_BYTES) this.commit();
    } else this.#file.write(chunk, position);
  }

  read(into: Uint8Array, position: number): number {
    return (this.#file ?? this.#header).read(into, position);
  }

  /** From here on the bytes are the file's, those from before too. Throws what `node:fs` throws. */
  commit(): void {
    if (this.#file !== undefined) return;
    this.#file = new FileSink(this.name);
    this.#file.write(this.#header.take(), 0);
  }

  close(): void {
    this.#file?.close();
  }
}
