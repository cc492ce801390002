/** Many at once, many abandoned, much at a time: the heavier programs in their small form. */
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "@std/assert";
import { Demuxer } from "../../../mod.ts";
import { idleWorkers } from "../../../lib/async/main/worker_pool.ts";
import { fixture } from "../../support/async_sources.ts";
import { packetLine, readSync } from "../../support/packets.ts";
import { later, random } from "../../support/random.ts";
import { executable, runtimeWords } from "../../support/runtime.ts";

/** Runs a program of this repository on the same runtime; its last line, as JSON. */
async function run(program: string, args: string[], milliseconds: number) {
  const path = fileURLToPath(new URL(`../../../${program}`, import.meta.url));
  const child = spawn(executable, [...runtimeWords, path, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.on("data", (chunk) => text += chunk);
  const timer = setTimeout(() => child.kill("SIGKILL"), milliseconds);
  const started = performance.now();
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  clearTimeout(timer);
  const lines = text.trim().split("\n");
  console.log(`${((performance.now() - started) / 1000).toFixed(1)} s: ${lines.join("\n")}`);
  assertEquals(code, 0, "the program did not end by itself");
  return lines.map((line) => JSON.parse(line));
}

function threads(): number {
  try {
    return readdirSync("/proc/self/task").length;
  } catch {
    return 0;
  }
}

test("64 demuxers at once over slow streams all finish, and give their workers back", async () => {
  const ts = fixture("mpegts.ts");
  const expected = readSync(ts).packets.length;
  const slow = (seed: number) => {
    const next = random(seed);
    let at = 0;
    return new ReadableStream<Uint8Array>({
      async pull(controller) {
        if (at >= ts.length) return controller.close();
        await later(next() * 10);
        controller.enqueue(ts.slice(at, at += 4000));
      },
    });
  };
  const before = { rss: process.memoryUsage().rss, threads: threads() };
  let open = 0;
  let most = 0;
  let mostThreads = 0;
  let rss = 0;
  const counts = await Promise.all(Array.from({ length: 64 }, async (_, seed) => {
    await using input = await Demuxer.open(slow(seed));
    most = Math.max(most, ++open);
    mostThreads = Math.max(mostThreads, threads());
    rss = Math.max(rss, process.memoryUsage().rss);
    let packets = 0;
    for await (const packet of input) if (packetLine(packet)) packets++;
    open--;
    return packets;
  }));
  assertEquals(counts, new Array(64).fill(expected));
  const megabytes = Math.round((rss - before.rss) / 1048576);
  console.log(
    `${most} open at once, ${mostThreads - before.threads} threads and ${megabytes} MiB more`,
  );
  // A worker is a thread of its own, and the runtime may give each a few helpers.
  assert(mostThreads - before.threads <= 64 * 4, `${mostThreads} threads`);
  assert(megabytes <= 64 * 32, `${megabytes} MiB`);
  for (let i = 0; i < 500 && idleWorkers().working > 0; i++) await later(10);
  assertEquals(idleWorkers().working, 0);
});

test("what is abandoned at any stage is collected, and the process ends by itself", async () => {
  const [result] = await run("tests/support/abandon_program.ts", ["45"], 120_000);
  assertEquals(result.liveCallbacks, 0);
  if (!result.collected) return;
  assertEquals(result.idleWorkers.working, 0);
  assertEquals(result.cancelled, result.held);
});

test("a remuxed stream of any length takes no more memory, and begins at once", async () => {
  const [result] = await run("bench/endless.ts", ["120"], 240_000);
  assert(result.megabytesRead >= 120);
  assert(result.firstBytesAfter < 2e6, `first bytes after ${result.firstBytesAfter}`);
  assert(result.grown < 64, `${result.grown} MiB more`);
});

test("timers of the main thread come in time while media is read and written", async () => {
  const results = await run("bench/lateness.ts", ["60"], 240_000);
  for (const { job, p99 } of results) assert(p99 < 250, `${job}: ${p99} ms`);
});
