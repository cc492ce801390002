/**
 * A `fetch` of the program's own: what it throws, and what it answers.
 */
import { test } from "node:test";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { HttpError, HttpSource, type HttpSourceOptions, probe } from "../../../../mod.ts";
import { fixture, rejection } from "../../../support/async_sources.ts";

const url = "http://a.invalid/a.mp4";
const quick = { retries: 2, retryDelay: 1 };
const bytes = fixture("progressive.mp4");

/** The error of an opening, and its number of requests. */
async function outcome(fetch: () => unknown): Promise<{ error: unknown; asked: number }> {
  let asked = 0;
  const own = () => (asked++, fetch()) as Promise<Response>;
  const source = new HttpSource(url, { ...quick, fetch: own });
  const { error } = await rejection(source.open());
  source.close();
  return { error, asked };
}

class Expired extends Error {
  override name = "Expired";
  readonly code = "E_TOKEN";
}

const own: Record<string, unknown> = {
  "an error of a class of its own": new Expired("the token has expired"),
  "a RangeError": new RangeError("what a bug throws"),
  "a DOMException": new DOMException("five seconds are over", "TimeoutError"),
  "no error at all": "a string",
};

for (const [what, thrown] of Object.entries(own)) {
  test(`An exception of the program's fetch comes out at once, the object itself: ${what}`, async () => {
    const rejected = await outcome(() => Promise.reject(thrown));
    assertStrictEquals(rejected.error, thrown);
    assertEquals(rejected.asked, 1);
    const threw = await outcome(() => {
      throw thrown;
    });
    assertStrictEquals(threw.error, thrown);
    assertEquals(threw.asked, 1);
  });
}

test("An exception of the program's fetch comes out of probe", async () => {
  const thrown = new Expired("the token has expired");
  const source = new HttpSource(url, { ...quick, fetch: () => Promise.reject(thrown) });
  assertStrictEquals((await rejection(probe(source))).error, thrown);
});

const network: Record<string, unknown> = {
  "a TypeError": new TypeError("fetch failed", { cause: new Error("getaddrinfo ENOTFOUND") }),
  "a system's error": Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }),
  "a runtime's error": Object.assign(new Error("refused"), { name: "ConnectionRefused" }),
};

for (const [what, thrown] of Object.entries(network)) {
  test(`A failure of the network is tried again, whose ever the fetch: ${what}`, async () => {
    const { error, asked } = await outcome(() => Promise.reject(thrown));
    assertInstanceOf(error, HttpError);
    assertEquals([error.kind, asked], ["network", 3]);
    assertStrictEquals(error.cause, thrown);
  });
}

test("A global fetch that throws anything is tried again", async () => {
  const before = globalThis.fetch;
  let asked = 0;
  const failing = () => (asked++, Promise.reject(new Error("anything")));
  globalThis.fetch = failing as unknown as typeof fetch;
  try {
    const { error } = await rejection(new HttpSource(url, quick).open());
    assertInstanceOf(error, HttpError);
    assertEquals([error.kind, asked], ["network", 3]);
  } finally {
    globalThis.fetch = before;
  }
});

const answers: Record<string, (response: Response) => unknown> = {
  "without a promise": (response) => response,
  "with a plain thenable": (response) => {
    const promise = Promise.resolve(response);
    return { then: promise.then.bind(promise) };
  },
};

for (const [what, answer] of Object.entries(answers)) {
  test(`A fetch may answer ${what}`, async () => {
    const fetch = () => answer(new Response(bytes)) as Promise<Response>;
    const info = await probe(new HttpSource(url, { ...quick, fetch }));
    assertEquals(info.streams.length, 2);
  });
}

for (const [value, name] of [[undefined, "undefined"], [null, "null"], [{}, "Object"]] as const) {
  test(`A fetch that answers ${name} is a TypeError that says so, at once`, async () => {
    for (const answer of [() => value, () => Promise.resolve(value)]) {
      const { error, asked } = await outcome(answer);
      assertInstanceOf(error, TypeError);
      assertEquals(error.message, `HttpSource: fetch returned ${name}; expected a Response`);
      assertEquals(asked, 1);
    }
  });
}

test("A fetch and a signal that are none are refused by the constructor", () => {
  const wrong: [string, unknown][] = [
    ["fetch", "fetch"],
    ["fetch", {}],
    ["fetch", null],
    ["signal", {}],
    ["signal", new AbortController()],
    ["signal", "stop"],
  ];
  for (const [name, value] of wrong) {
    const make = () => new HttpSource(url, { [name]: value } as HttpSourceOptions);
    const { message } = assertThrows(make, TypeError);
    assertMatch(message, new RegExp(`^HttpSource: ${name} must be an? `));
  }
  assert(new HttpSource(url, { fetch: undefined, signal: undefined }));
});
