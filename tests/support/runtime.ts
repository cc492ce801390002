/**
 * Starting the runtime that runs the tests once more.
 *
 * @module
 */
import process from "node:process";

export const runtimeName: "deno" | "bun" | "node" = "Deno" in globalThis
  ? "deno"
  : "Bun" in globalThis
  ? "bun"
  : "node";

/** Its command. Under another loader the process's own path is the loader's. */
export const executable: string = process.env.AVIO_RUNTIME ?? process.execPath;

/** The words between the command and a program's file. */
export const runtimeWords: readonly string[] = {
  deno: ["run", "--no-check", "-A"],
  bun: ["run"],
  node: ["--experimental-ffi", "--disable-warning=ExperimentalWarning"],
}[runtimeName];

/** True where the runtime is another processor's, by an emulator: some ten times slower. */
export const emulated: boolean = process.env.AVIO_EMULATED === "1";
