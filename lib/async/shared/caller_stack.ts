/**
 * Stacks of errors from the worker: they show the program's own call.
 *
 * @module
 */

/** Errors that were made here from a message of the worker; any other is the program's own. */
const fromWorker = new WeakSet<object>();

/** Remembers that an error came from the worker, whose stack shows the module's inside alone. */
export function markFromWorker(error: Error): Error {
  fromWorker.add(error);
  return error;
}

// The engines keep ten frames, which the module's own can fill.
const MAX_FRAMES = 50;

/** An error of this moment whose stack reaches the program's call. */
function deepError(): Error {
  const { stackTraceLimit } = Error as { stackTraceLimit?: number };
  // A program may have frozen Error: its stacks are short then.
  const raised = Reflect.set(Error, "stackTraceLimit", MAX_FRAMES);
  const error = new Error();
  if (raised) Reflect.set(Error, "stackTraceLimit", stackTraceLimit);
  return error;
}

/** The stack of this moment: to be made before anything is awaited. */
export class CallerStack {
  readonly #at = deepError();

  /** The outcome of a promise; a rejection gets this stack. */
  async during<T>(promise: Promise<T>): Promise<T> {
    try {
      return await promise;
    } catch (error) {
      throw this.attach(error);
    }
  }

  /** Gives an error of the worker this stack, once; any other is returned as it is. */
  attach(error: unknown): unknown {
    if (!(error instanceof Error) || !fromWorker.delete(error)) return error;
    const frames = framesOf(this.#at.stack);
    if (frames !== "") error.stack = `${error.name}: ${error.message}\n${frames}`;
    return error;
  }
}

/** The lines after the message; every engine here writes them with `at`. */
function framesOf(stack = ""): string {
  const lines = stack.split("\n");
  const first = lines.findIndex((line) => /^\s+at /.test(line));
  return first < 0 ? "" : lines.slice(first).join("\n");
}
