import { readFileSync } from "node:fs";
import { test } from "node:test";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { AGAIN, AVERROR, AVError, Channel, DemuxerSync } from "../../../../mod.ts";
import { generated } from "../../../support/media.ts";

function fixture(name: string): Uint8Array {
  const found = generated().find((file) => file.name === name);
  if (!found) throw new Error(`no fixture ${name}`);
  return readFileSync(found.path);
}

// wav looks for S/PDIF in the first 64 KiB of samples before it is open.
const opening = 72_000;

test("An open and empty channel answers AGAIN, an ended one 0", () => {
  const channel = new Channel();
  const into = new Uint8Array(8);
  assertEquals(channel.read(into), AGAIN);
  channel.send(Uint8Array.of(1, 2, 3));
  assertEquals(channel.read(into), 3);
  assertEquals(into.subarray(0, 3), Uint8Array.of(1, 2, 3));
  assertEquals(channel.read(into), AGAIN);
  channel.end();
  assertEquals(channel.read(into), 0);
});

test("Chunks come out in order, cut to what the reader takes", () => {
  const channel = new Channel();
  channel.send(Uint8Array.of(1, 2, 3));
  channel.send(Uint8Array.of(4));
  channel.end();
  const out: number[] = [];
  const into = new Uint8Array(2);
  for (let n = channel.read(into); n !== 0; n = channel.read(into)) {
    assert(n !== AGAIN);
    out.push(...into.subarray(0, n));
  }
  assertEquals(out, [1, 2, 3, 4]);
});

test("An empty chunk ends the channel, and nothing can be sent after it", () => {
  const channel = new Channel();
  channel.send(new Uint8Array(0));
  assertEquals(channel.read(new Uint8Array(1)), 0);
  assertThrows(() => channel.send(Uint8Array.of(1)), TypeError, "ended");
});

test("A chunk that is not a Uint8Array is refused where it is sent, and nothing is queued", () => {
  const channel = new Channel();
  const wrong: [unknown, string][] = [
    ["text", "String"],
    [new ArrayBuffer(4), "ArrayBuffer"],
    [new Uint16Array(2), "Uint16Array"],
    [[1, 2], "Array"],
    [{ length: 0 }, "Object"],
    [null, "null"],
    [undefined, "undefined"],
  ];
  for (const [chunk, what] of wrong) {
    assertThrows(() => channel.send(chunk as Uint8Array), TypeError, `not ${what}`);
  }
  assertEquals(channel.queued, 0);
  assertEquals(channel.read(new Uint8Array(8)), AGAIN);
});

test("A failed channel throws that very error, once what is queued has been read", () => {
  const failure = new Error("upstream");
  const channel = new Channel();
  channel.send(Uint8Array.of(9));
  channel.fail(failure);
  assertEquals(channel.read(new Uint8Array(4)), 1);
  assertStrictEquals(assertThrows(() => channel.read(new Uint8Array(4))), failure);
  assertStrictEquals(assertThrows(() => channel.send(Uint8Array.of(1))), failure);
});

test("send answers false above the high-water mark, and ready resolves once it is read", async () => {
  const channel = new Channel({ highWaterMark: 10 });
  assertEquals(channel.send(new Uint8Array(10)), true);
  await channel.ready;
  assertEquals(channel.send(new Uint8Array(5)), false);
  assertEquals(channel.queued, 15);
  let ready = false;
  const waiting = channel.ready.then(() => ready = true);
  await Promise.resolve();
  assertEquals(ready, false);
  channel.read(new Uint8Array(5));
  await waiting;
  assertEquals(channel.queued, 10);
});

test("Ending or closing a full channel lets the sender go on", async () => {
  for (const finish of ["end", "close", "fail"] as const) {
    const channel = new Channel({ highWaterMark: 1 });
    channel.send(new Uint8Array(2));
    const { ready } = channel;
    channel[finish](new Error("stop"));
    await ready;
  }
});

for (const name of ["wav.wav", "mp3.mp3", "flac.flac"]) {
  const found = generated().some((file) => file.name === name);
  test(
    `tryRead on ${name} answers AGAIN while nothing is there, then every packet`,
    { skip: found ? false : `this ffmpeg cannot make ${name}` },
    () => {
      const bytes = fixture(name);
      const expected: Uint8Array[] = [];
      {
        using whole = DemuxerSync.open(bytes, { findStreamInfo: false });
        for (const packet of whole) expected.push(packet.data);
      }
      const channel = new Channel();
      const first = Math.min(opening, bytes.length - 6000);
      channel.send(bytes.subarray(0, first));
      using input = DemuxerSync.open(channel, { findStreamInfo: false, bufferSize: 4096 });
      const got: Uint8Array[] = [];
      let again = 0;
      let sent = first;
      for (;;) {
        const packet = input.tryRead();
        if (packet === null) break;
        if (packet !== AGAIN) {
          got.push(packet.data);
          continue;
        }
        again++;
        if (sent < bytes.length) channel.send(bytes.subarray(sent, sent += 3000));
        else channel.end();
      }
      assert(again > 1, `${again} times AGAIN`);
      const join = (parts: Uint8Array[]) => parts.flatMap((part) => [...part]);
      assertEquals(join(got), join(expected));
    },
  );
}

test("tryRead on mpegts, which cannot be resumed, is an AVError that says so", () => {
  const bytes = fixture("mpegts.ts");
  const channel = new Channel();
  channel.send(bytes.subarray(0, bytes.length - 20_000));
  using input = DemuxerSync.open(channel, { findStreamInfo: false, bufferSize: 4096 });
  const error = assertThrows(() => {
    while (input.tryRead() !== AGAIN);
  }, AVError);
  assertEquals(error.code, AVERROR("EAGAIN"));
  assert(error.message.includes("mpegts"), error.message);
});

test("Opening an empty channel is an AVError, as libavformat could not go on", () => {
  const error = assertThrows(() => DemuxerSync.open(new Channel()), AVError);
  assertEquals(error.code, AVERROR("EAGAIN"));
});

test("read says to use tryRead when the channel has nothing yet", () => {
  const bytes = fixture("wav.wav");
  const channel = new Channel();
  channel.send(bytes.subarray(0, opening));
  using input = DemuxerSync.open(channel, { findStreamInfo: false, bufferSize: 4096 });
  const error = assertThrows(() => {
    while (input.read() !== null);
  }, AVError);
  assertEquals(error.code, AVERROR("EAGAIN"));
  assert(error.message.includes("tryRead"));
});

test("A channel that fails midway fails the demuxer with that very error", () => {
  const failure = new Error("connection lost");
  const channel = new Channel();
  channel.send(fixture("wav.wav").subarray(0, opening));
  channel.fail(failure);
  const error = assertThrows(() => {
    using input = DemuxerSync.open(channel, { findStreamInfo: false, bufferSize: 4096 });
    while (input.read() !== null);
  });
  assertStrictEquals(error, failure);
});

test("Closing the demuxer closes the channel: the sender hears of it", () => {
  const channel = new Channel();
  channel.send(fixture("wav.wav").subarray(0, opening));
  DemuxerSync.open(channel, { findStreamInfo: false }).close();
  assertThrows(() => channel.send(Uint8Array.of(1)), TypeError);
});
