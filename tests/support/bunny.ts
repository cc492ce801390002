/**
 * mediabunny here and in a browser: the same conversion by the same source text, and the facts that
 * ffprobe finds in its result.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Page } from "./chromium.ts";
import { scratch } from "./made.ts";
import { fromNpm, npmPath } from "./npm_packages.ts";

/** The version of mediabunny that the tests work with. */
export const MEDIABUNNY = "1.61.0";

/** Imports mediabunny. */
// deno-lint-ignore no-explicit-any -- the types of the package are not here
export const importBunny = (): Promise<any> =>
  fromNpm("mediabunny", MEDIABUNNY, "dist/modules/src/index.js");

/** A conversion, as the source text of an expression of mediabunny's options. */
export interface Job {
  /** The output format: an expression. */
  readonly format: string;
  /** The options of the conversion besides input and output: an expression. */
  readonly options?: string;
}

/** One file of a result. */
export interface Made {
  readonly path: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Runs wherever `bunny` and the WebCodecs are there; its text is sent to the browser, too. */
const convert = `async (bunny, bytes, format, options) => {
  const files = new Map();
  const single = new bunny.BufferTarget();
  const isPathed = format instanceof bunny.HlsOutputFormat;
  const target = isPathed
    ? new bunny.PathedTarget("root.m3u8", ({ path }) => {
      const one = new bunny.BufferTarget();
      files.set(path, one);
      return one;
    })
    : single;
  if (!isPathed) files.set("converted", single);
  const source = new bunny.BufferSource(bytes);
  const input = new bunny.Input({ formats: bunny.ALL_FORMATS, source });
  const output = new bunny.Output({ format, target });
  const conversion = await bunny.Conversion.init({ input, output, ...options });
  if (conversion.discardedTracks.length > 0) {
    throw new Error("discarded: " + conversion.discardedTracks.map(({ reason }) => reason));
  }
  await conversion.execute();
  return [...files].map(([path, { buffer }]) => ({ path, bytes: new Uint8Array(buffer) }));
}`;

const call = ({ format, options = "{}" }: Job) =>
  `(bunny, bytes) => (${convert})(bunny, bytes, ${format}, ${options})`;

/** Converts with the classes of this runtime. */
// deno-lint-ignore no-explicit-any -- the types of the package are not here
export async function convertHere(bunny: any, bytes: Uint8Array<ArrayBuffer>, job: Job) {
  const run = new Function(`return ${call(job)}`)() as (
    bunny: unknown,
    bytes: ArrayBuffer,
  ) => Promise<Made[]>;
  return await run(bunny, bytes.buffer);
}

/** Converts in a browser, with its own classes. */
export async function convertInBrowser(
  command: string,
  bytes: Uint8Array<ArrayBuffer>,
  job: Job,
): Promise<Made[]> {
  const made: Made[] = [];
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://localhost");
    if (pathname === "/made") {
      const parts: Uint8Array[] = [];
      request.on("data", (part) => parts.push(part));
      request.on("end", () => {
        made.push({ path: searchParams.get("path")!, bytes: joined(parts) });
        response.end();
      });
      return;
    }
    const isScript = pathname === "/mediabunny.mjs";
    const type = isScript ? "text/javascript" : "text/html";
    response.writeHead(200, { "content-type": pathname === "/input" ? "video/mp4" : type });
    if (pathname === "/input") response.end(bytes);
    else if (isScript) {
      response.end(readFileSync(npmPath("mediabunny", "dist/bundles/mediabunny.min.mjs")));
    } else response.end("<!doctype html><title>conversion</title>");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  try {
    await using page = await Page.open(command, `http://127.0.0.1:${port}/`);
    await page.until(`location.port === "${port}" && document.readyState === "complete"`);
    await page.evaluate(`(async () => {
      const bunny = await import("/mediabunny.mjs");
      const bytes = await (await fetch("/input")).arrayBuffer();
      for (const { path, bytes: body } of await (${call(job)})(bunny, bytes)) {
        await fetch("/made?path=" + encodeURIComponent(path), { method: "POST", body });
      }
    })()`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  return made;
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
  return all;
}

/** A stream, as ffprobe describes it with every frame decoded. */
export interface ProbedStream {
  readonly codec_name: string;
  readonly width?: number;
  readonly height?: number;
  readonly sample_rate?: string;
  readonly channels?: number;
  readonly nb_read_frames: string;
}

/** The facts that ffprobe finds. */
export interface Probed {
  readonly streams: ProbedStream[];
  readonly format: { readonly duration: string };
}

/** Probes the root file of a result; fails where ffprobe complains. */
export function probedFiles(files: readonly Made[]): Probed {
  using folder = scratch();
  for (const { path, bytes } of files) writeFileSync(join(folder.path, path), bytes);
  const root = files.find(({ path }) => path.startsWith("root")) ?? files[0];
  const words = ["-v", "error", "-count_frames", "-show_streams", "-show_format", "-of", "json"];
  const path = join(folder.path, root.path);
  const { stdout, stderr, status } = spawnSync("ffprobe", [...words, path], { encoding: "utf8" });
  if (status !== 0 || stderr !== "") throw new Error(`ffprobe: ${stderr}`);
  return JSON.parse(stdout);
}

/** The likeness of two results' pictures in decibels, as ffmpeg's filter has it. */
export function likeness(a: readonly Made[], b: readonly Made[]): number {
  using folder = scratch();
  const [first, second] = [a, b].map(([{ bytes }], i) => {
    const path = join(folder.path, String(i));
    writeFileSync(path, bytes);
    return path;
  });
  // Each by the matrix that it says.
  const rgb = "scale=sws_flags=accurate_rnd+full_chroma_int,format=gbrp";
  const graph = `[0:v]${rgb}[a];[1:v]${rgb}[b];[a][b]psnr`;
  const words = ["-v", "info", "-i", first, "-i", second, "-lavfi", graph, "-f", "null", "-"];
  const { stderr } = spawnSync("ffmpeg", words, { encoding: "utf8" });
  const average = / average:(\S+)/.exec(stderr)?.[1];
  if (average === undefined) throw new Error(stderr);
  return average === "inf" ? Infinity : Number(average);
}
