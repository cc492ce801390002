/**
 * Limits that are no numbers are refused before anything is read, not taken and forgotten.
 */
import { test } from "node:test";
import { assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import {
  Channel,
  Demuxer,
  fragments,
  MemorySink,
  probe,
  remux,
  type Source,
} from "../../../mod.ts";
import { fixture, rejection } from "../../support/async_sources.ts";

class Untouched implements Source {
  closed = 0;
  read(): number {
    throw new Error("it is read");
  }
  close(): void {
    this.closed++;
  }
}

const wrong = [NaN, -1, null, "100"] as const;

const shown = (value: unknown) => typeof value === "string" ? `"${value}"` : `${value}`;

type Options = { readonly timeout?: number; readonly maxBytes?: number };

const ways: Record<string, (source: Source, options: Options) => Promise<unknown>> = {
  "probe": (source, options) => probe(source, options),
  "Demuxer.open": (source, options) => Demuxer.open(source, options),
  "remux": (source, input) => remux(source, new MemorySink(), { format: "nut", input }),
  "fragments": (source, input) => fragments(source, { format: "mp4", input }).next(),
};

for (const [what, take] of Object.entries(ways)) {
  for (const [name, unit] of [["timeout", "milliseconds"], ["maxBytes", "bytes"]]) {
    test(`a ${name} that is no number of ${unit} is a RangeError of ${what}`, async () => {
      for (const value of wrong) {
        const source = new Untouched();
        const { error } = await rejection(take(source, { [name]: value } as Options));
        assertInstanceOf(error, RangeError);
        assertEquals(error.message, `${name} must be a number of ${unit}, not ${shown(value)}`);
        assertEquals(source.closed, 1);
      }
    });
  }
}

test("a timeout that is no number of milliseconds is a RangeError of remux and fragments", async () => {
  for (const value of wrong) {
    const timeout = value as number;
    const source = new Untouched();
    const options = { format: "mp4", timeout };
    for (
      const promise of [
        remux(source, new MemorySink(), options),
        fragments(source, options).next(),
      ]
    ) assertInstanceOf((await rejection(promise)).error, RangeError);
    assertEquals(source.closed, 2);
  }
});

test("an infinite timeout and maxBytes are no limits", async () => {
  const bytes = fixture("progressive.mp4");
  const limits = { timeout: Infinity, maxBytes: Infinity };
  assertEquals((await probe(bytes, limits)).streams.length, 2);
  const sink = new MemorySink();
  await remux(new Blob([bytes]), sink, { format: "nut", timeout: Infinity, input: limits });
  assertEquals((await probe(sink.take())).streams.length, 2);
});

test("a Channel's highWaterMark is a number of bytes", () => {
  for (const value of wrong) {
    const { message } = assertThrows(
      () => new Channel({ highWaterMark: value as number }),
      RangeError,
    );
    assertEquals(message, `highWaterMark must be a number of bytes, not ${shown(value)}`);
  }
  const channel = new Channel({ highWaterMark: 0 });
  assertEquals(channel.send(Uint8Array.of(1)), false);
  assertEquals(new Channel({ highWaterMark: Infinity }).send(Uint8Array.of(1)), true);
});
