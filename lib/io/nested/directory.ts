/**
 * A whole set of files behind one hook: in a Map, in a folder, or wherever a function keeps them.
 *
 * @module
 */
import { builtin, pathOf } from "../../builtin.ts";
import { nameOf } from "../../check.ts";
import type { OpenHookSync, OpenRequest, SinkSync, SourceSync } from "../contract.ts";
import { FileSink } from "../sinks/file_sink.ts";
import { MemorySink } from "../sinks/memory_sink.ts";
import { FileSource } from "../sources/file_source.ts";
import { MemorySource } from "../sources/memory_source.ts";

/** The storage of {@link directory}. */
export type DirectoryTarget =
  | Map<string, Uint8Array>
  | string
  | URL
  | ((name: string, request: OpenRequest) => SourceSync | SinkSync | undefined);

/**
 * A hook that reads and writes a whole set of files, for HLS, DASH, segments and image sequences.
 * Names are relative to the set, with `/` between folders. A name that points out of it (an
 * absolute path, a URL, `..` beyond the set, in a folder also a link) is refused; a file that is
 * not there is a hole in the set ({@link OpenRequest.missing}). A `data:` URL, such as a key, gives
 * the bytes that it spells, which count for `maxBytes`. A muxer may delete files of the set.
 *
 * - A `Map`: each file's bytes by name, put there when the file is closed; reading one that is
 *   still open for writing gives what is written of it.
 * - A folder, by path or `file:` URL: files as they are; folders are made as they are needed.
 * - A function: called as an {@link OpenHookSync}, with the name checked and made relative.
 *
 * @example
 * ```ts
 * import { DemuxerSync, directory, MuxerSync } from "@avio/avio";
 *
 * declare const bytes: Uint8Array;
 * const files = new Map<string, Uint8Array>();
 * using input = DemuxerSync.open(bytes);
 * using output = MuxerSync.create(undefined, { name: "index.m3u8", open: directory(files) });
 * const streams = input.streams.map((stream) => output.addStream(stream));
 * for (const packet of input) output.write(packet, streams[packet.streamIndex]);
 * output.finish(); // files: index.m3u8, index0.ts, …
 *
 * using back = DemuxerSync.open(undefined, { name: "index.m3u8", open: directory(files) });
 * ```
 */
export function directory(target: DirectoryTarget): OpenHookSync {
  if (
    typeof target !== "string" && typeof target !== "function" &&
    !(target instanceof Map) && !(target instanceof URL)
  ) {
    throw new TypeError(
      `directory: expected a Map, a folder's path or file: URL, or a function, not ${
        nameOf(target)
      }`,
    );
  }
  const open = target instanceof Map
    ? inMap(target)
    : typeof target === "function"
    ? target
    : inFolder(target instanceof URL ? pathOf(target) : target);
  return (url, request) => {
    const inline = request.write ? undefined : dataSource(url);
    if (inline !== undefined) return inline;
    const name = nameInside(url);
    return name === undefined ? undefined : open(name, request);
  };
}

/** A URL's place within the set: `a/b.ts`; undefined where it points elsewhere. */
export function nameInside(url: string): string | undefined {
  const path = url.replace(/^file:(?!\/)/i, "");
  // A scheme, an absolute path, a drive, or what a file system or a URL parser reads otherwise.
  if (/^[a-z][a-z0-9+.-]*[:,]/i.test(path) || /^[/\\]/.test(path)) return undefined;
  if (/[\\\0]/.test(path)) return undefined;
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.length === 0 ? undefined : parts.join("/");
}

/** True when a muxer wants the file gone. */
function deletes({ write, options }: OpenRequest): boolean {
  return write && options.method === "DELETE";
}

// Deleting is done by opening: what is then "written" is nothing.
const nullSink: SinkSync = { write() {} };

/** The bytes that a `data:` URL spells out, such as a key; undefined for any other URL. */
function dataSource(url: string): SourceSync | undefined {
  const comma = url.indexOf(",");
  if (!/^data:/i.test(url) || comma < 0) return undefined;
  const payload = url.slice(comma + 1);
  if (!/;\s*base64\s*$/i.test(url.slice(0, comma))) {
    return new MemorySource(percentDecoded(payload));
  }
  let binary: string;
  try {
    binary = atob(payload.replaceAll("%2B", "+").replaceAll("%2F", "/").replaceAll("%3D", "="));
  } catch {
    // It spells no bytes.
    return undefined;
  }
  return new MemorySource(Uint8Array.from(binary, (character) => character.charCodeAt(0)));
}

function percentDecoded(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  const decoded: number[] = [];
  for (let i = 0; i < bytes.length; i++) {
    const code = bytes[i] === 37 ? hexByte(bytes, i + 1) : undefined;
    decoded.push(code ?? bytes[i]);
    if (code !== undefined) i += 2;
  }
  return Uint8Array.from(decoded);
}

/** The byte that two hexadecimal digits spell; undefined where they are none. */
function hexByte(bytes: Uint8Array, at: number): number | undefined {
  const digits = String.fromCharCode(bytes[at] ?? 0, bytes[at + 1] ?? 0);
  return /^[0-9a-f]{2}$/i.test(digits) ? parseInt(digits, 16) : undefined;
}

function notThere(request: OpenRequest): undefined {
  request.missing = true;
}

function inMap(files: Map<string, Uint8Array>): OpenHookSync {
  // As on a disk, a file that is open twice is one file.
  const written = new Map<string, { sink: MemorySink; users: number }>();
  return (name, request) => {
    if (deletes(request)) {
      files.delete(name);
      written.delete(name);
      return nullSink;
    }
    if (!request.write) {
      const being = written.get(name);
      if (being) return asWritten(being.sink);
      const bytes = files.get(name);
      return bytes === undefined ? notThere(request) : new MemorySource(bytes);
    }
    const file = written.get(name) ?? { sink: new MemorySink(), users: 0 };
    written.set(name, file);
    file.sink.take();
    file.users++;
    return {
      write: (chunk, position) => file.sink.write(chunk, position),
      read: (into, position) => file.sink.read(into, position),
      close: () => {
        if (written.get(name) !== file) return;
        files.set(name, file.sink.bytes.slice());
        if (--file.users === 0) written.delete(name);
      },
    };
  };
}

// faststart reads what it still writes.
function asWritten(sink: MemorySink): SourceSync {
  return {
    get size() {
      return sink.bytes.length;
    },
    read: (into, position) => sink.read(into, position),
  };
}

function inFolder(folder: string): OpenHookSync {
  const { existsSync, rmSync } = builtin("fs");
  const { dirname, join, resolve } = builtin("path");
  const root = resolve(folder);
  return (name, request) => {
    const path = join(root, ...name.split("/"));
    if (deletes(request)) {
      if (!reallyInside(root, dirname(path)) || !reallyInside(root, path)) return undefined;
      rmSync(path, { force: true });
      return nullSink;
    }
    if (request.write) {
      if (!reallyInside(root, dirname(path), true) || !reallyInside(root, path)) return undefined;
      return new FileSink(path);
    }
    if (!reallyInside(root, path)) return undefined;
    return existsSync(path) ? new FileSource(path) : notThere(request);
  };
}

/**
 * False where a link leads out of the folder or nowhere; makes the missing folders when told to.
 */
function reallyInside(root: string, path: string, make = false): boolean {
  const { mkdirSync } = builtin("fs");
  const { dirname } = builtin("path");
  let existing = path;
  while (existing !== root && !isThere(existing)) existing = dirname(existing);
  if (existing !== root && !within(root, existing)) return false;
  if (make) mkdirSync(path, { recursive: true });
  return true;
}

/** True also for a link that leads nowhere, unlike `existsSync`: writing to it makes its target. */
function isThere(path: string): boolean {
  try {
    builtin("fs").lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

function within(root: string, path: string): boolean {
  const { realpathSync } = builtin("fs");
  const { sep } = builtin("path");
  let inside: string;
  try {
    inside = realpathSync(path);
  } catch {
    return false;
  }
  const outside = realpathSync(root);
  return inside === outside || inside.startsWith(outside.endsWith(sep) ? outside : outside + sep);
}
