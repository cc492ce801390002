/**
 * Answers that `await` waits for and that are no promise of this realm.
 */
import { runInNewContext } from "node:vm";
import { test } from "node:test";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  DemuxerSync,
  MemorySink,
  probe,
  probeSync,
  remux,
  remuxSync,
  type Sink,
  type Source,
  StreamSource,
} from "../../../mod.ts";
import { fixture, rejection } from "../../support/async_sources.ts";
import { later } from "../../support/random.ts";

const bytes = fixture("mpegts.ts");

/** Answers a moment later. */
type Later = <T>(give: () => T) => Promise<T>;

const Foreign: PromiseConstructor = runInNewContext("Promise");

const makings: Record<string, Later> = {
  "a plain object with then": (give) => {
    const made = later(0).then(give);
    const plain = { then: made.then.bind(made) };
    return plain as ReturnType<Later> as never;
  },
  "another realm's promise": (give) =>
    new Foreign((resolve, reject) => later(0).then(give).then(resolve, reject)),
};

function sourceOf(soon: Later, fails?: Error): Source {
  return {
    size: bytes.length,
    read: (into, position) =>
      soon(() => {
        if (fails && position > 0) throw fails;
        const part = bytes.subarray(position, position + into.length);
        into.set(part);
        return part.length;
      }),
  };
}

async function remuxed(): Promise<Uint8Array> {
  const sink = new MemorySink();
  await remux(bytes, sink, { format: "nut" });
  return sink.take();
}

for (const [what, soon] of Object.entries(makings)) {
  test(`${what} is waited for: source.read`, async () => {
    const info = await probe(sourceOf(soon));
    assertEquals(info.streams.length, 2);
    const failure = new Error("broken");
    assertStrictEquals((await rejection(probe(sourceOf(soon, failure)))).error, failure);
  });

  test(`${what} is waited for: sink.write`, async () => {
    const target = new MemorySink();
    let writing = 0;
    const sink: Sink = {
      seekable: false,
      borrows: true,
      write(chunk, position) {
        assertEquals(writing++, 0);
        return soon(() => {
          writing--;
          target.write(chunk, position);
        });
      },
    };
    await remux(bytes, sink, { format: "nut" });
    assertEquals(target.bytes.length, (await remuxed()).length);
    const failure = new Error("full");
    const full: Sink = {
      write: () =>
        soon(() => {
          throw failure;
        }),
    };
    assertStrictEquals((await rejection(remux(bytes, full, { format: "nut" }))).error, failure);
  });

  test(`${what} is refused by the synchronous functions`, () => {
    const source = sourceOf(soon) as never;
    const words = /a promise \(an asynchronous source needs the asynchronous functions\)/;
    assert(words.test(assertThrows(() => probeSync(source), TypeError).message));
    const sink = { write: () => soon(() => {}) } as never;
    const error = assertThrows(() => remuxSync(bytes, sink, { format: "nut" }), TypeError);
    assert(words.test(error.message), error.message);
    const open = () => soon(() => undefined) as never;
    const asked = assertThrows(
      () => DemuxerSync.open(undefined, { name: "a.ts", open }),
      TypeError,
    );
    assert(asked.message.includes("promise") || asked.message.includes("asynchronous"));
  });

  test(`${what} is waited for: next and return of an async iterable`, async () => {
    let returned = 0;
    const made = (end: () => void) => {
      let at = 0;
      return {
        [Symbol.asyncIterator]: () => ({
          next: () =>
            soon(() => {
              const value = bytes.subarray(at, at += 5000);
              return { value, done: value.length === 0 };
            }),
          return: () => soon(() => ({ value: end(), done: true as const })),
        }),
      };
    };
    assertEquals((await probe(made(() => {}))).streams.length, 2);
    const source = new StreamSource(made(() => void returned++));
    assertEquals(await source.read(new Uint8Array(10)), 10);
    await source.close();
    assertEquals(returned, 1);
  });
}

/** An iterable whose `next` answers without any promise. */
function plain(next: () => unknown, end?: () => unknown): AsyncIterable<Uint8Array> {
  return { [Symbol.asyncIterator]: () => ({ next, return: end }) as never };
}

test("an async iterable may answer without a promise", async () => {
  let at = 0;
  const next = () => ({ value: bytes.subarray(at, at += 5000), done: at >= bytes.length + 5000 });
  assertEquals((await probe(plain(next, () => {}))).streams.length, 2);
  at = 0;
  let returned = 0;
  const source = new StreamSource(plain(next, () => void returned++));
  assertEquals(await source.read(new Uint8Array(10)), 10);
  await source.close();
  assertEquals(returned, 1);
});

test("an async iterable that throws fails with that very error, and is not returned", async () => {
  const failure = new Error("broken");
  let returned = 0;
  const next = () => {
    throw failure;
  };
  const { error } = await rejection(probe(plain(next, () => void returned++)));
  assertStrictEquals(error, failure);
  assertEquals(returned, 0);
});

test("an async iterable that answers nothing is a TypeError that says so", async () => {
  const { error } = await rejection(
    new StreamSource(plain(() => undefined)).read(new Uint8Array(1)),
  );
  assertInstanceOf(error, TypeError);
  assertEquals(error.message, "the iterator's next gave undefined; expected { value, done }");
});
