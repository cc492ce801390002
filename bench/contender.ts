/** A measured program: it answers lines, one job a line. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import process from "node:process";
import { createInterface } from "node:readline";

/** How a contender is started. */
export interface Contender {
  readonly name: string;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** One answer: the times of one repetition, and what must agree. */
export interface Answer {
  /** By the clock. */
  readonly nanoseconds: number;
  /** Of the processor, all threads and ended children together. */
  readonly cpu: number;
  readonly count: string;
  readonly sum: string;
}

/** A contender that runs. Its errors go to standard error as they are. */
export class Running {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  readonly contender: Contender;

  constructor(contender: Contender) {
    this.contender = contender;
    const [command, ...args] = contender.command;
    this.#child = spawn(command, args, {
      env: { ...process.env, ...contender.env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    let complaints = 0;
    this.#child.stderr.on("data", (chunk: Uint8Array) => {
      // Peers can be talkative; the first lines say what is wrong.
      if (complaints++ < 5) process.stderr.write(chunk);
    });
    this.#child.on("error", (error) => console.error(`${contender.name}: ${error.message}`));
    this.#child.stdin.on("error", () => {});
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** Undefined where the contender cannot do it, or has ended. */
  async ask(line: string): Promise<Answer | undefined> {
    this.#child.stdin.write(`${line}\n`);
    const { value, done } = await this.#lines.next();
    if (done || value === "absent") return undefined;
    const [nanoseconds, cpu, count, sum] = value.split(" ");
    if (!(Number(nanoseconds) > 0)) throw new Error(`${this.contender.name} said: ${value}`);
    return { nanoseconds: Number(nanoseconds), cpu: Number(cpu), count, sum };
  }

  stop(): void {
    this.#child.stdin.end();
    this.#child.kill();
  }
}

/** Runs a program to its end. Gives its output and its time in ns; undefined where it failed. */
export function runOnce(
  { command: [command, ...args], env }: Contender,
  more: readonly string[],
): Promise<{ text: string; nanoseconds: number } | undefined> {
  const start = process.hrtime.bigint();
  const child = spawn(command, [...args, ...more], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "ignore"],
  });
  let text = "";
  let first: bigint | undefined;
  child.stdout.on("data", (chunk: Uint8Array) => {
    first ??= process.hrtime.bigint();
    text += new TextDecoder().decode(chunk);
  });
  return new Promise((resolve) => {
    child.on("error", () => resolve(undefined));
    child.on("close", (code) => {
      resolve(
        code === 0 && first !== undefined
          ? { text: text.trim(), nanoseconds: Number(first - start) }
          : undefined,
      );
    });
  });
}
