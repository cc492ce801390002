/**
 * Errors on their way from one thread to the other.
 *
 * @module
 */
import {
  AVError,
  DisposedError,
  LibraryNotFoundError,
  UnsupportedVersionError,
} from "../../error.ts";
import { markFromWorker } from "./caller_stack.ts";

/** An error as a message can hold it. */
export interface PlainError {
  /** True where the main thread holds the error itself: a source, a sink or a hook threw it. */
  readonly remote?: true;
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly code?: number;
  readonly operation?: string;
  readonly log?: readonly string[];
  readonly tried?: readonly string[];
  readonly cause?: PlainError;
  /** Properties of `node:fs` errors: `code`, `errno`, `syscall`, `path`. */
  readonly details?: Readonly<Record<string, string | number>>;
}

/** Thrown in the worker where the main thread failed to serve it; the error itself is there. */
export class RemoteFailure extends Error {
  override name = "RemoteFailure";
}

/** In the worker. */
export function toPlain(error: unknown): PlainError {
  if (error instanceof RemoteFailure) return { remote: true, name: error.name, message: "" };
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  const { name, message, stack, cause } = error;
  const base: PlainError = {
    name,
    message,
    stack,
    ...(cause === undefined ? {} : { cause: toPlain(cause) }),
  };
  if (error instanceof AVError) {
    const { code, operation, log } = error;
    return { ...base, code, operation, log };
  }
  if (error instanceof LibraryNotFoundError) return { ...base, tried: [...error.tried] };
  const details = Object.entries(error).filter((entry): entry is [string, string | number] =>
    entry[0] !== "name" && /^(string|number)$/.test(typeof entry[1])
  );
  return details.length === 0 ? base : { ...base, details: Object.fromEntries(details) };
}

/** On the main thread: the same error again, of its own class. */
export function fromPlain(plain: PlainError): Error {
  const error = revive(plain);
  error.message = plain.message;
  if (plain.details) Object.assign(error, plain.details);
  if (plain.cause) error.cause = fromPlain(plain.cause);
  return markFromWorker(error);
}

function revive(plain: PlainError): Error {
  const { name, message, code, operation, log, tried } = plain;
  if (code !== undefined && operation !== undefined) return new AVError({ code, operation, log });
  switch (name) {
    case "DisposedError":
      return new DisposedError(message);
    case "LibraryNotFoundError":
      return new LibraryNotFoundError(message, tried ?? []);
    case "UnsupportedVersionError":
      return new UnsupportedVersionError(message);
    case "TypeError":
      return new TypeError(message);
    case "RangeError":
      return new RangeError(message);
    default:
      return Object.assign(new Error(message), { name });
  }
}
