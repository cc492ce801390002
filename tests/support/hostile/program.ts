/**
 * Calls everything public with hostile values in every position, one case after the other.
 *
 *   RUNTIME tests/support/hostile/program.ts PROGRESS FIRST SURFACE-FILE ENTRY…
 *
 * Each finding is a line of JSON on standard output; the last one has the number of cases.
 *
 * @module
 */
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import { idleWorkers } from "../../../lib/async/main/worker_pool.ts";
import { Progress } from "../resumed.ts";
import { fixturePath } from "../sets.ts";
import { type Callable, fieldsOf, type Shape, type Surface } from "./plan.ts";
import { type Hands, type Hostile, hostileAnswers, hostiles } from "./values.ts";

type Export = (new (...args: unknown[]) => object) & Record<string, unknown>;

const [progressFile, first, surfaceFile, ...entries] = process.argv.slice(2);
const surface = JSON.parse(readFileSync(surfaceFile, "utf8")) as Surface;
const modules = await Promise.all(entries.map((entry) => import(entry)));
const api = Object.assign({}, ...modules) as Record<string, Export>;
const mp4 = new Uint8Array(readFileSync(fixturePath("progressive.mp4")));
const folder = mkdtempSync(join(tmpdir(), "avio-hostile-"));
const path = join(folder, "input.mp4");
writeFileSync(path, mp4);
const HANG_MS = 15_000;
// Workers of earlier cases that still close, beyond which a case would wait for them.
const MAX_CLOSING = 8;
const skipped = /^(install)$/;

/** The open objects of one case, which the attacks act on. */
class Case implements Hands {
  readonly controller = new AbortController();
  readonly opened: { close?(): unknown }[] = [];
  readonly buffers: ArrayBuffer[] = [];

  readonly attacks = {
    close: () => {
      for (const handle of this.opened) settle(() => handle.close?.());
    },
    abort: () => this.controller.abort(new Error("hostile abort")),
    transfer: () => {
      for (const buffer of this.buffers) if (buffer.byteLength > 0) buffer.transfer();
    },
  };

  bytes(): Uint8Array {
    const copy = mp4.slice();
    this.buffers.push(copy.buffer);
    return copy;
  }

  keep<T>(handle: T): T {
    this.opened.push(handle as { close?(): unknown });
    return handle;
  }

  async end(): Promise<void> {
    for (const handle of this.opened) {
      try {
        await handle.close?.();
      } catch {
        // An object may have nothing to close after an attack.
      }
    }
  }
}

/** Runs what may throw or reject, whatever comes of it. */
function settle(run: () => unknown): void {
  try {
    Promise.resolve(run()).catch(() => {});
  } catch {
    // An attack is refused from inside a callback, which is right.
  }
}

interface Open {
  open(input: unknown, options?: object): unknown;
  create(output: unknown, options?: object): unknown;
}

/** Usual values of the types that a shape alone does not tell. */
const usual: Readonly<Record<string, (on: Case) => unknown>> = {
  Uint8Array: (on) => on.bytes(),
  ArrayBuffer: (on) => on.bytes().buffer,
  AllowSharedBufferSource: (on) => on.bytes(),
  BufferSource: (on) => on.bytes(),
  InputSync: (on) => on.bytes(),
  Input: (on) => on.bytes(),
  OutputSync: () => new api.MemorySink(),
  Output: () => new api.MemorySink(),
  SourceSync: (on) => memorySource(on.bytes()),
  Source: (on) => memorySource(on.bytes()),
  SinkSync: () => new api.MemorySink(),
  Sink: () => new api.MemorySink(),
  IOCallbacks: (on) => ({ read: () => 0, seek: () => -1, on }),
  DirectoryTarget: () => new Map(),
  OpenHookSync: () =>
    (api.directory as unknown as (files: Map<string, Uint8Array>) => unknown)(
      new Map(),
    ),
  OpenHook: () =>
    (api.directory as unknown as (files: Map<string, Uint8Array>) => unknown)(
      new Map(),
    ),
  AbortSignal: (on) => on.controller.signal,
  URL: () => new URL(`file://${path}`),
  Blob: () => new Blob([mp4]),
  ReadableStream: () => new Blob([mp4]).stream(),
  AsyncIterable: () => new Blob([mp4]).stream(),
  WritableStream: () => new WritableStream(),
  Map: () => new Map(),
  Error: () => new Error("usual"),
  Rational: () => ({ num: 1, den: 1000 }),
  Dictionary: () => ({ title: "usual" }),
  Record: () => ({}),
  Packet: (on) => demuxer(on).read(),
  PacketData: () => ({ data: Uint8Array.of(1, 2, 3), pts: 0 }),
  Stream: (on) => demuxer(on).streams[0],
  StreamDescription: () => ({ type: "video", codec: "mpeg4", width: 16, height: 16 }),
  OutputStream: (on) => on.opened.map((one) => streams.get(one)).find(Boolean),
  HttpSourceOptions: () => ({
    retries: 0,
    fetch: () => Promise.reject(new TypeError("no network")),
  }),
  VideoFrame: (on) => on.keep(videoFrame()),
  PixelFormat: () => "RGBA",
};

function memorySource(bytes: Uint8Array): object {
  return {
    size: bytes.length,
    read(into: Uint8Array, position: number) {
      const part = bytes.subarray(position, position + into.length);
      into.set(part);
      return part.length;
    },
    close() {},
  };
}

interface Reader {
  readonly streams: readonly object[];
  read(): object | null;
}

function demuxer(on: Case): Reader {
  return on.keep((api.DemuxerSync as unknown as Open).open(on.bytes())) as Reader;
}

function videoFrame(): unknown {
  return new api.VideoFrame(new Uint8Array(16 * 16 * 4), {
    format: "RGBA",
    codedWidth: 16,
    codedHeight: 16,
    timestamp: 0,
  });
}

const streams = new WeakMap<object, object>();
const mkv = { format: "matroska" };

interface Writer {
  addStream(from: object): object;
}

/** Instances of classes that no constructor makes. */
const receivers: Readonly<Record<string, (on: Case) => unknown>> = {
  DemuxerSync: (on) => demuxer(on),
  Demuxer: async (on) => on.keep(await (api.Demuxer as unknown as Open).open(on.bytes())),
  MuxerSync: (on) =>
    withStream(on, (api.MuxerSync as unknown as Open).create(new api.MemorySink(), mkv)),
  Muxer: async (on) =>
    withStream(on, await (api.Muxer as unknown as Open).create(new api.MemorySink(), mkv)),
  Packet: (on) => demuxer(on).read(),
  FileSource: (on) => on.keep(new api.FileSource(path)),
  FileSink: (on) => on.keep(new api.FileSink(join(folder, "out"))),
  IOContext: (on) => on.keep(new api.IOContext({ read: () => 0, seek: () => 0 })),
  VideoFrame: (on) => on.keep(videoFrame()),
  AudioData: (on) =>
    on.keep(
      new api.AudioData({
        format: "f32",
        sampleRate: 48000,
        numberOfFrames: 64,
        numberOfChannels: 2,
        timestamp: 0,
        data: new Float32Array(128),
      }),
    ),
};

function withStream(on: Case, muxer: unknown): unknown {
  on.keep(muxer);
  const description = { type: "video", codec: "mpeg4", width: 16, height: 16 };
  streams.set(muxer as object, (muxer as Writer).addStream(description));
  return muxer;
}

/** A usual value of a type. */
function valueOf(shape: Shape, on: Case, depth = 0): unknown {
  switch (shape.is) {
    case "string":
      return "matroska";
    case "number":
      return 1;
    case "boolean":
      return true;
    case "literal":
      return shape.value;
    case "function":
      return () => undefined;
    case "array":
      return depth > 3 ? [] : [valueOf(shape.of, on, depth + 1)];
    case "object":
      return Object.fromEntries(
        shape.fields.filter(({ optional }) => !optional)
          .map(({ name, shape }) => [name, valueOf(shape, on, depth + 1)]),
      );
    case "named": {
      const make = usual[shape.name];
      if (make) return make(on);
      const type = surface.types[shape.name];
      return type && depth < 4 ? valueOf(type, on, depth + 1) : undefined;
    }
    case "omit":
    case "pick": {
      const fields = fieldsOf(shape, surface.types) ?? [];
      return valueOf({ is: "object", fields }, on, depth);
    }
    case "union": {
      const objects = shape.of.map((one) => fieldsOf(one, surface.types));
      if (objects.every(Boolean)) {
        return Object.assign({}, ...shape.of.map((one) => valueOf(one, on, depth + 1)));
      }
      for (const one of shape.of) {
        const value = valueOf(one, on, depth);
        if (value !== undefined) return value;
      }
      return undefined;
    }
    default:
      return undefined;
  }
}

interface Position {
  readonly label: string;
  /** Puts a hostile value into the arguments. */
  put(args: unknown[], hostile: Hostile, on: Case): void;
  readonly values: readonly Hostile[];
}

function positionsOf({ parameters }: Callable): Position[] {
  return parameters.flatMap((shape, i): Position[] => {
    const fields = fieldsOf(shape, surface.types) ?? [];
    const whole: Position = {
      label: `argument ${i}`,
      values: hostiles,
      put: (args, hostile, on) => void (args[i] = hostile.make(on, args[i])),
    };
    return [
      whole,
      ...fields.map((field): Position => ({
        label: `argument ${i}.${field.name}`,
        values: isFunction(field.shape) ? [...hostileAnswers, ...hostiles] : hostiles,
        put(args, hostile, on) {
          const given = args[i];
          const object = typeof given === "object" && given !== null ? given : {};
          const before = (object as Record<string, unknown>)[field.name] ??
            valueOf(field.shape, on);
          args[i] = Object.create(object, {
            [field.name]: {
              value: hostile.make(on, bound(before, object)),
              enumerable: true,
              configurable: true,
              writable: true,
            },
          });
        },
      })),
    ];
  });
}

function bound(value: unknown, owner: object): unknown {
  return typeof value === "function" ? value.bind(owner) : value;
}

function isFunction(shape: Shape): boolean {
  if (shape.is === "function") return true;
  if (shape.is === "named") {
    const type = surface.types[shape.name];
    return type !== undefined && type.is === "function";
  }
  return shape.is === "union" && shape.of.some(isFunction);
}

/** The call itself. */
async function invoke(callable: Callable, on: Case, args: unknown[]): Promise<unknown> {
  const { kind, owner, name } = callable;
  const target = api[owner];
  if (kind === "constructor") return new target(...args);
  if (kind === "function") {
    return await (target as unknown as (...all: unknown[]) => unknown)(...args);
  }
  const receiver = kind === "static" ? target : await receiverOf(owner, on);
  const key = name.startsWith("[Symbol.") ? Symbol[name.slice(8, -1) as "iterator"] : name;
  const member = (receiver as unknown as Record<PropertyKey, unknown>)[key];
  const result = await (typeof member === "function" ? member.apply(receiver, args) : member);
  return result;
}

async function receiverOf(owner: string, on: Case): Promise<unknown> {
  const made = on.opened.find((one) => one instanceof api[owner]);
  if (made) return made;
  const make = receivers[owner];
  if (make) return await make(on);
  const constructor = surface.callables.find((one) =>
    one.kind === "constructor" && one.owner === owner
  );
  return on.keep(new api[owner](...(constructor?.parameters ?? []).map((one) => valueOf(one, on))));
}

/** Works with what a call gave, as a program would. */
async function use(result: unknown, on: Case): Promise<void> {
  if (typeof result !== "object" || result === null) return;
  on.keep(result);
  const { readable } = result as { readable?: ReadableStream };
  if (readable instanceof ReadableStream) return void await readable.cancel();
  const iterate = (result as AsyncIterable<unknown>)[Symbol.asyncIterator] ??
    (result as Iterable<unknown>)[Symbol.iterator];
  if (typeof iterate !== "function" || result instanceof Uint8Array) return;
  let left = 20;
  for await (const _ of result as AsyncIterable<unknown>) if (--left === 0) break;
}

const internal =
  /Cannot (read|set|destructure)|undefined is not|null is not|is not a function|is not iterable|not an object \(evaluating/;

function findingOf(error: unknown): string | undefined {
  if (!(error instanceof Error) && !(error instanceof DOMException)) return undefined;
  if (/hostile|Maximum call stack/.test(error.message)) return undefined;
  return error.name === "TypeError" && internal.test(error.message) ? error.message : undefined;
}

const progress = new Progress(progressFile);
let number = 0;
let run = 0;
const unclear: Record<string, string> = {};
let current = "";
const say = (finding: object) => console.log(JSON.stringify(finding));
// Deno's own streams ask a revoked proxy for its prototype where no program can catch it.
const RUNTIME_STREAMS = /at rethrowAssertionErrorRejection \(ext:deno_web/;
process.on("unhandledRejection", (error) => {
  const unhandled = error instanceof Error ? error.stack ?? "" : String(error);
  if (!RUNTIME_STREAMS.test(unhandled)) say({ label: current, unhandled });
});
process.on("uncaughtException", (error) => say({ label: current, uncaught: String(error) }));

async function attempt(callable: Callable, position: Position, hostile: Hostile): Promise<void> {
  const on = new Case();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const hang = new Promise<"hang">((resolve) => timer = setTimeout(() => resolve("hang"), HANG_MS));
  const work = async () => {
    try {
      // First, so that attacks find it and its streams.
      if (/method|accessor/.test(callable.kind)) await receiverOf(callable.owner, on);
      const args = callable.parameters.map((shape) => valueOf(shape, on));
      position.put(args, hostile, on);
      await use(await invoke(callable, on, args), on);
    } catch (error) {
      const finding = findingOf(error);
      if (finding !== undefined) {
        unclear[`${callable.owner}.${callable.name} ${position.label}: ${finding}`] ??=
          hostile.name;
      }
    }
    await on.end();
  };
  const end = await Promise.race([work(), hang]);
  clearTimeout(timer);
  if (end === "hang") say({ label: current, hang: true });
}

for (const name of Object.keys(api)) {
  const known = surface.callables.some(({ owner }) => owner === name);
  if (typeof api[name] === "function" && name in modules[0] && !known) {
    say({ label: name, unknown: "not in the plan" });
  }
}
for (const callable of surface.callables) {
  if (skipped.test(callable.owner) || typeof api[callable.owner] !== "function") continue;
  for (const position of positionsOf(callable)) {
    for (const hostile of position.values) {
      const at = number++;
      if (at < Number(first)) continue;
      current = `${callable.owner}.${callable.name} ${position.label}: ${hostile.name}`;
      progress.begin(at, current);
      run++;
      await attempt(callable, position, hostile);
      // Synchronous cases alone would never let the workers of earlier ones close.
      await setImmediate();
      while (idleWorkers().working > MAX_CLOSING) await sleep(1);
    }
  }
}
say({ run, unclear });
process.exit(0);
