/**
 * Jobs that are whole in themselves take turns: as many run as the machine can serve, so that a
 * thousand calls do not make a thousand workers.
 *
 * Only such jobs wait whose progress depends on nothing else of the program: their bytes are in
 * memory, in a file or a Blob, and no hook answers for them. A session that a program keeps open, a
 * stream and a hook never wait, since what they wait for may itself wait for a turn.
 *
 * @module
 */
import { builtin } from "../../builtin.ts";
import { FileSink } from "../../io/sinks/file_sink.ts";
import { MemorySink } from "../../io/sinks/memory_sink.ts";
import { FileSource } from "../../io/sources/file_source.ts";
import { memoryInput, MemorySource } from "../../io/sources/memory_source.ts";
import { raceAbort } from "../../promises.ts";
import { allDiscardedAfter } from "./discard_endpoints.ts";
import type { Input, Output } from "./endpoints.ts";

const MIN_JOBS = 2;
// A path may be a pipe that nothing is written to: the jobs behind it go on all the same.
const MAX_STANDSTILL_MS = 1000;

/** The parts of a job that tell whether it is whole in itself. */
export interface Job {
  readonly inputs: readonly (Input | undefined)[];
  readonly output?: Output | undefined;
  readonly open?: unknown;
  readonly signal?: AbortSignal | undefined;
}

let maxRunning: number | undefined;
let running = 0;
const waiting: (() => void)[] = [];
let standstill: ReturnType<typeof setTimeout> | undefined;

function isWhole({ inputs, output, open }: Job): boolean {
  return open === undefined && inputs.every(isLocalInput) &&
    (output === undefined || typeof output === "string" || output instanceof MemorySink ||
      output instanceof FileSink || isFileUrl(output));
}

function isLocalInput(input: Input | undefined): boolean {
  return typeof input === "string" || input instanceof MemorySource ||
    input instanceof FileSource || input instanceof Blob || isFileUrl(input) ||
    memoryInput(input) !== undefined;
}

function isFileUrl(value: unknown): boolean {
  return value instanceof URL && /^(file|data):$/.test(value.protocol);
}

function limit(): number {
  return maxRunning ??= Math.max(MIN_JOBS, builtin("os").availableParallelism());
}

/** Runs a job when it is its turn. A signal that fires before ends the waiting and the inputs. */
export async function inTurn<T>(job: Job, run: () => Promise<T>): Promise<T> {
  if (!isWhole(job)) return await run();
  if (running < limit()) running++;
  else await wait(job);
  try {
    return await run();
  } finally {
    running--;
    next();
  }
}

async function wait(job: Job): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  waiting.push(resolve);
  watch();
  try {
    await raceAbort(promise, job.signal);
  } catch (error) {
    const at = waiting.indexOf(resolve);
    // Its turn may have come in the same moment.
    if (at >= 0) waiting.splice(at, 1);
    else {
      running--;
      next();
    }
    throw await allDiscardedAfter(error, job.inputs, job.output);
  }
}

function next(): void {
  clearTimeout(standstill);
  standstill = undefined;
  if (running < limit()) start();
  watch();
}

function start(): void {
  const first = waiting.shift();
  if (first === undefined) return;
  running++;
  first();
}

/** Where no job ends for a while, one more begins. */
function watch(): void {
  if (waiting.length === 0) return;
  standstill ??= setTimeout(() => {
    standstill = undefined;
    start();
    watch();
  }, MAX_STANDSTILL_MS);
}
