import { test } from "node:test";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import {
  AVError,
  DemuxerSync,
  DisposedError,
  IOContext,
  MemorySink,
  MemorySource,
  MuxerSync,
  remuxSync,
  type SourceSync,
} from "../../../../mod.ts";
import { liveCallbacks } from "../../../../ffi/mod.ts";
import { observeRelease, type ReleaseStep } from "../../../../lib/io/avio/release.ts";
import { collector } from "../../../support/gc.ts";
import { generated } from "../../../support/media.ts";

function fixture(name: string): Uint8Array {
  const found = generated().find((file) => file.name === name);
  if (!found) throw new Error(`no fixture ${name}`);
  return readFileSync(found.path);
}

function observed(run: () => void): ReleaseStep[] {
  const steps: ReleaseStep[] = [];
  observeRelease((step) => steps.push(step));
  try {
    run();
  } finally {
    observeRelease(undefined);
  }
  return steps;
}

class Closing extends MemorySource {
  closed = 0;
  close() {
    this.closed++;
  }
}

const wav = fixture("wav.wav");
const reading: ReleaseStep[] = ["format", "buffer", "context", "callbacks", "adapter"];
const writing: ReleaseStep[] = ["format", "flush", "buffer", "context", "callbacks", "adapter"];

test("A demuxer read to its end releases format, buffer, context, callbacks, source", () => {
  const source = new Closing(wav);
  const steps = observed(() => {
    using input = DemuxerSync.open(source);
    for (const _ of input);
    assertEquals(source.closed, 0);
  });
  assertEquals(steps, reading);
  assertEquals(source.closed, 1);
});

test("Breaking out of the loop early releases everything once the scope ends", () => {
  const source = new Closing(wav);
  const steps = observed(() => {
    using input = DemuxerSync.open(source);
    for (const _ of input) break;
    assertEquals(source.closed, 0);
  });
  assertEquals(steps, reading);
  assertEquals(source.closed, 1);
});

test("A failed open releases everything in the same order", () => {
  const source = new Closing(new Uint8Array(5000));
  const steps = observed(() => {
    assertThrows(() => DemuxerSync.open(source), AVError);
  });
  assertEquals(steps, reading);
  assertEquals(source.closed, 1);
});

test("An option or a name that C cannot hold is a TypeError, and everything is released", () => {
  for (const options of [{ options: { fflags: "a\0b" } }, { name: "a\0b" }]) {
    for (let i = 0; i < 20; i++) {
      const source = new Closing(fixture("progressive.mp4"));
      const steps = observed(() => {
        assertThrows(() => DemuxerSync.open(source, options), TypeError, "NUL");
      });
      assertEquals(steps, ["format", "buffer", "context", "callbacks", "adapter"]);
      assertEquals(source.closed, 1);
    }
  }
});

test("An unknown format releases what was made for it", () => {
  const source = new Closing(wav);
  const before = liveCallbacks();
  assertThrows(() => DemuxerSync.open(source, { format: "no-such" }), TypeError);
  assertEquals(source.closed, 1);
  assertEquals(liveCallbacks(), before);
});

test("An error midway leaves the release to the scope, in order", () => {
  const thrown = new Error("midway");
  let reads = 0;
  let closed = 0;
  const inner = new MemorySource(wav);
  const source: SourceSync = {
    size: wav.length,
    read(into, position) {
      if (++reads > 8) throw thrown;
      return inner.read(into, position);
    },
    close: () => void closed++,
  };
  const steps = observed(() => {
    const error = assertThrows(() => {
      using input = DemuxerSync.open(source, { bufferSize: 4096 });
      for (const _ of input);
    });
    assertStrictEquals(error, thrown);
  });
  assertEquals(steps, reading);
  assertEquals(closed, 1);
});

test("A finished muxer releases format, flush, buffer, context, callbacks, sink", () => {
  const sink = new MemorySink();
  let closed = 0;
  const steps = observed(() => {
    using output = MuxerSync.create(
      { write: (chunk, at) => sink.write(chunk, at), close: () => void closed++ },
      { format: "wav" },
    );
    const stream = output.addStream({
      type: "audio",
      codec: "pcm_s16le",
      sampleRate: 8000,
      channels: 1,
      timeBase: { num: 1, den: 8000 },
    });
    output.write({ data: new Uint8Array(1600), pts: 0 }, stream);
    output.finish();
    assertEquals(closed, 0);
  });
  assertEquals(steps, writing);
  assertEquals(closed, 1);
});

test("A muxer disposed without finish writes no trailer and releases everything", () => {
  const write = (finish: boolean) => {
    const sink = new MemorySink();
    const steps = observed(() => {
      using input = DemuxerSync.open(fixture("progressive.mp4"));
      using output = MuxerSync.create(sink, { format: "mp4" });
      const streams = input.streams.map((stream) => output.addStream(stream));
      for (const packet of input) output.write(packet, streams[packet.streamIndex]);
      if (finish) output.finish();
    });
    return { steps, text: new TextDecoder("latin1").decode(sink.bytes) };
  };
  const without = write(false);
  assertEquals(without.steps, [...writing, ...reading]);
  assertEquals(without.text.includes("moov"), false);
  assertEquals(write(true).text.includes("moov"), true);
});

test("A muxer that never got a packet releases everything", () => {
  const steps = observed(() => {
    using _ = MuxerSync.create(new MemorySink(), { format: "mp4" });
  });
  assertEquals(steps, writing);
});

test("A muxer that cannot be made releases what was made for it", () => {
  const before = liveCallbacks();
  let closed = 0;
  const sink = { write() {}, close: () => void closed++ };
  assertThrows(() => MuxerSync.create(sink, { format: "no-such" }), AVError);
  assertEquals(closed, 1);
  assertEquals(liveCallbacks(), before);
});

test("A header that is refused leaves the release to the scope, in order", () => {
  let closed = 0;
  const steps = observed(() => {
    assertThrows(() => {
      using output = MuxerSync.create({ write() {}, close: () => void closed++ }, {
        format: "wav",
      });
      output.addStream({ type: "audio", codec: "opus", sampleRate: 48000, channels: 1 });
      output.addStream({ type: "audio", codec: "opus", sampleRate: 48000, channels: 1 });
      output.writeHeader();
    }, AVError);
  });
  assertEquals(steps, writing);
  assertEquals(closed, 1);
});

test("A sink that throws midway is released in order, and its error comes out", () => {
  const thrown = new Error("midway");
  let writes = 0;
  let closed = 0;
  const steps = observed(() => {
    const error = assertThrows(() => {
      using output = MuxerSync.create({
        write() {
          if (++writes > 3) throw thrown;
        },
        close: () => void closed++,
      }, { format: "wav", bufferSize: 1024 });
      const stream = output.addStream({
        type: "audio",
        codec: "pcm_s16le",
        sampleRate: 8000,
        channels: 1,
        timeBase: { num: 1, den: 8000 },
      });
      for (let i = 0; i < 100; i++) {
        output.write({ data: new Uint8Array(800), pts: i * 400 }, stream);
      }
    });
    assertStrictEquals(error, thrown);
  });
  assertEquals(writes, 4);
  assertEquals(steps, writing);
  assertEquals(closed, 1);
});

test("An IOContext by itself releases buffer, context, callbacks, device", () => {
  const steps = observed(() => {
    using _ = new IOContext({ read: () => 0 });
  });
  assertEquals(steps, ["buffer", "context", "callbacks", "adapter"]);
});

test("A source whose close throws is released all the same, and its error comes out", () => {
  const thrown = new Error("close");
  const before = liveCallbacks();
  const input = DemuxerSync.open({
    read: (into, at) => new MemorySource(wav).read(into, at),
    size: wav.length,
    close() {
      throw thrown;
    },
  });
  assertStrictEquals(assertThrows(() => input.close()), thrown);
  input.close();
  assertEquals(liveCallbacks(), before);
});

test("A closed demuxer closes again harmlessly and says DisposedError to every use", () => {
  const input = DemuxerSync.open(wav);
  const packet = input.read()!;
  input.close();
  input.close();
  assertThrows(() => input.read(), DisposedError);
  assertThrows(() => input.tryRead(), DisposedError);
  assertThrows(() => packet.data, DisposedError);
  assertEquals(input.streams.length, 1);
});

test("A closed muxer closes again harmlessly and says DisposedError to every use", () => {
  const output = MuxerSync.create(new MemorySink(), { format: "matroska" });
  output.close();
  output.close();
  assertThrows(() => output.finish(), DisposedError);
  assertThrows(() => output.addStream({ type: "audio", codec: "opus" }), DisposedError);
});

test("300 cycles of open, read and close leave no callback open", () => {
  const cycle = () => {
    using input = DemuxerSync.open(wav);
    input.read();
  };
  cycle();
  const before = liveCallbacks();
  for (let i = 0; i < 300; i++) cycle();
  assertEquals(liveCallbacks(), before);
});

test("100 failed opens and 30 remuxes leave no callback open", () => {
  const before = liveCallbacks();
  for (let i = 0; i < 100; i++) {
    assertThrows(() => DemuxerSync.open(new Uint8Array(100)), AVError);
  }
  for (let i = 0; i < 30; i++) remuxSync(wav, new MemorySink(), { format: "matroska" });
  assertEquals(liveCallbacks(), before);
});

const collect = collector();

test(
  "Forgotten demuxers are released by the finalizer",
  { skip: collect === undefined ? "no way to force a garbage collection here" : false },
  async () => {
    const before = liveCallbacks();
    let closed = 0;
    const forget = (count: number) => {
      for (let i = 0; i < count; i++) {
        const source = new MemorySource(wav);
        DemuxerSync.open({
          size: wav.length,
          read: (into, at) => source.read(into, at),
          close: () => void closed++,
        }).read();
      }
    };
    forget(20);
    const made = liveCallbacks() - before;
    assert(made >= 20, `${made} callbacks`);
    for (let i = 0; i < 40 && closed < 18; i++) {
      await new Promise((done) => setTimeout(done, 10));
      collect!();
    }
    // A conservative collector may keep the last few alive from the stack.
    assert(closed >= 15, `only ${closed} of 20 were released`);
    assert(liveCallbacks() - before <= made / 4, `${liveCallbacks() - before} are still open`);
  },
);

test(
  "Forgotten muxers are released by the finalizer, and write no trailer",
  { skip: collect === undefined ? "no way to force a garbage collection here" : false },
  async () => {
    const before = liveCallbacks();
    let closed = 0;
    let trailers = 0;
    const forget = (count: number) => {
      for (let i = 0; i < count; i++) {
        const output = MuxerSync.create({
          write: (chunk: Uint8Array) =>
            void (new TextDecoder("latin1").decode(chunk).includes("moov") && trailers++),
          close: () => void closed++,
        }, { format: "mov" });
        const stream = output.addStream({
          type: "audio",
          codec: "pcm_s16le",
          sampleRate: 8000,
          channels: 1,
          timeBase: { num: 1, den: 8000 },
        });
        output.write({ data: new Uint8Array(1600), pts: 0 }, stream);
      }
    };
    forget(20);
    const made = liveCallbacks() - before;
    assert(made >= 20, `${made} callbacks`);
    for (let i = 0; i < 40 && closed < 18; i++) {
      await new Promise((done) => setTimeout(done, 10));
      collect!();
    }
    // A conservative collector may keep the last few alive from the stack.
    assert(closed >= 15, `only ${closed} of 20 were released`);
    assertEquals(trailers, 0);
    assert(liveCallbacks() - before <= made / 4, `${liveCallbacks() - before} are still open`);
  },
);

test("A closed demuxer refuses to seek and touches nothing it has freed", () => {
  const input = DemuxerSync.open(wav);
  input.read();
  input.close();
  assertThrows(() => input.seek(0), DisposedError);
  assertThrows(() => input.index(0), DisposedError);
});

test("The exception of a read comes out even where close throws too", () => {
  const first = new Error("read");
  const source = {
    read(): number {
      throw first;
    },
    close(): void {
      throw new Error("close");
    },
  };
  let thrown: unknown;
  try {
    DemuxerSync.open(source);
  } catch (error) {
    thrown = error;
  }
  assertStrictEquals(thrown, first);
});
