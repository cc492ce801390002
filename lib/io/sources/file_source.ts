/**
 * A source over a file of the file system.
 *
 * @module
 */
import { detachBuffer, native, type Pointer } from "../../../ffi/mod.ts";
import { takeBytes } from "../../check.ts";
import { builtin, pathOf } from "../../builtin.ts";
import { DisposedError } from "../../error.ts";
import { readsDirectly } from "../avio/direct.ts";
import type { SourceSync } from "../contract.ts";

// A jump is mostly followed by another one: the first reading after it takes no more than this.
const BYTES_AFTER_JUMP = 65536;

let readNative: (source: FileSource, target: Pointer, length: number, position: number) => number;

/** A file, by path or `file:` URL (`node:fs`). A pipe or a device is read without seeking. */
export class FileSource implements SourceSync {
  static {
    readNative = (source, target, length, position) => source.#readNative(target, length, position);
  }

  readonly #fd: number;
  /** The path it was opened by. */
  readonly name: string;
  /** Bytes, or undefined for what is not a regular file. */
  readonly size: number | undefined;
  /** False for a pipe or a device. */
  readonly seekable: boolean;
  #open = true;
  /** Where the last reading into native memory ended. */
  #end = -1;

  /** Opens the file; throws what `node:fs` throws, such as ENOENT. */
  constructor(path: string | URL) {
    this.name = path instanceof URL ? pathOf(path) : path;
    this.#fd = openToRead(this.name);
    const stat = builtin("fs").fstatSync(this.#fd);
    if (stat.isDirectory()) {
      builtin("fs").closeSync(this.#fd);
      throw directoryError(this.name);
    }
    this.seekable = stat.isFile();
    this.size = this.seekable ? stat.size : undefined;
  }

  /** Reads from `position`; 0 at the end. */
  read(into: Uint8Array, position: number): number {
    const bytes = takeBytes("FileSource.read", into);
    return builtin("fs").readSync(
      this.#opened("read"),
      bytes,
      0,
      bytes.length,
      this.seekable ? position : null,
    );
  }

  #readNative(target: Pointer, length: number, position: number): number {
    const fd = this.#opened("read");
    const wanted = position === this.#end ? length : Math.min(length, BYTES_AFTER_JUMP);
    const buffer = native().ffi.view(target, wanted);
    try {
      const at = this.seekable ? position : null;
      const got = builtin("fs").readSync(fd, new Uint8Array(buffer), 0, wanted, at);
      this.#end = position + got;
      return got;
    } finally {
      detachBuffer(buffer);
    }
  }

  /** Closes the file. Twice is harmless. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    builtin("fs").closeSync(this.#fd);
  }

  // By now the number may be another file's.
  #opened(what: string): number {
    if (!this.#open) throw new DisposedError(`FileSource.${what}: ${this.name} is closed`);
    return this.#fd;
  }
}

/**
 * Has a source that no program holds read straight into libavformat's buffer. It ends where
 * `goesOn` answers false.
 */
export function readsFileDirectly(source: FileSource, goesOn: () => boolean = () => true): void {
  readsDirectly(
    source,
    (target, length, position) => goesOn() ? readNative(source, target, length, position) : 0,
  );
}

/** A file that no program holds. */
export function openFile(path: string | URL): FileSource {
  const source = new FileSource(path);
  readsFileDirectly(source);
  return source;
}

function openToRead(path: string): number {
  try {
    return builtin("fs").openSync(path, "r");
  } catch (error) {
    const isUrl = /^(https?|file|data|blob):/i.test(path);
    if (!isUrl || (error as { code?: string }).code !== "ENOENT") throw error;
    const text = JSON.stringify(path.length > 200 ? `${path.slice(0, 200)}…` : path);
    throw new TypeError(
      `${text} is taken for a path, and there is no such file: give new URL(${text})`,
      {
        cause: error,
      },
    );
  }
}

/** As `node:fs` tells it where a directory is read, with the path. */
function directoryError(path: string): Error {
  const message = `EISDIR: illegal operation on a directory, read '${path}'`;
  const errno = -(builtin("os").constants.errno.EISDIR ?? 21);
  return Object.assign(new Error(message), { code: "EISDIR", errno, syscall: "read", path });
}
