/**
 * The host of one file of the web platform tests: the globals of a dedicated worker as far as the
 * tests need them, the test harness, and the file, unmodified. Prints the results as one line.
 *
 *     RUNTIME host.ts TESTS FILE VARIANT CANVAS
 */
import { existsSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import vm from "node:vm";
import { install } from "../../webcodecs.ts";
import { scriptsOf } from "./meta.ts";

interface TestResult {
  readonly name: string;
  readonly status: number;
  readonly message: string | null;
}

interface Canvas {
  readonly width: number;
  readonly height: number;
  getContext(id: string): { drawImage(image: unknown, x: number, y: number): void };
}

type Globals = Record<string, unknown> & {
  add_result_callback(callback: (result: TestResult) => void): void;
  add_completion_callback(
    callback: (tests: unknown, status: { status: number; message: string | null }) => void,
  ): void;
  setup(options: object): void;
  done(): void;
};

/** The line of results begins with it. */
export const MARK = "@@wpt ";

const host = "https://localhost/webcodecs/";
const OUTCOMES = ["PASS", "FAIL", "TIMEOUT", "NOTRUN", "PRECONDITION_FAILED"];
const ENDS = ["OK", "ERROR", "TIMEOUT", "PRECONDITION_FAILED"];
const MIME_TYPES: Readonly<Record<string, string>> = {
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".gif": "image/gif",
  ".webp": "image/webp",
  ".avif": "image/avif",
};

const [tests, file, variant, canvasModule] = process.argv.slice(2);
const globals = globalThis as unknown as Globals;

function set(name: string, value: unknown): void {
  Object.defineProperty(globals, name, { value, writable: true, configurable: true });
}

/** The file of a URL of the test server. */
function pathOf(url: string): string {
  const { pathname } = new URL(url, host + file);
  return join(
    tests,
    pathname.replace("/resources/WebIDLParser.js", "/resources/webidl2/lib/webidl2.js"),
  );
}

function setWorkerGlobals(): void {
  const location = new URL(host + file + variant);
  set("location", location);
  set("isSecureContext", true);
  set("crossOriginIsolated", true);
  if (globals.self === undefined) set("self", globals);
  const plain = globalThis.fetch;
  set("fetch", async (input: string | URL | Request, init?: RequestInit) => {
    const url = input instanceof Request ? input.url : String(input);
    if (/^(data|blob|file):/.test(url)) return await plain(input, init);
    const path = pathOf(url);
    if (!existsSync(path)) return new Response("", { status: 404 });
    const type = MIME_TYPES[extname(path)] ?? "application/octet-stream";
    return new Response(readFileSync(path), { headers: { "content-type": type } });
  });
}

/** `OffscreenCanvas`, `ImageBitmap` and `createImageBitmap` of a canvas module. */
async function setCanvasGlobals(): Promise<void> {
  const url = pathToFileURL(canvasModule).href;
  const { createCanvas, ImageData } = await import(url);
  class ImageBitmap {
    _canvas: Canvas | undefined;

    constructor(canvas: Canvas) {
      this._canvas = canvas;
    }

    get width(): number {
      return this._canvas?.width ?? 0;
    }

    get height(): number {
      return this._canvas?.height ?? 0;
    }

    close(): void {
      this._canvas = undefined;
    }
  }
  const copied = (image: { width?: number; height?: number }): Canvas => {
    const { displayWidth, displayHeight } = image as Record<string, number | undefined>;
    const canvas = createCanvas(displayWidth ?? image.width, displayHeight ?? image.height);
    canvas.getContext("2d").drawImage(image, 0, 0);
    return canvas;
  };
  set("OffscreenCanvas", function (width: number, height: number) {
    const canvas = createCanvas(width, height);
    canvas.transferToImageBitmap = () => new ImageBitmap(copied(canvas));
    return canvas;
  });
  set("ImageBitmap", ImageBitmap);
  set("createImageBitmap", async (image: object) => await new ImageBitmap(copied(image)));
  if (globals.ImageData === undefined) set("ImageData", ImageData);
}

const load = (path: string) => vm.runInThisContext(readFileSync(path, "utf8"), { filename: path });

setWorkerGlobals();
await setCanvasGlobals();
install();
load(join(tests, "resources/testharness.js"));
// The harness would speak to a worker's owner; the tests of the IDL ask what global they run in.
set(
  "DedicatedWorkerGlobalScope",
  class {
    static [Symbol.hasInstance](value: unknown): boolean {
      return value === globalThis;
    }
  },
);
const ended = new Promise<void>((resolve) => {
  const results: unknown[] = [];
  globals.add_result_callback(({ name, status, message }) => {
    results.push([name, OUTCOMES[status], message]);
  });
  globals.add_completion_callback((_, { status, message }) => {
    console.log(MARK + JSON.stringify({ status: ENDS[status], message, results }));
    resolve();
  });
});
globals.setup({ explicit_timeout: true });
const path = join(tests, "webcodecs", file);
for (const script of scriptsOf(readFileSync(path, "utf8"))) load(pathOf(script));
load(path);
globals.done();
await ended;
process.exit(0);
