/**
 * Every fault at every callback of the asynchronous twins. The worker's native callbacks are its
 * own; what is looked at here is that the error is right, that sources and sinks are closed once,
 * and that the next session on the same worker works.
 */
import { test } from "node:test";
import { assert, assertEquals, assertMatch, assertStrictEquals } from "@std/assert";
import { readFileSync } from "node:fs";
import { AGAIN, AVError, Demuxer, remux, type Sink, type Source } from "../../../mod.ts";
import { generated } from "../../support/media.ts";

const TIMEOUT = 150;

function fixture(name: string): Uint8Array {
  const found = generated().find((file) => file.name === name);
  if (!found) throw new Error(`no fixture ${name}`);
  return new Uint8Array(readFileSync(found.path));
}

type Kind = "open" | "read" | "write" | "close";
type Answer = number | typeof AGAIN;

interface Fault {
  readonly name: string;
  readonly kinds: readonly Kind[];
  act(plan: Plan, length: number, real: (most?: number) => number): Answer | Promise<Answer>;
  check(error: unknown, plan: Plan, same: boolean): void;
}

class Plan {
  readonly error = new Error("the fault");
  readonly controller = new AbortController();
  calls = 0;
  fired: Kind | undefined;
  closed = 0;

  readonly at: number;
  readonly fault: Fault | undefined;

  constructor(at: number, fault: Fault | undefined) {
    this.at = at;
    this.fault = fault;
  }

  call(kind: Kind, length: number, real: (most?: number) => number): Answer | Promise<Answer> {
    const { fault } = this;
    if (!fault?.kinds.includes(kind) || this.calls++ !== this.at) return real();
    this.fired = kind;
    return fault.act(this, length, real);
  }
}

const sameObject = (error: unknown, plan: Plan) => assertStrictEquals(error, plan.error);
const typeError = (error: unknown) => {
  assert(error instanceof TypeError, String(error));
  assertMatch(error.message, /returned/);
};
const harmless = (error: unknown, _: Plan, same: boolean) => {
  assertStrictEquals(error, undefined);
  assert(same);
};

const faults: readonly Fault[] = [
  {
    name: "throws",
    kinds: ["open", "read", "write", "close"],
    act: (plan) => {
      throw plan.error;
    },
    check: sameObject,
  },
  {
    name: "rejects",
    kinds: ["open", "read", "write", "close"],
    act: (plan) => Promise.reject(plan.error),
    check: sameObject,
  },
  {
    name: "never answers",
    kinds: ["read"],
    act: () => new Promise(() => {}),
    check: (error) => {
      assert(error instanceof AVError, String(error));
      assertEquals(error.codeName, "ETIMEDOUT");
    },
  },
  { name: "a short read", kinds: ["read"], act: (_, __, real) => real(1), check: harmless },
  { name: "AGAIN", kinds: ["read"], act: () => AGAIN, check: harmless },
  { name: "a late answer", kinds: ["read", "write"], act: late, check: harmless },
  { name: "too much", kinds: ["read"], act: (_, length) => length + 1, check: typeError },
  { name: "negative", kinds: ["read"], act: () => -1, check: typeError },
  { name: "NaN", kinds: ["read"], act: () => Promise.resolve(NaN), check: typeError },
  {
    name: "aborts",
    kinds: ["open", "read", "write"],
    act: (plan, _, real) => (plan.controller.abort(plan.error), real()),
    check: sameObject,
  },
];

async function late(_: Plan, __: number, real: () => number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 3));
  return real();
}

function source(bytes: Uint8Array, plan: Plan): Source {
  return {
    size: bytes.length,
    async open() {
      await plan.call("open", 0, () => 0);
    },
    read: (into, position) =>
      plan.call("read", into.length, (most = into.length) => {
        const part = bytes.subarray(position, position + Math.min(most, into.length, 20_000));
        into.set(part);
        return part.length;
      }),
    async close() {
      plan.closed++;
      await plan.call("close", 0, () => 0);
    },
  };
}

class Store implements Sink {
  readonly #plan: Plan;
  bytes = new Uint8Array(1 << 20);
  length = 0;

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  async write(chunk: Uint8Array, position: number): Promise<void> {
    await this.#plan.call("write", chunk.length, () => {
      this.bytes.set(chunk, position);
      this.length = Math.max(this.length, position + chunk.length);
      return 0;
    });
  }

  async close(): Promise<void> {
    this.#plan.closed++;
    await this.#plan.call("close", 0, () => 0);
  }
}

type Scenario = (plan: Plan) => Promise<string>;

function demux(bytes: Uint8Array): Scenario {
  return async (plan) => {
    const lines: string[] = [];
    await using input = await Demuxer.open(source(bytes, plan), {
      signal: plan.controller.signal,
      timeout: TIMEOUT,
      highWaterMark: 32_768,
    });
    for await (const { pts, dts, size, data } of input) lines.push(`${pts} ${dts} ${size} ${data}`);
    return lines.join("\n");
  };
}

function seek(bytes: Uint8Array): Scenario {
  return async (plan) => {
    const lines: string[] = [];
    await using input = await Demuxer.open(source(bytes, plan), {
      signal: plan.controller.signal,
      timeout: TIMEOUT,
      highWaterMark: 32_768,
    });
    for (const place of [0.9, 0.1, 0.5]) {
      await input.seek(place);
      for (let i = 0; i < 3; i++) lines.push(String((await input.read())?.pts));
    }
    return lines.join("\n");
  };
}

function copy(bytes: Uint8Array, format: string): Scenario {
  return async (plan) => {
    const sink = new Store(plan);
    await remux(source(bytes, plan), sink, {
      format,
      options: { fflags: "+bitexact" },
      signal: plan.controller.signal,
      timeout: TIMEOUT * 10,
      highWaterMark: 32_768,
    });
    return sink.bytes.subarray(0, sink.length).join();
  };
}

const scenarios: Record<string, { run: Scenario; closes: number }> = {
  "Demuxer over mp4": { run: demux(fixture("progressive.mp4")), closes: 1 },
  "Demuxer over matroska": { run: demux(fixture("matroska.mkv")), closes: 1 },
  "Demuxer that seeks": { run: seek(fixture("progressive.mp4")), closes: 1 },
  "remux to matroska": { run: copy(fixture("progressive.mp4"), "matroska"), closes: 2 },
  "remux to mp4": { run: copy(fixture("progressive.mp4"), "mp4"), closes: 2 },
};

for (const [name, { run, closes }] of Object.entries(scenarios)) {
  test(`${name}: survives every fault at every callback`, async () => {
    const clean = await run(new Plan(-1, undefined));
    let injected = 0;
    for (const fault of faults) {
      if (name.startsWith("remux") && fault.name === "never answers") continue;
      for (let at = 0;; at++) {
        const plan = new Plan(at, fault);
        let error: unknown;
        let digest: string | undefined;
        try {
          digest = await run(plan);
        } catch (thrown) {
          error = thrown;
        }
        const where = `${fault.name} at callback ${at} (${plan.fired})`;
        if (plan.fired === undefined) {
          assertStrictEquals(error, undefined, where);
          assert(digest === clean, `${where}: a run without a fault`);
          break;
        }
        // A fault of bytes read ahead does not count where the bytes turn out not to be wanted.
        const unwanted = plan.fired === "read" && error === undefined && digest === clean;
        try {
          if (!unwanted) fault.check(error, plan, digest === clean);
        } catch (failure) {
          throw new Error(`${where}: ${(failure as Error).message}`, { cause: error ?? failure });
        }
        // An abort is felt at once; what it releases is closed a moment later.
        for (let i = 0; plan.closed < closes && i < 200; i++) {
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        assertEquals(plan.closed, closes, `${where}: closed once each`);
        if (!unwanted || fault.check === harmless) injected++;
      }
    }
    assert(injected > 20, `only ${injected} faults`);
    console.log(`${name}: ${injected} faults let in, all survived`);
  });
}
