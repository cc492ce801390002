/**
 * The common part of the tasks that write an output from inputs: their options, and the session
 * that runs them in a worker.
 *
 * @module
 */
import { END_OF_INPUT, type EndOfInput } from "../async/main/end_of_input.ts";
import { allDiscardedAfter, discardOutput } from "../async/main/discard_endpoints.ts";
import type { Input, Output } from "../async/main/endpoints.ts";
import type { SessionOptions } from "../async/main/pump_session.ts";
import { inTurn } from "../async/main/job_queue.ts";
import {
  DEFAULT_HIGH_WATER_MARK,
  describeInput,
  describeOutput,
  openSession,
  orDrained,
} from "../async/main/session_io.ts";
import { Session } from "../async/main/session.ts";
import type { CopyCommands, CopyRequest } from "../async/shared/copy_protocol.ts";
import type { RemoteInput } from "../async/shared/remote.ts";
import { checkedHighWaterMark } from "../async/shared/ring.ts";
import { assertTimeout } from "../check.ts";
import { type OptionNames, plainOptions } from "../plain_options.ts";
import { raceAbort, waitBriefly } from "../promises.ts";
import type { RemuxOptions } from "./remux_options.ts";

type Name = keyof CopyCommands;
type Request<N extends Name> = CopyCommands[N]["request"];

/** The ends of a task, and how inputs that were never opened are closed. */
interface Endpoints {
  readonly inputs: readonly (Input | undefined)[];
  readonly output: Output | undefined;
  closeInputs?(): Promise<unknown>;
}

/** The steps in which the tasks differ. */
interface Steps<N extends Name> {
  /** Hooks of this task alone; `open` replaces the program's. */
  readonly serves?: Pick<SessionOptions, "onStart" | "onDamage" | "open">;
  /** The inputs as the worker will see them. */
  describe(
    session: Session,
    limits: NonNullable<RemuxOptions["input"]> & Pick<RemuxOptions, "highWaterMark" | "signal">,
    ending: AbortSignal | undefined,
  ): Promise<Omit<Request<N>, keyof CopyRequest<unknown>>>;
  /** Runs after the session, whatever comes of it. */
  release?(): Promise<void>;
}

/**
 * Runs a task in a worker when it is its turn. `steps` gets the options, each read once, and throws
 * for those that cannot be: no session begins, and the inputs and the output are closed.
 */
export async function runCopy<N extends Name, Options extends RemuxOptions>(
  name: N,
  endpoints: Endpoints,
  { given, names }: { readonly given: Options; readonly names: OptionNames<NoInfer<Options>> },
  steps: (options: Options) => Steps<N>,
): Promise<CopyCommands[N]["answer"]> {
  const { inputs, output, closeInputs = () => allDiscardedAfter(undefined, inputs) } = endpoints;
  const discarded = async (error: unknown) => {
    await waitBriefly(Promise.allSettled([closeInputs(), discardOutput(output, error)]));
    return error;
  };
  let plain: Options, ending: AbortSignal | undefined, own: Steps<N>;
  try {
    ({ [END_OF_INPUT]: ending } = Object(given) as EndOfInput);
    plain = plainOptions(name, given, names);
    plain.signal = eitherSignal(plain.signal, plain.input?.signal);
    plain.signal?.throwIfAborted();
    checkedHighWaterMark(plain.highWaterMark ?? DEFAULT_HIGH_WATER_MARK);
    checkedHighWaterMark(plain.input?.highWaterMark ?? DEFAULT_HIGH_WATER_MARK);
    assertTimeout(plain.timeout);
    own = steps(plain);
  } catch (error) {
    throw await discarded(error);
  }
  const { signal, open = plain.input?.open } = plain;
  const run = async () => {
    // It may have fired between the turn and now.
    if (signal?.aborted) throw await discarded(signal.reason);
    try {
      return await runInSession(name, { output, closeInputs }, plain, own, ending);
    } finally {
      await own.release?.();
    }
  };
  // Inputs that the program ends early are not whole in themselves.
  if (ending !== undefined) return await run();
  return await inTurn({ inputs, output, signal, open }, run);
}

/** A signal that fires with the first of the two, of which the program may have given none. */
function eitherSignal(
  one: AbortSignal | undefined,
  other: AbortSignal | undefined,
): AbortSignal | undefined {
  return one && other && one !== other ? AbortSignal.any([one, other]) : one ?? other;
}

async function runInSession<N extends Name>(
  name: N,
  { output, closeInputs }: Required<Omit<Endpoints, "inputs">>,
  plain: RemuxOptions,
  own: Steps<N>,
  ending: AbortSignal | undefined,
): Promise<CopyCommands[N]["answer"]> {
  const {
    signal,
    onLog,
    onMarker,
    onProgress,
    open,
    timeout,
    highWaterMark = DEFAULT_HIGH_WATER_MARK,
    input = {},
    streams,
    onDamage: _,
    ...rest
  } = plain as RemuxOptions & { readonly onDamage?: unknown };
  const {
    signal: _signal,
    onLog: onInputLog,
    open: inputOpen,
    highWaterMark: inputMark = highWaterMark,
    ...demuxing
  } = input;
  const session = new Session({
    kind: name,
    signal,
    onLog,
    onInputLog,
    onMarker,
    onProgress,
    open,
    inputOpen,
    timeout,
    ...own.serves,
    ...(typeof streams === "function" && { selectStream: streams }),
  });
  const result = await openSession(session, async () => {
    let target;
    try {
      target = describeOutput(session, output, highWaterMark);
    } catch (error) {
      await waitBriefly(Promise.allSettled([closeInputs()]));
      throw error;
    }
    const inputOptions = { timeout, ...demuxing };
    const limits = { ...inputOptions, highWaterMark: inputMark, signal };
    const inputs = await own.describe(session, limits, ending);
    if (ending?.aborted) session.endInputs();
    else ending?.addEventListener("abort", () => session.endInputs(), { once: true });
    const { onStart, onDamage } = session.options;
    const request: CopyRequest<RemuxOptions> = {
      output: target,
      options: {
        ...rest,
        ...(streams && { streams: typeof streams === "function" ? "ask" : streams }),
      },
      inputOptions,
      hooks: {
        open: session.options.open !== undefined,
        log: onLog !== undefined,
        input: { open: inputOpen !== undefined, log: onInputLog !== undefined },
        progress: onProgress !== undefined,
        start: onStart !== undefined,
        damage: onDamage !== undefined,
      },
    };
    const answer = session.command(name, { ...request, ...inputs } as Request<N>);
    const done = await orDrained(session, answer, timeout);
    await session.files.finish(timeout);
    return done;
  });
  await session.close();
  return result;
}

/** One input as the worker will see it; a signal that ends it early ends the opening. */
export async function describeOne(
  input: Input | undefined,
  ...[session, limits, ending]: Parameters<Steps<"remux">["describe"]>
): Promise<{ input: RemoteInput }> {
  return { input: await raceAbort(describeInput(session, input, limits), ending) };
}
