/**
 * The names of options: every documented one is taken, and an unknown one is refused by name. The
 * functions and their options are read from the module's own documentation.
 */
import { test } from "node:test";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  CallbackSink,
  Channel,
  concat,
  concatSync,
  Demuxer,
  DemuxerSync,
  fragments,
  frames,
  HttpSource,
  IOContext,
  MemorySink,
  Muxer,
  MuxerSync,
  pcm,
  probe,
  probeSync,
  remux,
  remuxStream,
  remuxSync,
  StreamSource,
  thumbnail,
  thumbnails,
  transcode,
  waveform,
} from "../../mod.ts";
import { EncodedVideoChunk, install, VideoDecoder } from "../../webcodecs.ts";
import { fixture } from "../support/async_sources.ts";
import {
  documenter,
  type Field,
  fieldsOf,
  type Shape,
  surfaceOf,
} from "../support/hostile/plan.ts";

const mp4 = fixture("progressive.mp4");
const any = (value: unknown) => value as never;

/** Every function that takes options, called with them; an input that is given is closed. */
const calls: Readonly<Record<string, (options: object, input?: ReadableStream) => unknown>> = {
  "CallbackSink.constructor": (options) => new CallbackSink(() => {}, options),
  "Channel.constructor": (options) => new Channel(options),
  "Demuxer.index": async (options) => {
    await using input = await Demuxer.open(mp4);
    await input.index(0, options);
  },
  "Demuxer.open": (options, input) => Demuxer.open(input, options),
  "Demuxer.seek": async (options) => {
    await using input = await Demuxer.open(mp4);
    await input.seek(0, options);
  },
  "DemuxerSync.index": (options) => {
    using input = DemuxerSync.open(mp4);
    input.index(0, options);
  },
  "DemuxerSync.open": (options) => DemuxerSync.open(mp4, options),
  "DemuxerSync.seek": (options) => {
    using input = DemuxerSync.open(mp4);
    input.seek(0, options);
  },
  "HttpSource.constructor": (options) => new HttpSource("http://127.0.0.1:1/", options),
  "IOContext.constructor": (options) => new IOContext({ read: () => 0 }, options),
  "MemorySink.constructor": (options) => new MemorySink(options),
  "Muxer.addStream": async (options) => {
    await using output = await Muxer.create(new MemorySink(), { format: "matroska" });
    output.addStream({ type: "audio", codec: "pcm_s16le" }, options);
  },
  "Muxer.create": (options) => Muxer.create(new MemorySink(), options),
  "MuxerSync.addStream": (options) => {
    using output = MuxerSync.create(new MemorySink(), { format: "matroska" });
    output.addStream({ type: "audio", codec: "pcm_s16le" }, options);
  },
  "MuxerSync.create": (options) => MuxerSync.create(new MemorySink(), options),
  "StreamSource.constructor": (options) => new StreamSource(new Blob([]).stream(), options),
  "concat.concat": (options, input) => concat([any(input)], new MemorySink(), options),
  "concatSync.concatSync": (options) => concatSync([mp4], new MemorySink(), options),
  "fragments.fragments": (options, input) => fragments(any(input), any(options)),
  "frames.frames": (options, input) => frames(any(input), options).next(),
  "install.install": (options) => install({}, options),
  "pcm.pcm": (options, input) => pcm(any(input), options).next(),
  "probe.probe": (options, input) => probe(input, options),
  "probeSync.probeSync": (options) => probeSync(mp4, options),
  "remux.remux": (options, input) => remux(input, new MemorySink(), options),
  "remuxStream.remuxStream": (options) => remuxStream(any(options)),
  "remuxSync.remuxSync": (options) => remuxSync(mp4, new MemorySink(), options),
  "thumbnail.thumbnail": (options, input) => thumbnail(any(input), options),
  "thumbnails.thumbnails": (options, input) => thumbnails(any(input), [0], options).next(),
  "transcode.transcode": (options, input) => transcode(input, new MemorySink(), options),
  "waveform.waveform": (options, input) => waveform(any(input), options),
};

// Errors may have other members, as those of the language.
const errors = /^(AVError|HttpError)\.constructor$/;

const UNKNOWN = "frobnicate";

interface Taken {
  readonly call: string;
  readonly fields: readonly Field[];
}

function isOptions(shape: Shape): boolean {
  if (shape.is === "named") return /(Options|Settings)$/.test(shape.name);
  if (shape.is === "object") return shape.fields.every(({ optional }) => optional);
  return shape.is === "union" && shape.of.some(isOptions);
}

const surface = documenter() === undefined ? undefined : surfaceOf(["mod.ts", "webcodecs.ts"]);

/** The functions of this module that take options, with the names of these. */
function taken(): Taken[] {
  const { callables, types } = surface!;
  const found = new Map<string, Taken>();
  for (const { owner, name, parameters } of callables) {
    const call = `${owner}.${name}`;
    const shape = parameters.find(isOptions);
    // Dictionaries of the web's own ignore what they do not know.
    if (shape === undefined || errors.test(call) || isWeb(owner)) continue;
    found.set(call, { call, fields: fieldsOf(shape, types) ?? [] });
  }
  return [...found.values()].sort((a, b) => a.call < b.call ? -1 : 1);
}

function isWeb(owner: string): boolean {
  return /^(Video|Audio|Encoded|Image)/.test(owner);
}

async function refusal(call: string, options: object): Promise<string> {
  const run = async () => await calls[call](options, new Blob([mp4]).stream());
  const { message } = await assertRejects(run, TypeError);
  return message;
}

/** The names that are told as unknown. */
function unknownIn(message: string): string[] {
  const [, list] = /unknown options? (.*?)(;|$)/.exec(message) ?? [];
  return JSON.parse(`[${list ?? '"?"'}]`).sort();
}

const skip = surface === undefined;

test("every function that takes options is known to this test", { skip }, () => {
  assertEquals(taken().map(({ call }) => call), Object.keys(calls).sort());
});

test("every documented option is taken, and each other one is refused", { skip }, async () => {
  const all = taken();
  const everywhere = new Set(all.flatMap(({ fields }) => fields.map(({ name }) => name)));
  let inner = 0;
  for (const { call, fields } of all) {
    const known = new Set(fields.map(({ name }) => name));
    assert(known.size > 0, call);
    const others = [...everywhere, UNKNOWN].filter((name) => !known.has(name)).sort();
    const names = [...known, ...others];
    const message = await refusal(call, Object.fromEntries(names.map((name) => [name, null])));
    assertEquals(unknownIn(message), others, call);
    for (const { name: outer, shape } of fields) {
      const below = fieldsOf(shape, surface!.types)?.map(({ name }) => name);
      if (below === undefined || outer === "canvas") continue;
      inner++;
      const other = [...everywhere, UNKNOWN].filter((name) => !below.includes(name));
      const given = [...below, ...other].map((name) => [name, null]);
      const told = await refusal(call, { [outer]: Object.fromEntries(given) });
      assert(told.includes(`: ${outer}: unknown option`), told);
      assertEquals(unknownIn(told), other.sort(), `${call} ${outer}`);
    }
  }
  assert(inner >= 8, `${inner} options hold options`);
});

test("an unknown option is told with the one that is meant", async () => {
  const told: readonly (readonly [string, object, string])[] = [
    ["remux.remux", { formt: "mp4" }, 'remux: unknown option "formt"; did you mean "format"?'],
    ["remuxSync.remuxSync", { strat: 1 }, 'remux: unknown option "strat"; did you mean "start"?'],
    [
      "remux.remux",
      { probeSize: 1 },
      'remux: unknown option "probeSize"; did you mean "input.probeSize"?',
    ],
    [
      "remuxSync.remuxSync",
      { input: { probSize: 1 } },
      'remux: input: unknown option "probSize"; did you mean "probeSize"?',
    ],
    [
      "transcode.transcode",
      { video: { bitrate: 1 } },
      'transcode: video: unknown option "bitrate"; did you mean "bitRate"?',
    ],
    ["thumbnail.thumbnail", { z: 1, y: 2 }, 'thumbnail: unknown options "z", "y"'],
    ["remux.remux", { live: { family: "mp4" } }, 'remux: unknown option "live"'],
  ];
  for (const [call, options, message] of told) assertEquals(await refusal(call, options), message);
});

test("options that are left out, keys of other kinds and free names are no matter", async () => {
  const options = { format: "matroska", [UNKNOWN]: undefined, [Symbol("mine")]: 1 };
  remuxSync(mp4, new MemorySink(), { ...options, metadata: { [UNKNOWN]: "kept" } });
  await remux(mp4, new MemorySink(), { ...options, input: any({ [UNKNOWN]: undefined }) });
  Object.defineProperty(Object.prototype, UNKNOWN, {
    value: 1,
    enumerable: true,
    configurable: true,
  });
  try {
    assertEquals(probeSync(mp4, {}).streams.length, (await probe(mp4, {})).streams.length);
  } finally {
    delete (Object.prototype as Record<string, unknown>)[UNKNOWN];
  }
  class Callbacks {
    readonly other = 1;
    read(): number {
      return 0;
    }
  }
  new IOContext(new Callbacks()).close();
  assertThrows(() => new IOContext(any(null)), TypeError, "needs a read or a write callback");
});

test("dictionaries of WebCodecs and descriptions may have other members", () => {
  const more = { [UNKNOWN]: 1 };
  new EncodedVideoChunk({ type: "key", timestamp: 0, data: mp4, ...more });
  const decoder = new VideoDecoder({ output() {}, error() {}, ...more });
  decoder.configure({ codec: "vp8", ...more });
  decoder.close();
  using output = MuxerSync.create(new MemorySink(), { format: "matroska" });
  output.addStream({ type: "audio", codec: "pcm_s16le", sampleRate: 8000, channels: 1, ...more });
});

test("an input whose options are refused is closed", async () => {
  for (const [call, run] of Object.entries(calls)) {
    if (run.length < 2) continue;
    let cancelled = false;
    const input = new ReadableStream({
      cancel: () => void (cancelled = true),
    });
    await assertRejects(async () => await run({ [UNKNOWN]: 1 }, input), TypeError, UNKNOWN);
    assert(cancelled, call);
  }
  let closed = 0;
  const source = { read: () => 0, close: () => void closed++ };
  const options: object = { [UNKNOWN]: 1 };
  assertThrows(() => DemuxerSync.open(source, options), TypeError, UNKNOWN);
  assertThrows(() => remuxSync(source, new MemorySink(), options), TypeError, UNKNOWN);
  assertThrows(() => concatSync([source], new MemorySink(), options), TypeError, UNKNOWN);
  assertEquals(closed, 3);
});
