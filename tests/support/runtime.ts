/**
 * Starting the runtime that runs the tests once more.
 *
 * @module
 */
import process from "node:process";

/** Its command. Under another loader the process's own path is the loader's. */
export const executable: string = process.env.AVIO_RUNTIME ?? process.execPath;

/** What stands between the command and a program's file. */
export const runtimeWords: readonly string[] = "Deno" in globalThis
  ? ["run", "--no-check", "-A"]
  : "Bun" in globalThis
  ? ["run"]
  : ["--experimental-ffi", "--disable-warning=ExperimentalWarning"];
