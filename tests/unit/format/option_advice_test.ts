/**
 * An AVOption with a wrong name or value: the error is about the option, and names the one that is
 * meant, in every form.
 */
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { assert, assertRejects, assertThrows } from "@std/assert";
import {
  AVError,
  concat,
  directory,
  fragments,
  MemorySink,
  Muxer,
  probe,
  probeSync,
  remux,
  remuxStream,
  remuxSync,
  transcode,
} from "../../../mod.ts";
import { fixture } from "../../support/async_sources.ts";

const mp4 = fixture("progressive.mp4");
const sink = () => new MemorySink();

async function drain(pieces: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of pieces);
}

/** The option of a wrong name that each form is given. */
const misspelled: Readonly<Record<string, readonly [string, string, () => Promise<unknown>]>> = {
  remux: [
    "movflag",
    "movflags",
    () => remux(mp4, sink(), { format: "mp4", options: { movflag: 1 } }),
  ],
  remuxSync: [
    "movflag",
    "movflags",
    async () => await remuxSync(mp4, sink(), { format: "mp4", options: { movflag: 1 } }),
  ],
  remuxStream: ["movflag", "movflags", async () => {
    const transform = remuxStream({ format: "mp4", options: { movflag: 1 } });
    new Blob([mp4 as BlobPart]).stream().pipeThrough(transform).pipeTo(new WritableStream())
      .catch(() => {});
    transform.result.catch(() => {});
    await transform.ready;
  }],
  fragments: [
    "use_edtlist",
    "use_editlist",
    () => drain(fragments(mp4, { format: "mp4", options: { use_edtlist: 0 } })),
  ],
  hls: ["hls_tiem", "hls_time", () =>
    remux(mp4, undefined, {
      format: "hls",
      name: "i.m3u8",
      open: directory(new Map()),
      options: { hls_tiem: 2 },
    })],
  dash: ["seg_duratoin", "seg_duration", () =>
    remux(mp4, undefined, {
      format: "dash",
      name: "i.mpd",
      open: directory(new Map()),
      options: { seg_duratoin: 2 },
    })],
  concat: [
    "movflag",
    "movflags",
    () => concat([mp4, mp4], sink(), { format: "mp4", options: { movflag: 1 } }),
  ],
  Muxer: ["write_bxt", "write_bext", async () => {
    await using output = await Muxer.create(sink(), { format: "wav", options: { write_bxt: 1 } });
    const stream = output.addStream({
      type: "audio",
      codec: "pcm_s16le",
      sampleRate: 8000,
      channels: 1,
      timeBase: { num: 1, den: 8000 },
    });
    await output.write({ data: new Uint8Array(160), pts: 0, duration: 80 }, stream);
    await output.finish();
  }],
  probe: [
    "ignore_edtlist",
    "ignore_editlist",
    () => probe(mp4, { options: { ignore_edtlist: 1 } }),
  ],
  probeSync: [
    "probesise",
    "probesize",
    async () => await probeSync(mp4, { options: { probesise: 1 } }),
  ],
  transcode: [
    "qminn",
    "qmin",
    () =>
      transcode(mp4, sink(), { format: "mp4", video: { codec: "mpeg4", options: { qminn: 2 } } }),
  ],
};

for (const [form, [wrong, meant, call]] of Object.entries(misspelled)) {
  test(`${form} names the option that is meant`, async () => {
    const { message } = await assertRejects(call, Error);
    assert(message.includes(`unknown option "${wrong}"`), message);
    assert(message.endsWith(`did you mean "${meant}"?`), message);
    assert(!message.includes("refuses the streams"), message);
  });
}

test("an option that only the other side has is not suggested", () => {
  // ignore_editlist is the demuxer's, and a muxer of mp4 has no such option.
  const options = { ignore_edtlist: 1 };
  const make = () => remuxSync(mp4, sink(), { format: "mp4", options });
  const { message } = assertThrows(make, AVError);
  assert(message.endsWith('unknown option "ignore_edtlist"'), message);
});

test("a wrong value is told as ffmpeg tells it, and not as a fault of the streams", () => {
  const wrong = ["-movflags", "faststrat"];
  const words = ["-v", "error", "-i", "-", "-c", "copy", ...wrong, "-f", "mp4", "-y", "-"];
  const { stderr } = spawnSync("ffmpeg", words, { encoding: "utf8", input: mp4 });
  // The tool's line: [mp4 @ 0x…] Error setting option movflags to value faststrat.
  const [line] = /Error setting option movflags.*/.exec(stderr) ?? [];
  assert(line !== undefined, stderr);
  const make = () => remuxSync(mp4, sink(), { format: "mp4", options: { movflags: "faststrat" } });
  const { message } = assertThrows(make, AVError);
  assert(message.includes(line), message);
  assert(!message.includes("refuses the streams"), message);
});

test("a misspelled bitstream filter and an option that it lacks are told apart", async () => {
  const wrong = {
    dump_extrb: 'no bitstream filter "dump_extrb"; did you mean "dump_extra"?',
    "null,dump_extrb=freq=k": 'no bitstream filter "dump_extrb"',
    "dump_extra=fraq=k": /"dump_extra=fraq=k" is refused: .*fraq/,
    "dump_extra=freq=often": /"dump_extra=freq=often" is refused: .*often/,
  };
  for (const [filter, words] of Object.entries(wrong)) {
    const options = { format: "matroska", bitstreamFilters: { v: filter } };
    const { message } = assertThrows(() => remuxSync(mp4, sink(), options), AVError);
    assert(typeof words === "string" ? message.includes(words) : words.test(message), message);
    const later = await assertRejects(() => remux(mp4, sink(), options), AVError);
    assert(later.message === message, later.message);
  }
});

test("a misspelled encoder is told with the one that is meant", async () => {
  const call = () => transcode(mp4, sink(), { format: "mp4", video: { codec: "mpeg44" } });
  await assertRejects(
    call,
    TypeError,
    'no encoder "mpeg44" in this libavcodec; did you mean "mpeg4"?',
  );
});

test("a part that cannot be is told alike by every form", async () => {
  const part = { format: "mp4", start: 99 } as const;
  const calls = [
    () => remux(mp4, sink(), part),
    async () => await remuxSync(mp4, sink(), part),
    () => drain(fragments(mp4, part)),
    () => transcode(mp4, sink(), part),
  ];
  for (const call of calls) {
    const { message } = await assertRejects(call, RangeError);
    assert(message.startsWith("start (99 s) is beyond the end of the media"), message);
  }
  const turned = () => drain(fragments(mp4, { format: "mp4", start: 2, end: 1 }));
  await assertRejects(turned, RangeError, "fragments: end (1) must be after start (2)");
});
