/**
 * The files of the package as JSR would deliver them, and programs that use it.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { root } from "./docs.ts";

const run = promisify(execFile);
const environment = { ...process.env, NO_COLOR: "1" };

/** Runs a program; what it says goes into the error where it fails. */
export async function output(program: string, args: string[], cwd: string): Promise<string> {
  try {
    const { stdout } = await run(program, args, { cwd, env: environment, timeout: 120_000 });
    return stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${program} ${args.join(" ")}: ${error}\n${stdout}\n${stderr}`);
  }
}

/** The files that `deno publish` would upload. */
export async function publishedFiles(): Promise<string[]> {
  const deno = process.env.DENO ?? join(root, "node_modules/.bin/deno");
  const { stderr } = await run(deno, ["publish", "--dry-run", "--allow-dirty"], {
    cwd: root,
    env: environment,
  });
  const place = new URL(`file://${root}`).href;
  const lines = stderr.matchAll(/^\s+(file:\S+) \([\d.]+K?M?B\)$/gm);
  return Array.from(lines, ([, url]) => decodeURI(url.slice(place.length))).sort();
}
