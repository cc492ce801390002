import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  AVError,
  Channel,
  type Fragment,
  fragments,
  type FragmentsOptions,
  libraryInfo,
} from "../../../mod.ts";
import { type Section } from "../../support/ffprobe.ts";
import { remembered } from "../../support/remembered.ts";
import { eventually } from "../../support/async_sources.ts";
import { liveMedia } from "../../support/live_media.ts";
import { cacheFolder } from "../../support/media.ts";
import { all, bitexact, concat, formats, whole, written } from "../../support/pieces.ts";

function withFile<T>(bytes: Uint8Array, body: (path: string) => T): T {
  const folder = mkdtempSync(join(cacheFolder, "fragments."));
  try {
    const path = join(folder, "media");
    writeFileSync(path, bytes);
    return body(path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Probed {
  readonly stream: number;
  readonly type: string;
  readonly time: number | null;
  readonly key: boolean;
  readonly hash: string;
}

function packetsOf(bytes: Uint8Array): Probed[] {
  return remembered(["packets of", bytes], () => probedPackets(bytes));
}

function probedPackets(bytes: Uint8Array): Probed[] {
  // deno-fmt-ignore
  const done = withFile(bytes, (path) =>
    spawnSync("ffprobe", [
      "-v", "error", "-of", "json", "-show_data_hash", "sha256", "-show_entries",
      "packet=stream_index,codec_type,pts_time,flags,data_hash", path,
    ], { encoding: "utf8", maxBuffer: 1 << 28 }));
  assertEquals(done.status, 0, done.stderr);
  return (JSON.parse(done.stdout).packets ?? []).map((one: Section): Probed => ({
    stream: one.stream_index,
    type: one.codec_type,
    time: one.pts_time === undefined ? null : Number(one.pts_time),
    key: one.flags.startsWith("K"),
    hash: one.data_hash,
  }));
}

// 4.3 guesses a time base that two frames may share: there it has the stream's own.
const timing = libraryInfo().versions.avformat[0] === 58 ? ["-enc_time_base", "-1"] : [];

/** The errors of the decoders. */
function decode(bytes: Uint8Array): string {
  return remembered(["errors of", ...timing, bytes], () => decodingErrors(bytes));
}

function decodingErrors(bytes: Uint8Array): string {
  const done = withFile(
    bytes,
    (path) =>
      spawnSync("ffmpeg", ["-v", "error", "-xerror", "-i", path, ...timing, "-f", "null", "-"], {
        encoding: "utf8",
      }),
  );
  return `${done.status === 0 ? "" : `ended with ${done.status}: `}${done.stderr}`;
}

const byStream = (packets: readonly Probed[]) =>
  Object.groupBy(packets, ({ stream }) => String(stream));
const hashes = (packets: readonly Probed[]) =>
  Object.entries(byStream(packets)).map(([stream, list]) => [stream, list?.map((p) => p.hash)]);

function assertCut(pieces: readonly Fragment[], checkDecoding: boolean) {
  const [init, ...rest] = pieces;
  assertEquals(init.kind, "init");
  const media = rest.filter(({ kind }) => kind === "fragment");
  const kinds = pieces.map(({ kind }) => kind).join(" ");
  assert(/^init( fragment)*( trailer)?$/.test(kinds), kinds);
  const alone: Probed[] = [];
  const expected = packetsOf(whole(pieces));
  const hasVideo = expected.some(({ type }) => type === "video");
  for (const { data, time, keyframe } of media) {
    const packets = packetsOf(concat([init.data, data]));
    alone.push(...packets);
    const video = packets.find(({ type }) => type === "video");
    const first = video ?? packets[0];
    assertEquals(keyframe, first.key && (video !== undefined || !hasVideo));
    assert(
      time !== null && first.time !== null && Math.abs(time - first.time) < 0.0011,
      `${time} is ${first.time} to ffprobe`,
    );
    if (checkDecoding && keyframe) assertEquals(decode(concat([init.data, data])), "");
  }
  // Every packet of the whole is in exactly one fragment, in its order.
  assertEquals(hashes(alone), hashes(expected));
}

for (const format of formats) {
  for (const kind of ["video.mp4", "audio.m4a"] as const) {
    test(`fragments() of ${kind} as ${format} are the file, and each can be read alone`, async () => {
      const file = liveMedia(kind);
      const pieces = await all(fragments(file, { format, options: bitexact }));
      assertEquals(whole(pieces), written(file, format));
      // Four seconds, a keyframe every second; sound alone is cut every second too.
      const media = pieces.filter((one) => one.kind === "fragment");
      assert(media.length >= 4 && media.length <= 5, `${media.length} fragments`);
      assert(media.every(({ keyframe }) => keyframe));
      assertCut(pieces, true);
    });
  }
}

test("fragments() of WebM are WebM", async () => {
  const pieces = await all(fragments(liveMedia("video.webm"), { format: "webm" }));
  assertEquals(pieces.filter(({ kind }) => kind === "fragment").length, 4);
  assertCut(pieces, true);
});

test("fragments() of a transport stream as mp4 hold its packets", async () => {
  const file = liveMedia("video.ts");
  const pieces = await all(fragments(file, { format: "mp4" }));
  assertCut(pieces, true);
  const before = packetsOf(new Uint8Array(readFileSync(file)));
  const after = packetsOf(whole(pieces));
  const count = (packets: readonly Probed[]) =>
    Object.values(byStream(packets)).map((list) => list?.length);
  assertEquals(count(after), count(before));
});

test("fragments() end after fragmentDuration", async () => {
  for (const format of formats) {
    const options: FragmentsOptions = { format, fragmentDuration: 0.5 };
    const pieces = await all(fragments(liveMedia("video.mp4"), options));
    const media = pieces.filter(({ kind }) => kind === "fragment");
    assert(media.length >= 7 && media.length <= 12, `${format}: ${media.length}`);
    assert(media.some(({ keyframe }) => !keyframe) && media.some(({ keyframe }) => keyframe));
    assertCut(pieces, false);
  }
});

test("fragments() take the options of the program first", async () => {
  const options = { movflags: "frag_every_frame+empty_moov+default_base_moof" };
  const pieces = await all(fragments(liveMedia("video.mp4"), { format: "mp4", options }));
  const packets = packetsOf(whole(pieces)).length;
  assertEquals(pieces.filter(({ kind }) => kind === "fragment").length, packets);
});

test("fragments() take streams, a range and metadata", async () => {
  const pieces = await all(fragments(liveMedia("video.mp4"), {
    format: "matroska",
    streams: [0],
    start: 1.5,
    end: 3,
    metadata: { title: "A cut" },
  }));
  const packets = packetsOf(whole(pieces));
  assertEquals(packets.length, 50);
  assert(packets.every(({ type }) => type === "video"));
  assert(new TextDecoder("latin1").decode(pieces[0].data).includes("A cut"));
});

/** Gives the first part of a file, then waits until it is released. */
function stalling(bytes: Uint8Array, part: number) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const state = { given: 0, cancelled: false, release: resolve };
  async function* stream() {
    try {
      for (; state.given < bytes.length; state.given += 4096) {
        if (state.given >= bytes.length * part) await promise;
        yield bytes.subarray(state.given, state.given + 4096);
      }
    } finally {
      state.cancelled = true;
    }
  }
  return { state, stream: stream() };
}

for (const format of formats) {
  test(`fragments() as ${format} come while the input goes on`, async () => {
    const { state, stream } = stalling(new Uint8Array(readFileSync(liveMedia("video.ts"))), 0.6);
    const options = { format, input: { probeSize: 50_000, format: "mpegts" } };
    const iterator = fragments(stream, options);
    const first: Fragment[] = [];
    while (first.length < 3) {
      const { value } = await iterator.next();
      if (value) first.push(value);
    }
    // The source has not gone on: it waits to be released.
    assertEquals(first.map(({ kind }) => kind), ["init", "fragment", "fragment"]);
    assert(!state.cancelled);
    state.release();
    const rest = await all(iterator);
    assert(rest.length >= 2);
    assertCut([...first, ...rest], false);
  });
}

test("fragments() read from a Channel that is still being filled", async () => {
  const bytes = new Uint8Array(readFileSync(liveMedia("video.ts")));
  const channel = new Channel();
  const half = Math.floor(bytes.length / 376) * 188;
  channel.send(bytes.subarray(0, half));
  const iterator = fragments(channel, { format: "mp4", input: { probeSize: 50_000 } });
  assertEquals((await iterator.next()).value?.kind, "init");
  assertEquals((await iterator.next()).value?.kind, "fragment");
  channel.send(bytes.subarray(half));
  channel.end();
  const rest = await all(iterator);
  assertEquals(rest.at(-1)?.kind, "trailer");
});

test("fragments() left early cancel the source", async () => {
  const { state, stream } = stalling(new Uint8Array(readFileSync(liveMedia("video.ts"))), 2);
  for await (const { kind } of fragments(stream, { format: "mp4" })) {
    if (kind === "fragment") break;
  }
  await eventually(() => state.cancelled, "the source is cancelled");
});

test("fragments() given up while the next one is waited for end the wait", async () => {
  let cancelled = false;
  const bytes = new Uint8Array(readFileSync(liveMedia("video.ts")));
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(bytes.subarray(0, bytes.length >> 1)),
    cancel: () => void (cancelled = true),
  });
  const iterator = fragments(stream, { format: "mpegts", input: { probeSize: 50_000 } });
  assertEquals((await iterator.next()).value?.kind, "init");
  const later = all(iterator);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await iterator.return?.();
  assert((await later).every(({ kind }) => kind === "fragment"));
  // The source's end is not waited for.
  await eventually(() => cancelled, "the stream is cancelled");
  assertEquals(await iterator.next(), { done: true, value: undefined });
});

test("fragments() not asked for hold the source back", async () => {
  const bytes = new Uint8Array(readFileSync(liveMedia("large.ts")));
  assert(bytes.length > 4_000_000, `${bytes.length}`);
  const { state, stream } = stalling(bytes, 2);
  const iterator = fragments(stream, {
    format: "mpegts",
    highWaterMark: 65536,
    input: { probeSize: 200_000 },
  });
  await iterator.next();
  let before = -1;
  while (before !== state.given) {
    before = state.given;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  assert(before < bytes.length / 2, `${before} of ${bytes.length} bytes`);
  await all(iterator);
  assertEquals(state.cancelled, true);
  assert(state.given >= bytes.length);
});

test("fragments() throw what the source threw, after what was whole", async () => {
  const bytes = new Uint8Array(readFileSync(liveMedia("video.ts")));
  const mine = new Error("the cable");
  async function* broken() {
    yield await Promise.resolve(bytes.subarray(0, bytes.length >> 1));
    throw mine;
  }
  const pieces: Fragment[] = [];
  let caught: unknown;
  try {
    for await (const one of fragments(broken(), { format: "mpegts" })) {
      // A slow reader gets everything too.
      await new Promise((resolve) => setTimeout(resolve, 100));
      pieces.push(one);
    }
  } catch (error) {
    caught = error;
  }
  assert(caught === mine, String(caught));
  assertEquals(pieces.map(({ kind }) => kind), ["init", "fragment"]);
  await assertRejects(() => all(fragments(new Uint8Array(5000), { format: "mp4" })), AVError);
});

test("fragments() end with the signal's reason, and cancel the source", async () => {
  const { state, stream } = stalling(new Uint8Array(readFileSync(liveMedia("video.ts"))), 0.5);
  const controller = new AbortController();
  const mine = new Error("enough");
  const iterator = fragments(stream, {
    format: "mp4",
    signal: controller.signal,
    input: { probeSize: 50_000 },
  });
  assertEquals((await iterator.next()).value?.kind, "init");
  controller.abort(mine);
  const caught = await all(iterator).then(() => undefined, (error) => error);
  assert(caught === mine, String(caught));
  state.release();
  const before = await all(
    fragments(new Uint8Array(1), { format: "mp4", signal: controller.signal }),
  )
    .then(() => undefined, (error) => error);
  assert(before === mine);
});

test("fragments() name the formats that can be cut, and read nothing for another", async () => {
  for (const format of ["avi", "", undefined, "toString"]) {
    let touched = false;
    const source = { read: () => (touched = true, 0) };
    const error = await assertRejects(
      () => all(fragments(source, { format } as FragmentsOptions)),
      TypeError,
    );
    for (const name of ["mp4", "matroska", "mpegts"]) assert(error.message.includes(name));
    assert(!touched);
  }
  await assertRejects(
    () => all(fragments(new Uint8Array(1), { format: "mp4", fragmentDuration: 0 })),
    RangeError,
  );
});
