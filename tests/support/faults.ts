/**
 * One fault at the k-th callback of a scenario, for sweeps: fail the 1st, the 2nd, the 3rd …
 * until a run meets no fault any more.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertStrictEquals } from "@std/assert";
import { AVERROR, AVError } from "../../mod.ts";

/** Which callback is being called. */
export type CallbackKind = "read" | "write" | "seek" | "size" | "open" | "close";

/** A call of a callback, as a fault sees it. */
export interface Call {
  readonly kind: CallbackKind;
  /** Bytes asked for or given. */
  readonly length: number;
  /** The behaviour without a fault, for the first `most` bytes. */
  readonly real: (most?: number) => number;
  readonly plan: Plan;
}

/** The result of a run. */
export interface Outcome {
  readonly error?: unknown;
  /** Everything that came out, as one string. */
  readonly digest?: string;
}

/** A kind of fault, and what must come of it. */
export interface Fault {
  readonly name: string;
  readonly kinds: readonly CallbackKind[];
  /** True where nothing can be used after it. */
  readonly fatal: boolean;
  act(call: Call): number;
  check(outcome: Outcome, plan: Plan, clean: string): void;
}

/** Counts callbacks, and lets the fault in at one of them. */
export class Plan {
  readonly at: number;
  readonly fault: Fault | undefined;
  readonly error = new Error("the fault");
  readonly controller = new AbortController();
  /** Closes what is being used, from inside. */
  dispose: () => void = () => {};
  calls = 0;
  fired: CallbackKind | undefined;

  constructor(at: number, fault: Fault | undefined) {
    this.at = at;
    this.fault = fault;
  }

  call(kind: CallbackKind, length: number, real: (most?: number) => number): number {
    const { fault } = this;
    // A fault of another kind's waits for the next of its own.
    if (!fault?.kinds.includes(kind) || this.calls++ !== this.at) return real();
    this.fired = kind;
    return fault.act({ kind, length, real, plan: this });
  }
}

const moving: readonly CallbackKind[] = ["read", "write"];

function sameObject({ error }: Outcome, plan: Plan): void {
  assertStrictEquals(error, plan.error);
}

function named(pattern: RegExp) {
  return ({ error }: Outcome) => {
    assert(error instanceof TypeError, String(error));
    assertMatch(error.message, pattern);
  };
}

function code(name: string) {
  return ({ error }: Outcome) => {
    assert(error instanceof AVError, String(error));
    assertEquals(error.codeName, name);
  };
}

/** It went on as if nothing had been, or it was refused in libav's way. */
function harmless({ error, digest }: Outcome, _: Plan, clean: string): void {
  if (error === undefined) assert(digest !== undefined && clean !== undefined);
  else assert(error instanceof AVError, String(error));
}

/** The faults of callbacks that answer at once. */
export const faults: readonly Fault[] = [
  {
    name: "throws",
    kinds: ["read", "write", "seek", "size", "open", "close"],
    fatal: true,
    act: ({ plan }) => {
      throw plan.error;
    },
    check: sameObject,
  },
  {
    name: "EIO",
    kinds: moving,
    fatal: true,
    act: () => AVERROR("EIO"),
    check: code("EIO"),
  },
  {
    name: "EAGAIN",
    kinds: ["write"],
    fatal: true,
    act: () => AVERROR("EAGAIN"),
    check: code("EAGAIN"),
  },
  {
    name: "refuses to seek",
    kinds: ["seek", "size"],
    fatal: false,
    act: () => AVERROR("ESPIPE"),
    check: harmless,
  },
  {
    name: "a short read",
    kinds: ["read"],
    fatal: false,
    act: ({ real }) => real(1),
    check: ({ error, digest }, _, clean) => {
      assertStrictEquals(error, undefined);
      assertEquals(digest, clean);
    },
  },
  {
    name: "a short write",
    kinds: ["write"],
    fatal: true,
    act: ({ real, length }) => real(length - 1),
    check: named(/short write/),
  },
  {
    name: "too much",
    kinds: moving,
    fatal: true,
    act: ({ length, real }) => (real(), length + 1),
    check: named(/returned \d+/),
  },
  { name: "negative", kinds: moving, fatal: true, act: () => -1, check: code("EPERM") },
  {
    name: "NaN",
    kinds: [...moving, "seek", "size"],
    fatal: true,
    act: () => NaN,
    check: named(/NaN/),
  },
  {
    name: "disposes inside",
    kinds: ["read", "write", "seek", "size"],
    fatal: true,
    act: ({ plan, real }) => (plan.dispose(), real()),
    check: ({ error }) => {
      assert(error instanceof Error, String(error));
      assertMatch(error.message, /inside a callback/);
    },
  },
  {
    name: "aborts",
    kinds: ["read", "write", "seek", "size"],
    fatal: false,
    act: ({ plan, real }) => (plan.controller.abort(plan.error), real()),
    check: (outcome, plan, clean) => {
      // Nothing may have been left to do.
      if (outcome.error === undefined) assertEquals(outcome.digest, clean);
      else sameObject(outcome, plan);
    },
  },
];
