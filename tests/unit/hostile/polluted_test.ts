/** Names on `Object.prototype`, as careless merging of JSON leaves them there, change nothing. */
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { assertStrictEquals } from "@std/assert";
import { executable, runtimeWords } from "../../support/runtime.ts";

const program = fileURLToPath(new URL("../../support/polluted_program.ts", import.meta.url));

const pollutions: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "variables of the environment": {
    AVIO_LIBRARY_PATH: "/nonexistent",
    AVIO_ALLOW_UNTESTED: "1",
    CONDA_PREFIX: "/nonexistent",
    NIX_LDFLAGS: "-L/nonexistent/ffmpeg",
  },
  "the name of a symbol": { name: "abort" },
  "members of a symbol": {
    optional: true,
    nonblocking: true,
    stack: 2 ** 40,
    type: "pointer",
    parameters: [],
    result: "void",
    args: [],
    returns: "void",
    ptr: 7,
    threadsafe: true,
  },
  "members of a layout": {
    until: [0, 0],
    windows: 4,
    bits: { one: 1 },
    duration: { offset: 4096, type: "i64" },
  },
  "options of a worker": { execArgv: ["--no-such-flag"], preload: ["/nonexistent.js"], eval: true },
  "options of libav": {
    protocol_whitelist: "file,http,tcp",
    format_whitelist: "hls",
    options: { protocol_whitelist: "file" },
  },
  "options of this module": { format: "hls", formats: ["hls"], bufferSize: 7, end: 0.001 },
};

for (const [what, members] of Object.entries(pollutions)) {
  test(`${what}: nothing is looked for on Object.prototype`, () => {
    const words = [...runtimeWords, program, JSON.stringify(members)];
    const done = spawnSync(executable, words, { encoding: "utf8", timeout: 60_000 });
    assertStrictEquals(done.stdout.trim(), "2 streams, 2 again", done.stderr.slice(0, 2000));
    assertStrictEquals(done.status, 0);
  });
}
