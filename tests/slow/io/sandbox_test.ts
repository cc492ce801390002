import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { setTimeout as wait } from "node:timers/promises";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { AVERROR, AVError, DemuxerSync, directory, libraryInfo } from "../../../mod.ts";
import { cacheFolder } from "../../support/media.ts";
import { executable } from "../../support/runtime.ts";
import { filesOf, fixturePath, hlsSet } from "../../support/sets.ts";
import { hideSecrets, type Place, ways } from "../../support/ways.ts";

const strace = spawnSync("strace", ["-e", "trace=none", "true"]).status === 0;
const reason = "strace is not here, or may not trace";
if (!strace) console.log(`sandbox_test: ${reason}: what a process opens is not looked at`);
const major = Number(libraryInfo().versions.avformat[0]);

mkdirSync(cacheFolder, { recursive: true });
const folder = mkdtempSync(join(cacheFolder, "sandbox-"));
after(() => rmSync(folder, { recursive: true, force: true }));
hideSecrets(folder);

let connections = 0;
const server: Server = createServer((socket) => {
  connections++;
  socket.on("error", () => {});
  socket.destroy();
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const { port } = server.address() as { port: number };
after(() => server.close());
const place: Place = { folder, port };

const calls = "open,openat,connect,bind,unlink,rename,mkdir,access,faccessat,newfstatat,stat";

/** The system calls of a tool, run without any protection. */
async function traced(command: readonly string[]): Promise<string> {
  const log = join(folder, "trace.log");
  const words = ["-f", "-s", "4096", "-o", log, "-e", `trace=${calls}`, ...command];
  const child = spawn("strace", words, { stdio: "ignore", cwd: folder });
  const ended = new Promise((resolve) => child.on("close", resolve));
  // A wait for a packet that never comes is stopped: the socket is open by then.
  const late = setTimeout(() => child.kill("SIGINT"), 5000);
  await ended;
  clearTimeout(late);
  return readFileSync(log, "utf8");
}

const mentioning = (log: string) =>
  log.split("\n").filter((one) => one.includes(folder) || one.includes("htons")).join("\n");

for (const way of ways) {
  test(`The way out works without protection: ${way.name}`, {
    skip: strace ? false : reason,
  }, async () => {
    const [tool, ...args] = way.off(place);
    const log = await traced(
      [tool, "-nostdin", "-v", "quiet", ...args].filter((word) =>
        tool === "ffmpeg" || word !== "-nostdin"
      ),
    );
    const reached = log.includes(way.reaches(place));
    assertEquals(
      reached,
      !(way.closed?.(major) ?? false),
      `${way.reaches(place)}: ${mentioning(log)}`,
    );
  });

  test(`The way out is stopped: ${way.name}`, async () => {
    const before = connections;
    const files = readdirSync(folder).sort();
    try {
      way.on(place);
    } catch (error) {
      assert(error instanceof AVError || error instanceof TypeError, String(error));
    }
    await wait(20);
    assertEquals(connections, before, "somebody connected");
    assertEquals(readdirSync(folder).sort(), files, "files came or went");
  });
}

test("No system call is made for any way out that the program did not ask for", {
  skip: strace ? false : reason,
}, () => {
  const script = fileURLToPath(new URL("../../../scripts/sandbox_trace.sh", import.meta.url));
  const run = (more: Record<string, string>) =>
    spawnSync("sh", [script, executable, folder, String(port)], {
      encoding: "utf8",
      timeout: 120_000,
      env: { ...process.env, ...more },
    });
  const control = run({ AVIO_TRACE_CONTROL: "1" });
  assertEquals(control.status, 1, "a look at a secret file was not seen");
  assert(control.stdout.includes("secret.wav"), control.stdout);
  const done = run({});
  assertEquals(done.status, 0, done.stdout + done.stderr);
  assert(done.stdout.includes(`${ways.length} ways out, none taken`), done.stdout);
});

const playlist = (entry: string) =>
  new TextEncoder().encode(
    `#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n${entry}\n#EXT-X-ENDLIST\n`,
  );

test("The error of a refused opening names the URL, with the hook and without", () => {
  const entries = ["/etc/hostname", "../../x.ts", "http://127.0.0.1:9/x.ts", "secret.ts"];
  for (const entry of entries) {
    for (const open of [undefined, () => undefined]) {
      const error = assertThrows(() => DemuxerSync.open(playlist(entry), { open }), AVError);
      assertEquals(error.codeName, "EACCES");
      assert(error.message.includes(entry), error.message);
    }
  }
});

test("The hook is asked for every entry of a set, and directory() stays inside it", () => {
  const secret = join(folder, "secret.ts");
  const outside = [
    secret,
    `file:${secret}`,
    `../../ecret}`,
    "../../x.ts",
    "https://x.example/x.ts",
  ];
  for (const entry of outside) {
    const asked: string[] = [];
    const inner = directory(folder);
    const error = assertThrows(
      () =>
        DemuxerSync.open(playlist(entry), {
          open(url, request) {
            asked.push(url);
            return inner(url, request);
          },
        }),
      AVError,
    );
    assertEquals(error.codeName, "EACCES", error.message);
    assertEquals(asked.length >= 1, true, entry);
  }
});

test("A name that a stranger chose does not choose a demuxer that goes its own way", () => {
  const wav = readFileSync(fixturePath("wav.wav"));
  for (const name of ["rtsp://127.0.0.1:9/x", "x.sdp", "x.avs", "x.vpy", "x.idx", "x.ffconcat"]) {
    try {
      using input = DemuxerSync.open(wav, { name });
      assertEquals(input.format.name, "wav");
    } catch (error) {
      assert(error instanceof AVError, String(error));
    }
  }
});

test("The program may loosen the protection itself, by naming the protocols", () => {
  const script = new TextEncoder().encode(
    `ffconcat version 1.0\nfile '${join(folder, "secret.wav")}'\n`,
  );
  const options = { safe: 0, protocol_whitelist: "file" };
  using input = DemuxerSync.open(script, { format: "concat", options });
  assert(Array.from(input).length > 0);
});

test("maxStreams and maxProbePackets bound what a stranger's file may ask for", () => {
  const bytes = readFileSync(fixturePath("progressive.mp4"));
  const limited = () => DemuxerSync.open(bytes, { maxStreams: 1 });
  const error = assertThrows(limited, AVError);
  assert(/max_streams|Invalid|memory/i.test(error.message + error.log.join()), error.message);
  assertEquals(DemuxerSync.open(bytes, { maxStreams: 2, maxProbePackets: 10 }).streams.length, 2);
  for (const options of [{ maxStreams: -1 }, { maxProbePackets: 0.5 }, { maxStreams: NaN }]) {
    assertThrows(() => DemuxerSync.open(bytes, options), RangeError);
  }
});

test("Names of hosts are not resolved: a set is read with names that do not exist", () => {
  const base = "https://no-such-host.invalid/";
  const files = directory(filesOf(hlsSet("ts")));
  using input = DemuxerSync.open(undefined, {
    name: `${base}index.m3u8`,
    open: (url, request) => files(url.slice(base.length), request),
  });
  assert(Array.from(input).length > 50);
});

test("an entry of a concat script is refused by its name, and the way round is told", () => {
  for (const entry of ["a.ts", "/etc/passwd", "http://127.0.0.1:9/a.ts"]) {
    const script = new TextEncoder().encode(`ffconcat version 1.0\nfile '${entry}'\n`);
    const error = assertThrows(() => DemuxerSync.open(script, { open: () => undefined }), AVError);
    assertEquals((error as AVError).code, AVERROR("EACCES"));
    assert((error as Error).message.includes(JSON.stringify(entry)), String(error));
    assert((error as Error).message.includes("with an offset"), String(error));
  }
});
