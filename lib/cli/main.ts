/**
 * The command line: `avio probe|packets|remux|concat|trace|formats|doctor`.
 *
 * Exit 0 done, 1 the media or the I/O failed, 2 wrong usage.
 *
 * @example In a shell
 * ```sh
 * deno run --allow-ffi --allow-read jsr:@avio/avio/cli probe in.mp4 --json
 * ```
 *
 * @example From a program
 * ```ts
 * import { main } from "@avio/avio/cli";
 *
 * const exitCode = await main(["probe", "movie.mp4"]);
 * console.log("exit", exitCode);
 * ```
 *
 * @module
 */
import process from "node:process";
import { LibraryNotFoundError } from "../error.ts";
import { concat } from "./commands/concat.ts";
import { doctor } from "./commands/doctor.ts";
import { formats } from "./commands/formats.ts";
import { packets } from "./commands/packets.ts";
import { probe } from "./commands/probe.ts";
import { remux } from "./commands/remux.ts";
import { thumbnail } from "./commands/thumbnail.ts";
import { transcode } from "./commands/transcode.ts";
import { trace } from "./commands/trace.ts";
import { red } from "./color.ts";
import { ClosedPipe, isInputAbandoned, print, printError } from "./standard.ts";
import { didYouMean, nearest } from "../suggest.ts";
import { table } from "./text.ts";
import { type Command, UsageError } from "./usage.ts";
import { waveform } from "./commands/waveform.ts";
import { version } from "./version.ts";

const commands: ReadonlyMap<string, Command> = new Map(
  Object.entries({
    probe,
    packets,
    remux,
    concat,
    transcode,
    thumbnail,
    waveform,
    trace,
    formats,
    doctor,
  }),
);

function overview(): string {
  const rows = [...commands].map(([name, { summary }]) => [`  ${name}`, summary]);
  return [
    "usage: avio COMMAND …",
    "",
    ...table(rows),
    "",
    "INPUT and OUTPUT are a path, an http or https URL, or - (standard input and output).",
    "avio COMMAND --help says more; avio --version names this version.",
  ].join("\n");
}

function help({ usage, summary, details = [] }: Command): string {
  const more = details.map((line) => `  ${line}`);
  return [`usage: avio ${usage}`, "", summary, ...(more.length > 0 ? ["", ...more] : [])].join(
    "\n",
  );
}

function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return (end < 0 ? args : args.slice(0, end)).some((arg) => arg === "--help" || arg === "-h");
}

/** The module's own advice is for programs: the command line has no hook. */
function withoutHook(message: string): string {
  return message.replace(
    "nothing but the given input is opened unless the open option answers for it",
    "only a local playlist (.m3u8, .mpd) and an OUTPUT of many files open others, in their folder",
  ).replace(
    "writes files of its own: give the open option",
    "writes files of its own, and is not to be had here",
  ).replace(" through the open option", "").replace(
    /; to read it with the files of its folder.*/,
    "",
  );
}

/** One line about a failure. */
function oneLine(error: unknown): string {
  const message = error instanceof Error ? error.message || error.name : String(error);
  if (error instanceof LibraryNotFoundError) {
    return `${message.split("\n")[0]} \`avio doctor\` shows where they were looked for.`;
  }
  return withoutHook(message).replace(/options: \{ strict: (-?\d) \}/, "-o strict=$1")
    .split("\n").map((line) => line.trim()).filter(Boolean).join("; ");
}

function closedPipe(error: unknown): boolean {
  for (let one = error, i = 0; one instanceof Error && i < 8; one = one.cause, i++) {
    if (one instanceof ClosedPipe) return true;
  }
  return false;
}

/** Says that there is no such command. */
function unknown(name: string): number {
  const what = name.startsWith("-") ? "option" : "command";
  const near = didYouMean(nearest(name, [...commands.keys(), "--version", "--help"]));
  printError(`${red("avio:")} unknown ${what} ${JSON.stringify(name)}${near}\n`);
  printError(`usage: avio ${[...commands.keys()].join("|")} …   (avio --help says more)\n`);
  return 2;
}

async function dispatch(args: string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === "--version" || name === "-V") {
    print(`avio ${version}`);
    return 0;
  }
  if (name === "--help" || name === "-h" || name === "help") {
    const [topic] = rest.filter((word) => !word.startsWith("-"));
    const about = commands.get(topic ?? "");
    if (topic !== undefined && about === undefined && topic !== "help") return unknown(topic);
    print(about === undefined ? overview() : help(about));
    return 0;
  }
  if (name === undefined) {
    printError(`${overview()}\n`);
    return 2;
  }
  const command = commands.get(name);
  if (command === undefined) return unknown(name);
  if (asksForHelp(rest)) {
    print(help(command));
    return 0;
  }
  try {
    return await command.run(rest);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    printError(`${red("avio:")} ${error.message}\nusage: avio ${command.usage}\n`);
    return 2;
  }
}

/**
 * Runs one command line.
 *
 * @param args what follows the program's name
 * @returns the exit code
 */
export async function main(args: string[]): Promise<number> {
  try {
    return await dispatch(args);
  } catch (error) {
    if (closedPipe(error)) return 0;
    printError(`${red("avio:")} ${oneLine(error)}\n`);
    return 1;
  }
}

if (import.meta.main) {
  process.exitCode = await main(process.argv.slice(2));
  if (isInputAbandoned()) process.exit();
}
