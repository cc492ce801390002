import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "@std/assert";
import { liveMedia } from "../../support/live_media.ts";
import { cacheFolder } from "../../support/media.ts";
import { later } from "../../support/random.ts";
import { executable, runtimeWords } from "../../support/runtime.ts";

const cli = fileURLToPath(new URL("../../../lib/cli/main.ts", import.meta.url));

interface Running {
  readonly child: ChildProcess;
  readonly err: () => string;
  readonly ended: Promise<unknown>;
}

function start(args: readonly string[]): Running {
  const words = [...runtimeWords, cli, ...args];
  const child = spawn(executable, words, { stdio: ["pipe", "ignore", "pipe"] });
  child.stdin?.on("error", () => {}); // it need not read all
  let err = "";
  child.stderr?.on("data", (chunk) => err += chunk);
  // One that never ends is a failure, and no wait without end.
  const patience = setTimeout(() => process.kill(child.pid!, "SIGKILL"), 60_000);
  const ended = new Promise((resolve) =>
    child.on("close", (code, signal) => {
      clearTimeout(patience);
      resolve(signal ?? code);
    })
  );
  return { child, err: () => err, ended };
}

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  mkdirSync(cacheFolder, { recursive: true });
  const folder = mkdtempSync(join(cacheFolder, "cli.interruption."));
  try {
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Not `child.kill`, which Deno does but once. */
function tell({ child }: Running, signal: "SIGINT" | "SIGTERM"): void {
  process.kill(child.pid!, signal);
}

/** Resolves when the output holds bytes: by then the header is written. */
async function begun({ child, err }: Running, path: string): Promise<void> {
  while (!(existsSync(path) && statSync(path).size > 0)) {
    assertEquals([child.exitCode, child.signalCode], [null, null], err());
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** How many packets ffprobe reads of what must be whole. */
function packets(path: string): number {
  const args = ["-v", "error", "-show_entries", "packet=size", "-of", "csv=p=0", path];
  const { status, stdout, stderr } = spawnSync("ffprobe", args, { encoding: "utf8" });
  assertEquals(status, 0, stderr);
  return stdout.trim().split("\n").length;
}

const oneLine = /^avio: interrupted: [^\n]+\n$/;
// Windows ends a process where others tell it something.
const told = process.platform !== "win32";

test(
  "avio remux finishes its output at SIGINT and SIGTERM",
  { skip: !told },
  () =>
    inFolder(async (folder) => {
      const bytes = new Uint8Array(readFileSync(liveMedia("large.ts")));
      for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
        const path = join(folder, `${signal}.mp4`);
        const running = start(["remux", "-", path]);
        running.child.stdin?.write(bytes.subarray(0, bytes.length >> 1));
        await begun(running, path);
        // The pipe stays open: nothing but the signal ends it, also while more is waited for.
        if (signal === "SIGTERM") await later(500);
        tell(running, signal);
        assertEquals(await running.ended, code, running.err());
        assert(oneLine.test(running.err()), running.err());
        assert(packets(path) > 20);
        running.child.stdin?.destroy();
      }
    }),
);

/** A wav file of nearly 4 GB that takes no room. */
function long(path: string): void {
  const bytes = 0xffff_ff00;
  const header = new DataView(new ArrayBuffer(44));
  const text = (at: number, word: string) => {
    for (const [i, char] of [...word].entries()) header.setUint8(at + i, char.charCodeAt(0));
  };
  text(0, "RIFF");
  header.setUint32(4, bytes + 36, true);
  text(8, "WAVEfmt ");
  header.setUint32(16, 16, true);
  header.setUint16(20, 1, true); // PCM
  header.setUint16(22, 2, true);
  header.setUint32(24, 48000, true);
  header.setUint32(28, 48000 * 4, true);
  header.setUint16(32, 4, true);
  header.setUint16(34, 16, true);
  text(36, "data");
  header.setUint32(40, bytes, true);
  writeFileSync(path, new Uint8Array(header.buffer));
  truncateSync(path, bytes + 44);
}

test(
  "avio remux finishes what it read of a file",
  { skip: !told },
  () =>
    inFolder(async (folder) => {
      const path = join(folder, "long.mka");
      long(join(folder, "long.wav"));
      const running = start(["remux", join(folder, "long.wav"), path]);
      await begun(running, path);
      tell(running, "SIGINT");
      assertEquals(await running.ended, 130, running.err());
      assert(oneLine.test(running.err()), running.err());
      assert(packets(path) > 20);
      assert(statSync(path).size < 2 ** 31);
    }),
);

test(
  "avio remux finishes what it read of a server that says no more",
  { skip: !told },
  () =>
    inFolder(async (folder) => {
      const bytes = readFileSync(liveMedia("large.ts"));
      const server = createServer((_, response) => {
        response.writeHead(200, { "content-type": "video/mp2t" });
        response.write(bytes.subarray(0, bytes.length >> 1));
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      try {
        const { port } = server.address() as AddressInfo;
        const path = join(folder, "film.mp4");
        const running = start(["remux", `http://127.0.0.1:${port}/film.ts`, path]);
        await begun(running, path);
        tell(running, "SIGINT");
        assertEquals(await running.ended, 130, running.err());
        assert(packets(path) > 20);
      } finally {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    }),
);

test(
  "avio remux ends at once at a second signal, and makes no file of nothing",
  { skip: !told },
  () =>
    inFolder(async (folder) => {
      let asked = () => {};
      const nextAsked = () => new Promise<void>((resolve) => asked = resolve);
      // It takes what comes, and never answers.
      const server = createServer((request) => {
        request.resume();
        asked();
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      try {
        const { port } = server.address() as AddressInfo;
        const sent = nextAsked();
        const stuck = start(["remux", liveMedia("video.ts"), `http://127.0.0.1:${port}/a.mkv`]);
        await sent;
        tell(stuck, "SIGINT");
        while (!stuck.err().includes("interrupted")) await new Promise((r) => setTimeout(r, 20));
        tell(stuck, "SIGINT");
        assertEquals(await stuck.ended, 130, stuck.err());

        const again = nextAsked();
        const path = join(folder, "nothing.mkv");
        const silent = start(["remux", `http://127.0.0.1:${port}/film.mkv`, path]);
        await again;
        tell(silent, "SIGINT");
        assertEquals(await silent.ended, 130, silent.err());
        assert(!existsSync(path));
      } finally {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    }),
);
