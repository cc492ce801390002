/**
 * INPUT and OUTPUT: a path, a URL, or `-`.
 *
 * @module
 */
import { fstatSync, realpathSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Sink, Source } from "../io/contract.ts";
import { StreamSink } from "../io/sinks/stream_sink.ts";
import { StandardInput, writeAll } from "./standard.ts";
import { UsageError } from "./usage.ts";

/** True for what is fetched and not opened. */
export function isWeb(target: string): boolean {
  return /^https?:\/\//i.test(target);
}

/** The path that was meant; a `file:` URL becomes one. */
export function toPath(target: string): string {
  if (target === "") throw new UsageError("an empty path names no file");
  return /^file:\/\//i.test(target) ? fileURLToPath(target) : target;
}

/** The input for a task. `keep`: it is read twice. */
export function openInput(target: string, keep = false): string | URL | StandardInput {
  if (target === "-") return new StandardInput(keep);
  return isWeb(target) ? new URL(target) : toPath(target);
}

/** Only the second and last reader follows: standard input keeps nothing from here on. */
export function lastReader(input: string | URL | Source | undefined): void {
  if (input instanceof StandardInput) input.forget();
}

/**
 * A body that is sent as it is written (`PUT`); the server's answer counts as part of closing it.
 */
class Upload implements Sink {
  readonly seekable = false;
  readonly name: string;
  readonly #sink: StreamSink;
  readonly #answer: Promise<void>;

  constructor(url: string, signal?: AbortSignal) {
    this.name = new URL(url).pathname;
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    this.#sink = new StreamSink(writable);
    this.#answer = this.#send(url, readable, signal);
    this.#answer.catch(() => {});
  }

  async #send(
    url: string,
    body: ReadableStream<Uint8Array>,
    signal?: AbortSignal,
  ): Promise<void> {
    const init: RequestInit & { duplex: "half" } = {
      method: "PUT",
      body,
      duplex: "half",
      ...(signal === undefined ? {} : { signal }),
    };
    const response = await fetch(url, init);
    await response.body?.cancel();
    if (!response.ok) throw new Error(`${url}: ${response.status} ${response.statusText}`.trim());
  }

  async write(chunk: Uint8Array, position: number, signal: AbortSignal): Promise<void> {
    // A server that has refused does not read on.
    const refused = this.#answer.then(() => {
      throw new Error("the server answered before the upload was complete");
    });
    await Promise.race([this.#sink.write(chunk, position, signal), refused]);
  }

  async abort(reason: unknown): Promise<void> {
    await this.#sink.abort(reason);
  }

  async close(): Promise<void> {
    await this.#sink.close();
    await this.#answer;
  }
}

/** The output for a task. */
export function openOutput(target: string, signal?: AbortSignal): Sink | string {
  if (target === "-") return { seekable: false, write: (chunk) => writeAll(1, chunk) };
  return isWeb(target) ? new Upload(target, signal) : toPath(target);
}

function statOf(target: string) {
  // As big integers: a file's number may be beyond 2 ** 53.
  return statSync(toPath(target), { bigint: true, throwIfNoEntry: false });
}

/** True for one file under two names: links of either kind too. */
export function isSameFile(one: string, other: string): boolean {
  if ([one, other].some((target) => target === "-" || isWeb(target))) return false;
  try {
    const [a, b] = [statOf(one), statOf(other)];
    if (!a?.isFile() || !b?.isFile()) return false;
    if (a.ino !== 0n || b.ino !== 0n) return a.dev === b.dev && a.ino === b.ino;
    return realpathSync(toPath(one)) === realpathSync(toPath(other));
  } catch {
    return false; // what cannot be looked at says so when it is opened
  }
}

function isDirectory(target: string): boolean {
  try {
    return statOf(target)?.isDirectory() ?? false;
  } catch {
    return false;
  }
}

/** False for a pipe or a device, where this thread may have to wait for another program. */
export function neverWaits(target: string): boolean {
  if (isWeb(target)) return true; // what is waited for there is waited for elsewhere
  return target === "-" ? fstatSync(1).isFile() : statOf(target)?.isFile() ?? true;
}

/**
 * Throws where a file would be written over while it is read, and where a folder is in its target;
 * with `overwrite` false, where there is a file.
 */
export function checkOutput(input: string, output: string, overwrite?: boolean): void {
  if (output === "-" || isWeb(output)) return;
  if (isDirectory(output)) throw new Error(`${output}: is a directory`);
  if (isSameFile(input, output)) {
    throw new UsageError(`${output} is the input as well: it would be lost`);
  }
  if (overwrite === false && statOf(output)?.isFile()) {
    throw new Error(`${output}: there is such a file already; -y writes over it`);
  }
}
