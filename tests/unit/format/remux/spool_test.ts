/** An mp4 whose index comes last, from a source that only goes forward. */
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import {
  AVError,
  Demuxer,
  DemuxerSync,
  fragments,
  libraryInfo,
  MemorySink,
  probe,
  probeSync,
  remux,
  remuxStream,
  remuxSync,
  type SourceSync,
} from "../../../../mod.ts";
import { lines } from "../../../support/copy.ts";
import { madeBy } from "../../../support/made.ts";
import { fails } from "../../../support/thrown.ts";

// More than a buffer holds, in which libavformat could go back.
const words = [
  ...["-f", "lavfi", "-i", "testsrc=duration=4:size=320x240:rate=25,noise=alls=60"],
  ...["-f", "lavfi", "-i", "sine=duration=4", "-c:v", "mpeg4", "-b:v", "1M", "-c:a", "aac"],
];
const last = madeBy(words, "last.mp4");
const first = madeBy([...words, "-movflags", "faststart"], "first.mp4");
const film = madeBy(words, "film.mkv");

/** Bytes that go forward, and how many of them were asked for. */
function forward(bytes: Uint8Array): SourceSync & { taken: number; largest: number } {
  return {
    taken: 0,
    largest: 0,
    seekable: false,
    read(into, position) {
      assertEquals(position, this.taken);
      const part = bytes.subarray(position, position + Math.min(into.length, 10_000));
      into.set(part);
      this.taken += part.length;
      return part.length;
    },
  };
}

// FFmpeg 4.3 does not show its index: there the first packet fails, not the opening.
const [major, minor] = libraryInfo().versions.avformat;
const hasIndex = major > 58 || minor >= 76;

const stream = (bytes: Uint8Array<ArrayBuffer>) => new Blob([bytes]).stream();

test("without a way back the error says so, and each way out, in every function", async () => {
  const options = { format: "matroska" };
  const jobs: Record<string, () => unknown> = {
    probeSync: () => probeSync(forward(last)),
    probe: () => probe(stream(last)),
    "DemuxerSync.open": () => DemuxerSync.open(forward(last)),
    "Demuxer.open": () => Demuxer.open(new Response(last)),
    remuxSync: () => remuxSync(forward(last), new MemorySink(), options),
    remux: () => remux(stream(last), new MemorySink(), options),
    remuxStream: () => new Response(stream(last).pipeThrough(remuxStream(options))).arrayBuffer(),
    "remuxStream.ready": () => {
      const transform = remuxStream(options);
      stream(last).pipeThrough(transform).cancel().catch(() => {});
      const other = remuxStream(options);
      void new Response(stream(last).pipeThrough(other)).arrayBuffer().catch(() => {});
      return other.ready;
    },
    fragments: async () => {
      for await (const _ of fragments(stream(last), { format: "mp4" }));
    },
  };
  for (const [name, job] of Object.entries(jobs)) {
    if (!hasIndex && !/^remux(Sync)?$/.test(name)) continue;
    const error = await fails(job);
    assert(error instanceof AVError, `${name}: ${error}`);
    if (hasIndex) assertEquals(error.codeName, "ESPIPE", `${name}: ${error}`);
    for (const words of ["moov", "Blob", "file path", "URL", "spool: true", "maxBytes"]) {
      assert(error.message.includes(words), `${name}: ${error.message}`);
    }
  }
});

test("spool: true reads it as a source that can go back is read", async () => {
  const expected = new MemorySink();
  remuxSync(last, expected, { format: "matroska" });
  const packets = lines(expected.take());
  const kept = async (run: (sink: MemorySink) => unknown) => {
    const sink = new MemorySink();
    await run(sink);
    return lines(sink.take());
  };
  const options = { format: "matroska", spool: true };
  assertEquals(await kept((sink) => remuxSync(forward(last), sink, options)), packets);
  assertEquals(await kept((sink) => remux(stream(last), sink, options)), packets);
  const body = stream(last).pipeThrough(remuxStream(options));
  const bytes = new Uint8Array(await new Response(body).arrayBuffer());
  assertEquals(lines(bytes).length, packets.length);
  const info = await probe(stream(last), { spool: true });
  assertEquals(info.streams, probeSync(last).streams);
  using input = DemuxerSync.open(forward(last), { spool: true });
  assertEquals([...input].length, packets.length);
  input.seek(0);
  assert(input.read() !== null);
  await using other = await Demuxer.open(stream(last), { spool: true });
  assertEquals((await other.index(0)).length, hasIndex ? 100 : 0);
});

test("spool keeps at most maxBytes, and says so", async () => {
  const limit = { spool: true, maxBytes: 50_000 };
  for (
    const job of [
      () => probeSync(forward(last), limit),
      () => probe(stream(last), limit),
      () =>
        remux(stream(last), new MemorySink(), { format: "matroska", spool: true, input: limit }),
    ]
  ) {
    const error = await fails(job);
    assert(error instanceof RangeError && /maxBytes \(50000\)/.test(error.message), String(error));
  }
});

test("spool leaves every other source as it comes", () => {
  for (const bytes of [first, film]) {
    const source = forward(bytes);
    using input = DemuxerSync.open(source, { spool: true, probeSize: 40_000, bufferSize: 4096 });
    const opened = source.taken;
    assert(opened < bytes.length, `${opened} of ${bytes.length} were read to open it`);
    assertEquals([...input].length, [...DemuxerSync.open(bytes)].length);
  }
  // And a source that can go back.
  let asked = 0;
  const seekable: SourceSync = {
    size: last.length,
    read(into, position) {
      asked += into.length;
      const part = last.subarray(position, position + into.length);
      into.set(part);
      return part.length;
    },
  };
  using input = DemuxerSync.open(seekable, { spool: true, bufferSize: 4096 });
  assert(asked < last.length, `${asked} of ${last.length}`);
  assert(input.read() !== null);
});

test("what fails while bytes are kept comes out as it is, and the source is closed", async () => {
  const own = new Error("own");
  let closed = 0;
  const broken: SourceSync = {
    seekable: false,
    read(into, position) {
      if (position >= 60_000) throw own;
      const part = last.subarray(position, position + Math.min(into.length, 10_000));
      into.set(part);
      return part.length;
    },
    close: () => void closed++,
  };
  assertEquals(await fails(() => probeSync(broken, { spool: true })), own);
  assertEquals(closed, 1);
  const cut = last.slice(0, last.length >> 1);
  assert(await fails(() => probeSync(forward(cut), { spool: true })) instanceof AVError);
  assert(
    await fails(() => probeSync(forward(new Uint8Array(0)), { spool: true })) instanceof AVError,
  );
});
