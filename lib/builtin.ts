/**
 * Node's own modules, each loaded when it is first used: together they cost Deno 30 ms, and a
 * program that gives its bytes itself needs none of them.
 *
 * @module
 */

interface Builtins {
  crypto: typeof import("node:crypto");
  fs: typeof import("node:fs");
  os: typeof import("node:os");
  path: typeof import("node:path");
  timers: typeof import("node:timers");
  url: typeof import("node:url");
  worker_threads: typeof import("node:worker_threads");
}

interface Process {
  getBuiltinModule<N extends keyof Builtins>(name: `node:${N}`): Builtins[N];
}

/** The module of that name. */
export function builtin<N extends keyof Builtins>(name: N): Builtins[N] {
  return (globalThis as unknown as { process: Process }).process.getBuiltinModule(`node:${name}`);
}

/** The path of a `file:` URL. */
export function pathOf(url: URL): string {
  return builtin("url").fileURLToPath(url.href);
}
