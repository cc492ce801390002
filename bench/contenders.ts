/** Which programs take part, as the environment that scripts/bench.sh prepared has them. */
import { existsSync } from "node:fs";
import process from "node:process";
import type { Contender } from "./contender.ts";

const deno = process.env.DENO ?? "deno";
const bun = process.env.BUN ?? "bun";
const node = process.env.NODE;
const python = process.env.BENCH_PYTHON;

/** The C program of bench/reference.c. */
export const reference: Contender = { name: "C", command: [".cache/bench/reference"] };

const denoRun = [deno, "run", "--no-check", "--allow-ffi", "--allow-read", "--allow-env"];
const nodeRun = [node ?? "node", "--experimental-ffi", "--disable-warning=ExperimentalWarning"];

/** The module on each runtime; Deno needs every permission to read the memory figures of /proc. */
export const ours: readonly Contender[] = [
  { name: "Deno", command: [deno, "run", "--no-check", "--allow-all", "bench/program.ts"] },
  { name: "Bun", command: [bun, "run", "bench/program.ts"] },
  ...(node ? [{ name: "Node", command: [...nodeRun, "bench/program.ts"] }] : []),
];

/** The other libraries and the tool, where scripts/bench.sh found or installed them. */
export const peers: readonly Contender[] = [
  ...(existsSync("bench/peers/node_modules")
    ? [
      { name: "node-av", command: ["node", "bench/peers/nodeav.mjs"] },
      {
        name: "node-av sync, file",
        command: ["node", "bench/peers/nodeav.mjs"],
        env: { NODE_AV: "sync" },
      },
      { name: "mediabunny + server", command: ["node", "bench/peers/mediabunny_server.mjs"] },
      { name: "@napi-rs/webcodecs", command: ["node", "bench/peers/napi.mjs"] },
      { name: "mediabunny", command: [bun, "run", "bench/peers/mediabunny.mjs"] },
      { name: "libav.js", command: [bun, "run", "bench/peers/libavjs.mjs"] },
      { name: "ffmpeg, pipe", command: [bun, "run", "bench/peers/ffmpeg_pipe.mjs"] },
    ]
    : []),
  ...(python ? [{ name: "PyAV", command: [python, "bench/peers/pyav.py"] }] : []),
];

/** A whole program to the first packet, its arguments, and the milliseconds it may take over C. */
export function firstPacketPrograms(
  file: string,
): readonly (readonly [Contender, readonly string[], number?])[] {
  const first = "bench/first.ts";
  return [
    [reference, ["once", "first", file]],
    [{ name: "Deno", command: [...denoRun, first] }, [file], 80],
    [{ name: "Bun", command: [bun, "run", first] }, [file], 30],
    [{ name: "bare Deno", command: [...denoRun, first] }, [file, "bare"]],
    [{ name: "bare Bun", command: [bun, "run", first] }, [file, "bare"]],
  ];
}
