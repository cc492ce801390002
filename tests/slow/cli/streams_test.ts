import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Buffer } from "node:buffer";
import { assert, assertEquals } from "@std/assert";
import { probe } from "../../../mod.ts";
import { startServer } from "../../support/http_server.ts";
import { liveMedia } from "../../support/live_media.ts";
import { cacheFolder } from "../../support/media.ts";
import { executable, runtimeWords } from "../../support/runtime.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const cli = `${root}lib/cli/main.ts`;
const runtime = [...runtimeWords, cli];

function start(args: string[]): ChildProcess {
  return spawn(executable, [...runtime, ...args], { stdio: ["pipe", "pipe", "pipe"], cwd: root });
}

async function avio(args: string[], input?: Uint8Array) {
  const child = start(args);
  const out: Uint8Array[] = [];
  let err = "";
  child.stdout?.on("data", (chunk) => out.push(chunk));
  child.stderr?.on("data", (chunk) => err += chunk);
  child.stdin?.on("error", () => {}); // it need not read all
  child.stdin?.end(input);
  const code = await new Promise((resolve) => child.on("close", resolve));
  const bytes = Buffer.concat(out);
  return { code, out: bytes.toString(), bytes, err };
}

async function inFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  mkdirSync(cacheFolder, { recursive: true });
  const folder = mkdtempSync(join(cacheFolder, "cli.streams."));
  try {
    return await body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The payloads of each stream as ffprobe reads them. */
function payloads(input: string | Uint8Array): unknown {
  const args = ["-v", "error", "-of", "json", "-show_data_hash", "sha256"];
  const place = typeof input === "string" ? input : "-";
  const done = spawnSync(
    "ffprobe",
    [...args, "-show_entries", "packet=stream_index,data_hash", place],
    {
      encoding: "utf8",
      maxBuffer: 1 << 28,
      input: typeof input === "string" ? undefined : input,
    },
  );
  assertEquals(done.status, 0, done.stderr);
  const packets: { stream_index: number; data_hash: string }[] = JSON.parse(done.stdout).packets;
  const streams = Object.groupBy(packets, (packet) => String(packet.stream_index));
  return Object.entries(streams).map(([stream, list]) => [stream, list?.map((p) => p.data_hash)]);
}

test("avio reads from a web server, with ranges and without", async () => {
  const file = liveMedia("video.mkv");
  const bytes = new Uint8Array(readFileSync(file));
  await using server = await startServer({
    "/film.mkv": (answer) => answer.file(bytes),
    "/stream.mkv": (answer) => {
      answer.head(200);
      return answer.write(bytes).then(() => answer.response.end());
    },
  });
  const local = await avio(["packets", file]);
  for (const path of ["/film.mkv", "/stream.mkv"]) {
    const url = server.url(path);
    const remote = await avio(["packets", url]);
    assertEquals([remote.code, remote.err], [0, ""]);
    assertEquals(remote.out, local.out);
    const info = JSON.parse((await avio(["probe", url, "--json"])).out);
    assertEquals(info.format.name, "matroska,webm");
    const trace = (await avio(["trace", url, "--json"])).out.trimEnd().split("\n");
    const read = trace.map((line) => JSON.parse(line)).filter((call) => call.operation === "read");
    assert(read.reduce((sum, call) => sum + call.bytes, 0) >= bytes.length);
  }
  await inFolder(async (folder) => {
    const out = join(folder, "out.nut");
    const args = ["remux", server.url("/film.mkv"), out, "--streams", "v,a"];
    assertEquals((await avio(args)).code, 0);
    assertEquals(payloads(out), payloads(file));
  });
  const absent = await avio(["probe", server.url("/absent")]);
  assertEquals([absent.code, absent.out], [1, ""]);
  assert(/^avio: [^\n]*404[^\n]*\n$/.test(absent.err), absent.err);
});

test("avio remux sends its output to a web server as it comes", async () => {
  let got: { method?: string; path?: string; body: Uint8Array } | undefined;
  const server = createServer(async (request, response) => {
    const chunks: Uint8Array[] = [];
    if (request.url === "/closed") {
      response.writeHead(403).end();
      return;
    }
    for await (const chunk of request) chunks.push(chunk);
    got = { method: request.method, path: request.url, body: Buffer.concat(chunks) };
    response.writeHead(201).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const done = await avio(["remux", liveMedia("large.ts"), `${url}/out.mkv`]);
    assertEquals([done.code, done.err], [0, ""]);
    assertEquals([got?.method, got?.path], ["PUT", "/out.mkv"]);
    assertEquals(payloads(got?.body ?? new Uint8Array()), payloads(liveMedia("large.ts")));
    const closed = await avio(["remux", liveMedia("large.ts"), `${url}/closed`, "-f", "matroska"]);
    assertEquals(closed.code, 1, closed.err);
    assert(/^avio: [^\n]+\n$/.test(closed.err), closed.err);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

test("avio remux writes while standard input still comes", async () => {
  const bytes = new Uint8Array(readFileSync(liveMedia("large.ts")));
  const child = start(["remux", "-", "-", "-f", "mpegts"]);
  const out: Uint8Array[] = [];
  const { promise: came, resolve } = Promise.withResolvers<void>();
  child.stdout?.on("data", (chunk) => {
    out.push(chunk);
    resolve();
  });
  const half = Math.floor(bytes.length / 2);
  child.stdin?.write(bytes.subarray(0, half));
  await came;
  child.stdin?.end(bytes.subarray(half));
  assertEquals(await new Promise((done) => child.on("close", done)), 0);
  assertEquals(payloads(Buffer.concat(out)), payloads(bytes));
});

test("avio remux chooses streams of standard input and loses nothing", async () => {
  const bytes = new Uint8Array(readFileSync(liveMedia("large.ts")));
  const args = ["remux", "-", "-", "-f", "mpegts", "--streams", "v,a"];
  const { code, bytes: out, err } = await avio(args, bytes);
  assertEquals([code, err], [0, ""]);
  assertEquals(payloads(out), payloads(bytes));
});

test("avio probe does not wait for the end of standard input", async () => {
  const child = start(["probe", "-"]);
  child.stdin?.on("error", () => {});
  child.stdin?.write(readFileSync(liveMedia("large.ts")));
  let out = "";
  child.stdout?.on("data", (chunk) => out += chunk);
  // The pipe stays open.
  assertEquals(await new Promise((done) => child.on("exit", done)), 0);
  assert(out.includes("mpeg2video"), out);
  child.stdin?.destroy();
});

test("avio keeps colours and the progress bar for terminals", async () => {
  const plain = await avio(["probe", liveMedia("video.mkv")]);
  // deno-lint-ignore no-control-regex
  assert(!/\x1b/.test(plain.out + plain.err));
  // A terminal of its own, where the system has script(1).
  const command = [executable, ...runtime, "remux", liveMedia("large.ts"), "-f", "nut"];
  await inFolder(async (folder) => {
    const words = [...command, join(folder, "out.nut")].map((word) => `'${word}'`).join(" ");
    const done = spawnSync("script", ["-qec", words, "/dev/null"], { encoding: "utf8" });
    if (done.error) return console.log("skipped the terminal: no script(1) here");
    assertEquals(done.status, 0, done.stdout);
    assert(/\[#+ *\] +\d+%/.test(done.stdout), JSON.stringify(done.stdout));
    await Promise.resolve();
  });
});

test("avio thumbnail IN - writes a JPEG to standard output, and nothing else", async () => {
  const { code, bytes, err } = await avio([
    "thumbnail",
    liveMedia("video.mkv"),
    "-",
    "--width",
    "32",
  ]);
  assertEquals([code, err], [0, ""]);
  assertEquals([...bytes.subarray(0, 3), ...bytes.subarray(-2)], [0xff, 0xd8, 0xff, 0xff, 0xd9]);
  const { streams: [picture] } = await probe(new Uint8Array(bytes));
  assertEquals([picture.codec.name, picture.type === "video" && picture.width], ["mjpeg", 32]);
});
