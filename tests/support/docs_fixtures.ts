/**
 * The declarations of the documentation's blocks: media made by the ffmpeg tool, a web of two
 * files, stores that keep what they are given.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { cacheFolder } from "./media.ts";

/** Ten seconds of picture and sound in each container. */
export const mediaFolder: string = join(cacheFolder, "docs.media");

/** Makes the files that are missing. */
export function makeMedia(): void {
  mkdirSync(mediaFolder, { recursive: true });
  const ffmpeg = (args: string[], name: string) => {
    if (existsSync(join(mediaFolder, name))) return;
    const part = join(mediaFolder, `part.${process.pid}.${name}`);
    const done = spawnSync("ffmpeg", ["-v", "error", "-nostdin", "-y", ...args, part]);
    if (done.status !== 0) throw new Error(`ffmpeg: ${done.stderr}`);
    renameSync(part, join(mediaFolder, name));
  };
  const encoders = String(spawnSync("ffmpeg", ["-v", "error", "-encoders"]).stdout);
  const h264 = ["libx264", "libopenh264"].find((name) => encoders.includes(` ${name} `));
  ffmpeg([
    ...["-f", "lavfi", "-i", "testsrc=duration=10:size=160x120:rate=25"],
    ...["-f", "lavfi", "-i", "sine=frequency=440:duration=10", "-c:v", h264 ?? "mpeg4"],
    ...["-g", "25", "-pix_fmt", "yuv420p", "-c:a", "aac", "-movflags", "+faststart"],
  ], "movie.mp4");
  const movie = join(mediaFolder, "movie.mp4");
  ffmpeg(["-i", movie, "-c", "copy"], "movie.mkv");
  ffmpeg(["-i", movie, "-c", "copy"], "movie.ts");
  ffmpeg(["-i", movie, "-c", "copy"], "long.mp4");
  ffmpeg(["-i", movie, "-vn", "-ar", "8000"], "sound.wav");
}

/** One of the files. */
export function media(name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(join(mediaFolder, name)));
}

/** A body in pieces, as a network gives them. */
export function stream(name: string, piece = 20_000): ReadableStream<Uint8Array<ArrayBuffer>> {
  const bytes = media(name);
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at < bytes.length) controller.enqueue(bytes.subarray(at, at += piece));
      else controller.close();
    },
  });
}

/** `https://example.com/`, and nothing else. */
export function fetchStub(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const request = input instanceof Request ? input : new Request(input, init);
  const { origin, pathname } = new URL(request.url);
  if (origin !== "https://example.com") return Promise.reject(new TypeError(`no ${origin} here`));
  const name = pathname.slice(1).replace(/^[a-z]\./, "movie.");
  const bytes = media(name);
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.get("range") ?? "");
  if (!range) {
    const headers = { "content-length": String(bytes.length) };
    return Promise.resolve(new Response(stream(name), { headers }));
  }
  const from = Number(range[1]);
  const to = Math.min(range[2] === "" ? Infinity : Number(range[2]) + 1, bytes.length);
  const headers = { "content-range": `bytes ${from}-${to - 1}/${bytes.length}` };
  return Promise.resolve(new Response(bytes.slice(from, to), { status: 206, headers }));
}

/** An upload, for a block that is a server. */
export function upload(): Request {
  const init = { method: "POST", body: stream("movie.mkv"), duplex: "half" };
  return new Request("https://localhost/upload", init as RequestInit);
}

class Socket extends EventTarget {
  send(_data: Uint8Array): void {}

  override addEventListener(...args: Parameters<EventTarget["addEventListener"]>): void {
    super.addEventListener(...args);
    if (args[0] === "close") setTimeout(() => this.#play().catch(console.error));
  }

  async #play(): Promise<void> {
    const bytes = media("sound.wav");
    for (let at = 0; at < bytes.length; at += 8192) {
      const { buffer } = bytes.slice(at, at + 8192);
      this.dispatchEvent(new MessageEvent("message", { data: buffer }));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    this.dispatchEvent(new Event("close"));
  }
}

const made: Record<string, () => unknown> = {
  bytes: () => media("movie.mp4"),
  matroska: () => media("movie.mkv"),
  wav: () => media("sound.wav"),
  upload: () => stream("movie.mkv"),
  camera: () => stream("movie.mkv"),
  source: () => stream("movie.mkv"),
  target: () => new WritableStream<Uint8Array>(),
  request: upload,
  socket: () => new Socket(),
  bucket: () => ({
    put: (key: string, body: Uint8Array) => {
      console.log("put", key, body.length);
      return Promise.resolve();
    },
  }),
  store: () => ({
    size: () => Promise.resolve(media("movie.mp4").length),
    get: (_key: string, from: number, to: number) =>
      Promise.resolve(media("movie.mp4").subarray(from, to)),
  }),
  disk: () => {
    const bytes: number[] = [];
    return {
      write: (chunk: Uint8Array, position: number) => {
        chunk.forEach((byte, i) => bytes[position + i] = byte);
        return Promise.resolve();
      },
      save: () => Promise.resolve(console.log("saved", bytes.length)),
      discard: () => Promise.resolve(console.log("discarded")),
    };
  },
};

/** The value that a block declares by this name. */
// deno-lint-ignore no-explicit-any
export function fixture(name: string): any {
  if (!(name in made)) throw new Error(`no fixture for ${name}: add one to docs_fixtures.ts`);
  return made[name]();
}
