/**
 * A sink into a file of the file system.
 *
 * @module
 */
import { takeBytes } from "../../check.ts";
import { builtin, pathOf } from "../../builtin.ts";
import { DisposedError } from "../../error.ts";
import type { SinkSync } from "../contract.ts";

/** A file, made new or emptied (`node:fs`). */
export class FileSink implements SinkSync {
  readonly #fd: number;
  /** A chunk is in the file when `write` returns. */
  readonly borrows = true;
  /** The path it was opened by. */
  readonly name: string;
  /** False for a pipe or a device. */
  readonly seekable: boolean;
  #open = true;

  /** Opens the file for writing; throws what `node:fs` throws. */
  constructor(path: string | URL) {
    this.name = path instanceof URL ? pathOf(path) : path;
    this.#fd = builtin("fs").openSync(this.name, "w+");
    this.seekable = builtin("fs").fstatSync(this.#fd).isFile();
  }

  /** Writes the whole chunk at `position`. */
  write(chunk: Uint8Array, position: number): void {
    const bytes = takeBytes("FileSink.write", chunk);
    let done = 0;
    while (done < bytes.length) {
      done += builtin("fs").writeSync(
        this.#opened("write"),
        bytes,
        done,
        bytes.length - done,
        this.seekable ? position + done : null,
      );
    }
  }

  /** Reads back from `position`; 0 at the end. */
  read(into: Uint8Array, position: number): number {
    const bytes = takeBytes("FileSink.read", into);
    return builtin("fs").readSync(this.#opened("read"), bytes, 0, bytes.length, position);
  }

  /** Closes the file. Twice is harmless. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    builtin("fs").closeSync(this.#fd);
  }

  // By now the number may be another file's.
  #opened(what: string): number {
    if (!this.#open) throw new DisposedError(`FileSink.${what}: ${this.name} is closed`);
    return this.#fd;
  }
}
