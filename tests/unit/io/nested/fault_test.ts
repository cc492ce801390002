import { test } from "node:test";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import {
  AGAIN,
  AVError,
  DemuxerSync,
  directory,
  MuxerSync,
  type OpenHookSync,
  type SinkSync,
  type SourceSync,
} from "../../../../mod.ts";
import { openCallbacks } from "../../../support/callbacks.ts";
import { filesOf, fixturePath, hlsSet, line, probedLines } from "../../../support/sets.ts";
import { thrownBy } from "../../../support/thrown.ts";

const folder = hlsSet("ts");
const files = filesOf(folder);
const segments = [...files.keys()].filter((name) => name.endsWith(".ts")).sort();
const whole = probedLines(`${folder}/index.m3u8`);

/** Counts closes: every answer of the hook must be closed exactly once. */
function closing(open: OpenHookSync): { open: OpenHookSync; check: () => void } {
  const closed: number[] = [];
  const before = openCallbacks();
  return {
    open(url, request) {
      const answer = open(url, request);
      if (answer === undefined) return undefined;
      const index = closed.push(0) - 1;
      return new Proxy(answer, {
        get(target, name) {
          if (name === "close") {
            return () => {
              closed[index]++;
              target.close?.();
            };
          }
          const value = Reflect.get(target, name, target);
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
    },
    check() {
      assert(closed.length > 0, "nothing was opened");
      assertEquals(closed.filter((times) => times !== 1), []);
      assertEquals(openCallbacks(), before, "callbacks that were left open");
    },
  };
}

function readAll(open: OpenHookSync): string[] {
  using input = DemuxerSync.open(undefined, { name: "index.m3u8", open });
  return Array.from(input, line);
}

const fine = directory(files);
/** The set, with one file replaced. */
const but = (name: string, source: () => SourceSync | undefined): OpenHookSync => (url, request) =>
  url === name ? source() : fine(url, request);

test("Every opening of a set that throws comes out as the very same object", () => {
  const names = ["index.m3u8", ...segments];
  for (const name of names) {
    const failure = new Error(`no ${name}`);
    const hook = closing(but(name, () => {
      throw failure;
    }));
    assertStrictEquals(thrownBy(() => readAll(hook.open)), failure);
    if (name !== "index.m3u8") hook.check();
  }
});

test("A segment that is refused is an error that names it; the next read goes on", () => {
  const [first, ...others] = segments;
  const last = others.at(-1)!;
  for (const name of [first, last]) {
    const hook = closing(but(name, () => undefined));
    const error = thrownBy(() => readAll(hook.open));
    assert(error instanceof AVError, String(error));
    assertEquals(error.codeName, "EACCES");
    assert(error.message.includes(`"${name}"`), error.message);
    hook.check();
  }
});

test("A read that throws anywhere in a set comes out as the very same object", () => {
  let reads = 0;
  const counted = (failAt: number, failure: unknown): OpenHookSync => (url, request) => {
    const source = fine(url, request) as SourceSync;
    return {
      size: source.size,
      read(into, position) {
        if (reads++ === failAt) throw failure;
        return source.read(into, position);
      },
    };
  };
  assertEquals(readAll(counted(-1, undefined)), whole);
  const total = reads;
  assert(total > segments.length, `${total} reads`);
  for (let failAt = 0; failAt < total; failAt++) {
    reads = 0;
    const failure = { failAt };
    const hook = closing(counted(failAt, failure));
    assertStrictEquals(thrownBy(() => readAll(hook.open)), failure);
    hook.check();
  }
});

test("A size that throws comes out as the very same object, and the file is closed", () => {
  const ranges = hlsSet("byte_ranges_of_one_ts", ["-hls_flags", "single_file"]);
  const failure = new Error("size");
  const hook = closing((url, request) => {
    const source = directory(ranges)(url, request) as SourceSync;
    if (url === "index.m3u8") return source;
    return {
      get size(): number {
        throw failure;
      },
      read: (into, position) => source.read(into, position),
      close: () => source.close?.(),
    };
  });
  assertStrictEquals(thrownBy(() => readAll(hook.open)), failure);
});

test("A close that throws comes out, and every other file is closed all the same", () => {
  const failure = new Error("close");
  const hook = closing((url, request) => {
    const source = fine(url, request) as SourceSync;
    return {
      size: source.size,
      read: (into, position) => source.read(into, position),
      close() {
        if (url === segments[1]) throw failure;
      },
    };
  });
  assertStrictEquals(thrownBy(() => readAll(hook.open)), failure);
  hook.check();
});

test("A segment that is empty is skipped, and one that is truncated gives what it has", () => {
  for (const keep of [0, 188, 188 * 20, 188 * 20 + 100]) {
    const cut = new Map(files).set(segments[1], files.get(segments[1])!.slice(0, keep));
    const hook = closing(directory(cut));
    const got = readAll(hook.open);
    assert(
      got.length < whole.length && got.length > 10,
      `${got.length} packets of ${whole.length}`,
    );
    // The packets of the other segments are all there.
    assertEquals(got.filter((one) => one.startsWith("0 "))[0], whole.find((one) => one[0] === "0"));
    assertEquals(got.at(-1)!.split(" ").at(-1), whole.at(-1)!.split(" ").at(-1));
    hook.check();
  }
});

test("An encrypted segment whose length is no multiple of a block says so", () => {
  const text = new TextDecoder().decode(files.get("index.m3u8"));
  const tag = `#EXT-X-KEY:METHOD=AES-128,URI="k"\n#EXTINF`;
  const hook = closing(directory(
    new Map(files)
      .set("index.m3u8", new TextEncoder().encode(text.replaceAll("#EXTINF", tag)))
      .set("k", new Uint8Array(16))
      .set(segments[0], files.get(segments[0])!.slice(0, 188 * 3)),
  ));
  const error = thrownBy(() => readAll(hook.open));
  assert(error instanceof AVError && error.message.includes("truncated"), String(error));
  hook.check();
});

test("A nested source that has nothing yet is an error that says who waits", () => {
  const hook = closing(but(segments[0], () => ({ read: () => AGAIN })));
  const error = thrownBy(() => readAll(hook.open));
  assert(error instanceof AVError && error.codeName === "EAGAIN", String(error));
  assert(error.message.includes("cannot be resumed"), error.message);
  hook.check();
});

test("A value that is no source, and a promise of one, is a TypeError that names the URL", () => {
  for (const answer of [null, 5, "x", {}, Promise.resolve(), new Uint8Array(3)]) {
    const error = thrownBy(() => readAll(but(segments[0], () => answer as SourceSync)));
    assert(error instanceof TypeError, String(error));
    assert(error.message.includes(segments[0]), error.message);
  }
});

test("A nested read that lies about its length is a TypeError, and no memory is touched", () => {
  for (const answer of [1 << 30, -1, 1.5, NaN, "12"]) {
    const hook = closing(but(segments[0], () => ({ read: () => answer as number })));
    assert(thrownBy(() => readAll(hook.open)) instanceof TypeError);
    hook.check();
  }
});

test("The demuxer cannot be closed, nor read, from inside the hook or a nested source", () => {
  const before = openCallbacks();
  const errors: unknown[] = [];
  let input: DemuxerSync | undefined;
  const attempt = () => {
    if (input === undefined) return;
    for (const run of [() => input!.close(), () => input!.read()]) errors.push(thrownBy(run));
  };
  const hook: OpenHookSync = (url, request) => {
    attempt();
    const source = fine(url, request) as SourceSync;
    return {
      size: source.size,
      read(into, position) {
        attempt();
        return source.read(into, position);
      },
      close: attempt,
    };
  };
  input = DemuxerSync.open(undefined, { name: "index.m3u8", open: hook });
  assertEquals(Array.from(input, line), whole);
  assert(errors.length >= 2, `${errors.length}`);
  for (const error of errors) assert(String(error).includes("inside a callback"), String(error));
  const opened = input;
  input = undefined;
  opened.close();
  assertEquals(openCallbacks(), before);
});

test("maxBytes counts every file of a set, and signal stops in any of them", () => {
  const hook = closing(fine);
  const options = { name: "index.m3u8", open: hook.open };
  const total = [...files.values()].reduce((sum, bytes) => sum + bytes.length, 0);
  const error = thrownBy(() => {
    using input = DemuxerSync.open(undefined, { ...options, maxBytes: Math.round(total / 2) });
    for (const _ of input);
  });
  assert(error instanceof RangeError && error.message.includes("maxBytes"), String(error));
  hook.check();
  const stop = new AbortController();
  const reason = new Error("enough");
  const last = segments.at(-1)!;
  const stopping = closing((url, request) => {
    if (url === last) stop.abort(reason);
    return fine(url, request);
  });
  const stopped = thrownBy(() => {
    const signal = stop.signal;
    using input = DemuxerSync.open(undefined, { ...options, open: stopping.open, signal });
    for (const _ of input);
  });
  stopping.check();
  assertStrictEquals(stopped, reason);
  hook.check();
});

test("timeout bounds the hook and every read of every file", () => {
  const dawdle = () => {
    const until = performance.now() + 60;
    while (performance.now() < until);
  };
  const slow: OpenHookSync[] = [
    (url, request) => {
      if (url === segments[1]) dawdle();
      return fine(url, request);
    },
    (url, request) => {
      const source = fine(url, request) as SourceSync;
      return {
        size: source.size,
        read(into, position) {
          if (url === segments[1]) dawdle();
          return source.read(into, position);
        },
      };
    },
  ];
  for (const open of slow) {
    const hook = closing(open);
    const error = thrownBy(() => {
      using input = DemuxerSync.open(undefined, {
        name: "index.m3u8",
        open: hook.open,
        timeout: 30,
      });
      for (const _ of input);
    });
    assert(error instanceof AVError && error.codeName === "ETIMEDOUT", String(error));
    hook.check();
  }
});

test("bytesRead counts every file of a set", () => {
  using input = DemuxerSync.open(undefined, { name: "index.m3u8", open: fine });
  for (const _ of input);
  const total = segments.reduce((sum, name) => sum + files.get(name)!.length, 0);
  assert(input.bytesRead >= total, `${input.bytesRead} of ${total}`);
});

const source = fixturePath("progressive.mp4");

function writeAll(
  open: OpenHookSync,
  name: string,
  options: Record<string, string | number>,
): void {
  using input = DemuxerSync.open(source);
  using muxer = MuxerSync.create(undefined, { name, options, open });
  const streams = input.streams.map((stream) => muxer.addStream(stream));
  for (const packet of input) muxer.write(packet, streams[packet.streamIndex]);
  muxer.finish();
}

const sets: [string, Record<string, string | number>][] = [
  ["index.m3u8", { hls_time: 0.2, hls_list_size: 0 }],
  ["index.m3u8", { hls_time: 0.2, hls_list_size: 0, hls_segment_type: "fmp4" }],
  ["index.m3u8", { hls_time: 0.2, hls_list_size: 0, hls_enc: 1 }],
  ["index.mpd", { seg_duration: 0.2 }],
];
for (const [name, options] of sets) {
  const what = `${name} ${Object.entries(options).slice(2).join()}`.trim();
  test(`A writer of ${what} whose nth opening, write or close throws: the very error, all closed`, () => {
    for (const kind of ["open", "write", "close"] as const) {
      let calls = 0;
      const failing = (failAt: number, failure: unknown): OpenHookSync => {
        const inner = directory(new Map());
        const step = (which: string) => {
          if (which === kind && calls++ === failAt) throw failure;
        };
        return (url, request) => {
          step("open");
          const sink = inner(url, request) as SinkSync;
          return {
            write(chunk, position) {
              step("write");
              sink.write(chunk, position);
            },
            close() {
              sink.close?.();
              step("close");
            },
          };
        };
      };
      writeAll(failing(-1, undefined), name, options);
      const total = calls;
      assert(total >= 4, `${total} of ${kind}`);
      for (let failAt = 0; failAt < total; failAt++) {
        calls = 0;
        const failure = { kind, failAt };
        const hook = closing(failing(failAt, failure));
        assertStrictEquals(thrownBy(() => writeAll(hook.open, name, options)), failure);
        if (kind !== "open" || failAt > 0) hook.check();
      }
    }
  });
}

test("A muxer that is left without finish closes what it opened", () => {
  const hook = closing(directory(new Map()));
  {
    using input = DemuxerSync.open(source);
    using muxer = MuxerSync.create(undefined, {
      name: "index.m3u8",
      open: hook.open,
      options: { hls_time: 0.2, hls_segment_type: "fmp4" },
    });
    const streams = input.streams.map((stream) => muxer.addStream(stream));
    let packets = 0;
    for (const packet of input) {
      muxer.write(packet, streams[packet.streamIndex]);
      if (++packets === 60) break;
    }
  }
  hook.check();
  assertThrows(() => writeAll(() => undefined, "index.m3u8", {}), AVError, 'opening "index');
});
