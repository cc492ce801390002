import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { createServer } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Buffer } from "node:buffer";
import { assert, assertEquals } from "@std/assert";
import { chromium, Page } from "../../support/chromium.ts";
import { liveMedia } from "../../support/live_media.ts";
import { cacheFolder } from "../../support/media.ts";
import { executable, runtimeWords } from "../../support/runtime.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const onBun = "Bun" in globalThis;
const skip = onBun || "Deno" in globalThis
  ? false
  : "the examples serve with Deno.serve and Bun.serve";
const program = [...runtimeWords, `${root}examples/server_${onBun ? "bun" : "deno"}.ts`];

interface Running extends AsyncDisposable {
  readonly port: number;
  readonly child: ChildProcess;
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

async function start(sample?: string): Promise<Running> {
  const port = await freePort();
  const child = spawn(executable, [...program, ...(sample ? [sample] : [])], {
    cwd: root,
    env: { ...process.env, PORT: String(port) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (chunk) => said += chunk);
  await new Promise<void>((resolve, reject) => {
    child.stdout.on("data", (chunk) => {
      if (/Listening/.test(said += chunk)) resolve();
    });
    child.stderr.on("data", () => /Listening/.test(said) && resolve());
    child.once("close", () => reject(new Error(`the server ended: ${said}`)));
  });
  return {
    port,
    child,
    async [Symbol.asyncDispose]() {
      const gone = new Promise((resolve) => child.once("close", resolve));
      child.kill("SIGKILL");
      await gone;
    },
  };
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: Uint8Array;
}

async function answerOf(response: IncomingMessage): Promise<Answer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of response) chunks.push(chunk as Uint8Array);
  const { statusCode = 0, headers } = response;
  const type = headers["content-type"] ?? "";
  return { status: statusCode, type, body: new Uint8Array(Buffer.concat(chunks)) };
}

/** Sends a body in chunks, without a length. */
function post(port: number, path: string, body: Uint8Array, size = 10_000): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const headers = { "transfer-encoding": "chunked" };
  const out = request(
    { host: "127.0.0.1", port, path, method: "POST", headers },
    (response) => answerOf(response).then(resolve, reject),
  );
  out.on("error", reject);
  (async () => {
    for (let at = 0; at < body.length && !out.destroyed; at += size) {
      if (!out.write(body.subarray(at, at + size))) {
        await new Promise((go) => out.once("drain", go));
      }
    }
    out.end();
  })().catch(reject);
  return promise;
}

async function get(port: number, path: string): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  return {
    status: response.status,
    type: response.headers.get("content-type") ?? "",
    body: new Uint8Array(await response.arrayBuffer()),
  };
}

const text = ({ body }: Answer) => new TextDecoder().decode(body);

/** The payloads of each stream, in order. */
function payloads(bytes: Uint8Array): unknown {
  mkdirSync(cacheFolder, { recursive: true });
  const folder = mkdtempSync(join(cacheFolder, "server."));
  try {
    const path = join(folder, "media");
    writeFileSync(path, bytes);
    const args = ["-v", "error", "-of", "json", "-show_data_hash", "sha256", "-show_entries"];
    const shown = "packet=stream_index,data_hash";
    const done = spawnSync("ffprobe", [...args, shown, path], { encoding: "utf8" });
    assertEquals(done.status, 0, done.stderr);
    const packets: { stream_index: number; data_hash: string }[] = JSON.parse(done.stdout).packets;
    const streams = Object.groupBy(packets, (packet) => String(packet.stream_index));
    return Object.entries(streams).map(([stream, list]) => [stream, list?.map((p) => p.data_hash)]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const film = () => new Uint8Array(readFileSync(liveMedia("video.mkv")));

test("the server probes and remuxes what is sent in chunks", { skip }, async () => {
  await using server = await start();
  const { port } = server;
  const bytes = film();
  const info = JSON.parse(text(await post(port, "/probe", bytes)));
  assertEquals(info.format.name, "matroska,webm");
  assertEquals(info.streams.map(({ type }: { type: string }) => type), ["video", "audio"]);
  const expected = payloads(bytes);
  for (const format of ["mp4", "matroska", "nut"]) {
    const answer = await post(port, `/remux?format=${format}`, bytes);
    assertEquals(answer.status, 200, text(answer));
    assertEquals(payloads(answer.body), expected, format);
    if (format === "mp4") {
      assert(/^video\/mp4; codecs="[^"]+,mp4a\.40\.2"$/.test(answer.type), answer.type);
    }
  }
});

test("the server answers while the upload goes on", { skip }, async () => {
  await using server = await start();
  const { port } = server;
  const bytes = new Uint8Array(readFileSync(liveMedia("large.ts")));
  const headers = { "transfer-encoding": "chunked" };
  const path = "/remux?format=mpegts";
  const out = request({ host: "127.0.0.1", port, path, method: "POST", headers });
  const half = Math.floor(bytes.length / 2);
  out.write(bytes.subarray(0, half));
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    out.once("response", resolve);
    out.once("error", reject);
  });
  await new Promise((resolve) => response.once("readable", resolve));
  out.end(bytes.subarray(half));
  const { body, status } = await answerOf(response);
  assertEquals(status, 200);
  assertEquals(payloads(body), payloads(bytes));
});

test("the server tells a client what is wrong with its request", { skip }, async () => {
  await using server = await start();
  const { port } = server;
  const rubbish = new TextEncoder().encode("this is no film ".repeat(1000));
  const wrong = await post(port, "/probe", rubbish);
  assertEquals(wrong.status, 422);
  assert(text(wrong).includes("AVERROR_INVALIDDATA"), text(wrong));
  assertEquals((await post(port, "/remux", rubbish)).status, 422);
  const format = await post(port, "/remux?format=nothing", film());
  assertEquals(format.status, 422);
  assert(text(format).includes('unknown muxer "nothing"'), text(format));
  assertEquals((await get(port, "/probe")).status, 405);
  assertEquals((await get(port, "/nowhere")).status, 404);
  assertEquals((await get(port, "/sample")).status, 404);
  for (const line of ["POST /probe", "POST /remux", "/play"]) {
    assert(text(await get(port, "/")).includes(line));
  }
});

function openFiles(pid: number): number | undefined {
  try {
    return readdirSync(`/proc/${pid}/task`).length + readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return undefined; // no /proc here
  }
}

test("the server releases everything when clients go away", { skip }, async () => {
  await using server = await start(liveMedia("large.ts"));
  const { port, child } = server;
  const bytes = new Uint8Array(readFileSync(liveMedia("large.ts")));
  const giveUp = async () => {
    const path = "/remux?format=mpegts";
    const headers = { "transfer-encoding": "chunked" };
    const out = request({ host: "127.0.0.1", port, path, method: "POST", headers });
    out.on("error", () => {});
    out.write(bytes.subarray(0, 3_000_000));
    await new Promise((resolve) => out.once("response", resolve));
    out.destroy();
    const controller = new AbortController();
    const { body } = await fetch(`http://127.0.0.1:${port}/sample`, { signal: controller.signal });
    await body?.getReader().read();
    controller.abort();
  };
  for (let i = 0; i < 3; i++) await giveUp();
  await new Promise((resolve) => setTimeout(resolve, 500));
  const before = openFiles(child.pid ?? 0);
  for (let i = 0; i < 10; i++) await giveUp();
  // It takes a moment until the server hears of the last.
  let after = openFiles(child.pid ?? 0);
  for (let i = 0; i < 50 && (after ?? 0) > (before ?? 0) + 4; i++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    after = openFiles(child.pid ?? 0);
  }
  if (before !== undefined) assert((after ?? 0) <= before + 4, `${before} became ${after}`);
  assertEquals((await post(port, "/remux?format=mp4", film())).status, 200);
});

const browser = chromium();
const without = browser === undefined ? "no chromium on the PATH" : false;
if (without) console.log(`skipped: the page in a browser (${without})`);

test(
  "Chromium plays fragments() through MediaSource, and as a plain video",
  { skip: skip || without },
  async () => {
    if (browser === undefined) return;
    await using server = await start(liveMedia("video.mp4"));
    for (const way of ["mse", "plain"]) {
      const url = `http://127.0.0.1:${server.port}/play?sample=${way}`;
      await using page = await Page.open(browser, url);
      await page.until("document.querySelector('video')?.currentTime > 1");
      const { width, blob, frames, error } = await page.evaluate(`(() => {
      const video = document.querySelector("video");
      const { totalVideoFrames } = video.getVideoPlaybackQuality();
      return { width: video.videoWidth, blob: video.src.startsWith("blob:"),
        frames: totalVideoFrames, error: video.error?.message };
    })()`) as Record<string, unknown>;
      assertEquals([width, blob, error], [320, way === "mse", undefined]);
      assert(Number(frames) > 10, `${frames} pictures`);
      writeFileSync(join(cacheFolder, `play.${way}.png`), await page.screenshot());
      await page.until("document.querySelector('video').ended");
      const end = Number(await page.evaluate("document.querySelector('video').currentTime"));
      assert(end > 3.9 && end < 4.3, `${end}`);
    }
  },
);

test("Chromium plays what it uploads, through the relay", { skip: skip || without }, async () => {
  if (browser === undefined) return;
  await using server = await start();
  await using page = await Page.open(browser, `http://127.0.0.1:${server.port}/play`);
  await page.until("document.querySelector('#file')?.onchange != null");
  const { root: { nodeId } } = await page.send("DOM.getDocument") as { root: { nodeId: number } };
  const input = await page.send("DOM.querySelector", { nodeId, selector: "#file" });
  await page.send("DOM.setFileInputFiles", { ...input, files: [liveMedia("video.mkv")] });
  await page.until("document.querySelector('video').currentTime > 1");
  assertEquals(await page.evaluate("document.querySelector('video').videoWidth"), 320);
  writeFileSync(join(cacheFolder, "play.relay.png"), await page.screenshot());
});
