/**
 * INPUT and OUTPUT: a path, a URL, or `-`.
 *
 * @module
 */
import { realpathSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { SyncSink, SyncSource } from "../io/contract.ts";
import { CallbackSink, FileSink } from "../io/sinks.ts";
import { StandardInput, writeAll } from "./standard.ts";
import { UsageError } from "./usage.ts";

/** The path that was meant; a `file:` URL becomes one, and http(s) is refused. */
function toPath(place: string): string {
  if (place === "") throw new UsageError("an empty path names no file");
  if (/^https?:\/\//i.test(place)) {
    throw new Error(
      `${place}: http(s) needs the asynchronous reader, which is not in this version`,
    );
  }
  return /^file:\/\//i.test(place) ? fileURLToPath(place) : place;
}

/** What to hand to a task as its input. `keep` where it is read twice. */
export function openInput(place: string, keep = false): string | StandardInput {
  return place === "-" ? new StandardInput(keep) : toPath(place);
}

/** Only the second and last reader follows: standard input keeps nothing from here on. */
export function lastReader(input: string | SyncSource): void {
  if (input instanceof StandardInput) input.forget();
}

/** A file that is made (or emptied) by the first write: a bad input leaves it alone. */
class LateFile implements SyncSink {
  readonly name: string;
  readonly seekable: boolean;
  #file: FileSink | undefined;

  constructor(path: string) {
    this.name = path;
    this.seekable = statSync(path, { throwIfNoEntry: false })?.isFile() ?? true;
  }

  write(chunk: Uint8Array, position: number): void {
    this.#file ??= new FileSink(this.name);
    this.#file.write(chunk, position);
  }

  read(into: Uint8Array, position: number): number {
    return this.#file?.read(into, position) ?? 0;
  }

  close(): void {
    this.#file?.close();
  }
}

/** What to hand to a task as its output. */
export function openOutput(place: string): SyncSink {
  return place === "-"
    ? new CallbackSink((chunk) => writeAll(1, chunk))
    : new LateFile(toPath(place));
}

function realPath(place: string): string | undefined {
  try {
    return realpathSync(toPath(place));
  } catch {
    return undefined; // not there (yet)
  }
}

/** Throws where a file would be written over while it is read. */
export function checkDistinct(input: string, output: string): void {
  if (input === "-" || output === "-") return;
  const path = realPath(input);
  if (path !== undefined && path === realPath(output) && statSync(path).isFile()) {
    throw new UsageError(`${output} is the input as well: it would be lost`);
  }
}
