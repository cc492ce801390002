/**
 * The policy of retries: which failures, how often and when.
 *
 * @module
 */
import { pause } from "../../promises.ts";
import { HttpError } from "./errors.ts";

/** The longest pause, in milliseconds; a server that asks for more is not waited for. */
const MAX_PAUSE = 30_000;

/** How often and how soon. */
export interface RetryOptions {
  /** Retries without a byte in between. */
  readonly retries: number;
  /** Milliseconds before the first; doubled each time. */
  readonly retryDelay: number;
}

/** `Retry-After`, seconds or a date, in milliseconds from now. */
export function parseRetryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^\s*\d+\s*$/.test(header)) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

function retryable(error: unknown): error is HttpError {
  if (!(error instanceof HttpError)) return false;
  if (error.kind === "network") return true;
  const { status = 0 } = error;
  return error.kind === "status" && (status >= 500 || status === 429 || status === 408);
}

/** The attempts at one transfer; progress starts the count anew. */
export class Attempts {
  readonly #options: RetryOptions;
  #failed = 0;

  constructor(options: RetryOptions) {
    this.#options = options;
  }

  /** Bytes came: what failed before no longer counts. */
  progress(): void {
    this.#failed = 0;
  }

  /** Waits until it may be tried again; throws the error itself where it may not. */
  async failed(error: unknown, signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw signal.reason;
    this.#failed++;
    if (!retryable(error)) throw error;
    const { retries, retryDelay } = this.#options;
    if (this.#failed > retries) {
      if (retries > 0) error.message += ` (${this.#failed} attempts)`;
      throw error;
    }
    const { retryAfter = 0 } = error;
    if (retryAfter > MAX_PAUSE) {
      error.message += ` (it asks to wait ${Math.ceil(retryAfter / 1000)} s)`;
      throw error;
    }
    // Half of it at random, so that many clients of one failing server do not come back together.
    const step = Math.min(MAX_PAUSE, retryDelay * 2 ** (this.#failed - 1));
    await pause(Math.max(retryAfter, step * (0.5 + Math.random() / 2)), signal);
  }
}
