/**
 * The same work on every platform, one line each with a hash of the result. Its inputs are made of
 * nothing, so that no encoder and no file matters, and no line depends on FFmpeg's version.
 *
 *     deno run -A tests/support/platform_probe.ts [WORD]     only the lines whose name has the WORD
 *
 * @module
 */
import { createHash } from "node:crypto";
import process from "node:process";
import { crc32, deflateSync } from "node:zlib";
import * as avio from "../../mod.ts";

const RATE = 44_100;
const MP3_SAMPLES = 1152;
const PICTURE = { width: 32, height: 24 };

/** Bytes that differ from packet to packet, the same everywhere. */
function noise(length: number, seed: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let state = seed * 2654435761 >>> 0 || 1;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** A frame of MPEG audio, 128 kbit/s: silence. */
function mp3Frame(): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(417);
  frame.set([0xff, 0xfb, 0x90, 0x64]);
  return frame;
}

/** A picture as PNG, its pixels stored uncompressed. */
function png(seed: number): Uint8Array<ArrayBuffer> {
  const { width, height } = PICTURE;
  const rows = new Uint8Array((width * 3 + 1) * height);
  const pixels = noise(width * 3, seed);
  for (let y = 0; y < height; y++) rows.set(pixels, y * (width * 3 + 1) + 1);
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, width);
  header.setUint32(4, height);
  header.setUint16(8, 0x0802); // 8 bits, RGB
  const chunk = (type: string, data: Uint8Array) => {
    const bytes = new Uint8Array(12 + data.length);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, data.length);
    bytes.set(new TextEncoder().encode(type), 4);
    bytes.set(data, 8);
    view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
    return bytes;
  };
  const parts = [
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk("IHDR", new Uint8Array(header.buffer)),
    chunk("IDAT", new Uint8Array(deflateSync(rows, { level: 0 }))),
    chunk("IEND", new Uint8Array(0)),
  ];
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

type Kind = "pcm" | "mp3" | "png";

const descriptions: Record<Kind, avio.StreamDescription> = {
  pcm: {
    type: "audio",
    codec: "pcm_s16le",
    sampleRate: RATE,
    channels: 2,
    timeBase: { num: 1, den: RATE },
  },
  mp3: {
    type: "audio",
    codec: "mp3",
    sampleRate: RATE,
    channels: 2,
    bitRate: 128_000,
    frameSize: MP3_SAMPLES,
    timeBase: { num: 1, den: RATE },
  } as avio.StreamDescription,
  png: { type: "video", codec: "png", ...PICTURE, timeBase: { num: 1, den: 25 } },
};

function packetOf(kind: Kind, at: number): avio.PacketData {
  if (kind === "png") {
    return { data: png(at + 1), pts: at, dts: at, duration: 1, isKeyframe: true };
  }
  const pts = at * MP3_SAMPLES;
  const data = kind === "mp3" ? mp3Frame() : noise(MP3_SAMPLES * 4, at + 1);
  return { data, pts, dts: pts, duration: MP3_SAMPLES, isKeyframe: true };
}

function make(format: string, kinds: readonly Kind[], count: number): Uint8Array<ArrayBuffer> {
  const sink = new avio.MemorySink();
  using output = avio.MuxerSync.create(sink, { format, options: { fflags: "+bitexact" } });
  const streams = kinds.map((kind) => output.addStream(descriptions[kind]));
  for (let at = 0; at < count; at++) {
    kinds.forEach((kind, i) => output.write(packetOf(kind, at), streams[i]));
  }
  output.finish();
  return sink.take();
}

const inputs: Record<string, Uint8Array<ArrayBuffer>> = {};
const formats: Record<string, readonly Kind[]> = {
  wav: ["pcm"],
  matroska: ["png", "mp3"],
  nut: ["png", "pcm"],
  mov: ["mp3"],
  avi: ["png", "mp3"],
  mpegts: ["mp3"],
  flv: ["mp3"],
  mp3: ["mp3"],
};

/** A hash of packets: time, keyframe, payload. */
class PacketsHash {
  readonly #hash = createHash("sha256");
  readonly #whole: boolean;
  #count = 0;

  /** `whole`: of all payloads alone, where versions cut them into packets differently. */
  constructor(whole: boolean) {
    this.#whole = whole;
  }

  add({ streamIndex, ptsTime, isKeyframe, data }: avio.Packet): void {
    if (!this.#whole) this.#hash.update(`${streamIndex} ${ptsTime?.toFixed(3)} ${isKeyframe}`);
    this.#hash.update(data);
    this.#count += this.#whole ? data.length : 1;
  }

  toString(): string {
    return `${this.#count} ${this.#hash.digest("hex").slice(0, 16)}`;
  }
}

const isWav = (bytes: unknown) => bytes instanceof Uint8Array && bytes[0] === 0x52;

function packetsOf(bytes: Uint8Array, whole = isWav(bytes)): string {
  using input = avio.DemuxerSync.open(bytes);
  const hash = new PacketsHash(whole);
  for (const packet of input) hash.add(packet);
  return String(hash);
}

async function packetsAsync(
  input: avio.Input,
  options: avio.DemuxerOptions = {},
  whole = false,
): Promise<string> {
  await using demuxer = await avio.Demuxer.open(input, options);
  const hash = new PacketsHash(whole);
  for await (const packet of demuxer) hash.add(packet);
  return String(hash);
}

const described = ({ format, streams }: avio.MediaInfo): string =>
  `${format.name} ${format.duration?.toFixed(1)} ` +
  streams.map(({ type, codec, timeBase }) =>
    `${type}/${codec.name}/${timeBase.num}:${timeBase.den}`
  ).join(" ");

/** Each piece of work: its name, and what it answers. */
const steps: Record<string, () => string | Promise<string>> = {};

for (const [format, kinds] of Object.entries(formats)) {
  const bytes = () => inputs[format] ??= make(format, kinds, 100);
  steps[`probeSync ${format}`] = () => described(avio.probeSync(bytes()));
  steps[`probe ${format}`] = async () => described(await avio.probe(new Blob([bytes()])));
  steps[`packets ${format}`] = () => packetsOf(bytes());
  steps[`packets async ${format}`] = () =>
    packetsAsync(new Blob([bytes()]).stream(), {}, format === "wav");
}

const pairs = [
  ["mov", "matroska"],
  ["matroska", "avi"],
  ["flv", "mp4"],
  ["mp3", "mpegts"],
  ["wav", "nut"],
] as const;
for (const [from, format] of pairs) {
  const bytes = () => inputs[from] ??= make(from, formats[from], 100);
  steps[`remuxSync ${from} ${format}`] = () => {
    const sink = new avio.MemorySink();
    avio.remuxSync(bytes(), sink, { format });
    return packetsOf(sink.take(), from === "wav");
  };
  steps[`remux ${from} ${format}`] = async () => {
    const sink = new avio.MemorySink();
    await avio.remux(new Response(bytes()), sink, { format });
    return packetsOf(sink.take(), from === "wav");
  };
}

steps["cut"] = async () => {
  const sink = new avio.MemorySink();
  await avio.remux(make("nut", ["png", "pcm"], 100), sink, { format: "nut", start: 1, end: 2 });
  return packetsOf(sink.take()).split(" ")[0];
};
steps["faststart reads its own output"] = () => {
  const sink = new avio.MemorySink();
  avio.remuxSync(make("mov", ["mp3"], 50), sink, {
    format: "mp4",
    options: { movflags: "faststart" },
  });
  return packetsOf(sink.take());
};
steps["fragments"] = async () => {
  const kinds: string[] = [];
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for await (const { kind, data } of avio.fragments(make("mov", ["mp3"], 100), { format: "mp4" })) {
    kinds.push(kind);
    parts.push(data as Uint8Array<ArrayBuffer>);
  }
  return `${kinds[0]} ${await packetsAsync(new Blob(parts))}`;
};
steps["hls into a Map and back"] = async () => {
  const files = new Map<string, Uint8Array>();
  const list = new avio.MemorySink();
  const open = avio.directory(files);
  await avio.remux(make("mpegts", ["mp3"], 200), list, {
    format: "hls",
    name: "i.m3u8",
    options: { hls_time: 1, hls_list_size: 0 },
    open,
  });
  const packets = await packetsAsync(list.take(), { name: "i.m3u8", open });
  return `${files.size > 1} ${packets.split(" ")[0]}`;
};

const cuts = { wav: 20, matroska: 40, mov: 300, avi: 100 } as const;
for (const [format, to] of Object.entries(cuts)) {
  steps[`log of ${format} cut at ${to}`] = () => {
    const lines: string[] = [];
    const bytes = make(format, formats[format], 20).slice(0, to);
    try {
      avio.DemuxerSync.open(bytes, { format, onLog: (line) => lines.push(line.level) }).close();
      return `opened, ${lines.length > 0}`;
    } catch (error) {
      const { name, message } = error as Error;
      return `${name} ${/AVERROR\w*|E[A-Z]{2,}/.exec(message)?.[0]}`;
    }
  };
}
steps["log async"] = async () => {
  const heard: string[] = [];
  const bytes = make("mov", ["mp3"], 50).slice(0, 200);
  try {
    await avio.probe(bytes, { onLog: ({ message }) => heard.push(message) });
    return "no error";
  } catch (error) {
    const { log } = error as avio.AVError;
    const says = (lines: readonly string[]) => lines.some((line) => /moov atom/.test(line));
    return `${(error as Error).name} ${says(log)} ${says(heard)}`;
  }
};
steps["a callback's own error"] = () => {
  const mine = new Error("mine");
  try {
    avio.probeSync({
      size: 1e6,
      read() {
        throw mine;
      },
    });
    return "no error";
  } catch (error) {
    return error === mine ? "that object" : String(error);
  }
};
steps["offsets beyond 2^32"] = () => {
  const size = 6 * 2 ** 30;
  const asked: string[] = [];
  let at = 0;
  using io = new avio.IOContext({
    read(into: Uint8Array) {
      into.fill(7);
      at += into.length;
      return into.length;
    },
    seek(offset: number, whence: number) {
      asked.push(`${offset},${whence}`);
      return whence === avio.AVSEEK_SIZE ? size : at = offset;
    },
  }, { bufferSize: 4096 });
  const position = io.seek(5 * 2 ** 30 + 17);
  return `${io.size()} ${position} ${asked.includes(`${5 * 2 ** 30 + 17},0`)}`;
};
steps["AVERROR by name"] = () =>
  ["EAGAIN", "EIO", "ENOSYS", "ETIMEDOUT", "EINVAL"].map((name) => avio.AVERROR(name) < 0).join();
steps["AVRational by value"] = () => {
  using input = avio.DemuxerSync.open(make("matroska", ["png", "mp3"], 100));
  const [first] = Array.from(input, ({ ptsTime }) => ptsTime).slice(-1);
  return `${first?.toFixed(3)}`;
};
steps["channel"] = async () => {
  const bytes = make("mpegts", ["mp3"], 200);
  const channel = new avio.Channel();
  const sending = (async () => {
    for (let at = 0; at < bytes.length; at += 5000) {
      if (!channel.send(bytes.slice(at, at + 5000))) await channel.ready;
    }
    channel.end();
  })();
  const packets = await packetsAsync(channel);
  await sending;
  return packets;
};
steps["8 at once"] = async () => {
  const bytes = make("matroska", ["png", "mp3"], 100);
  const all = await Promise.all(
    Array.from({ length: 8 }, () => packetsAsync(new Blob([bytes]).stream())),
  );
  return [...new Set(all)].join();
};
steps["samples"] = async () => {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const { samples } of avio.pcm(make("wav", ["pcm"], 50))) {
    hash.update(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength));
    bytes += samples.byteLength;
  }
  return `${bytes} ${hash.digest("hex").slice(0, 16)}`;
};
steps["pictures"] = async () => {
  const hash = createHash("sha256");
  let count = 0;
  for await (const frame of avio.frames(make("nut", ["png"], 25))) {
    count++;
    const pixels = new Uint8Array(frame.allocationSize({ format: "RGBA" }));
    await frame.copyTo(pixels, { format: "RGBA" });
    hash.update(pixels);
    frame.close();
  }
  return `${count} ${hash.digest("hex").slice(0, 16)}`;
};

/** Does the work and answers with one line a piece. */
export async function probePlatform(word = ""): Promise<string[]> {
  const lines: string[] = [];
  for (const [name, run] of Object.entries(steps)) {
    if (!name.includes(word)) continue;
    let result: string;
    try {
      result = await run();
    } catch (error) {
      result = `FAILED ${(error as Error).name}: ${(error as Error).message.split("\n")[0]}`;
    }
    lines.push(`${name}\t${result}`);
  }
  return lines;
}

if (import.meta.main) {
  const { runtime, os, arch, release, paths } = avio.libraryInfo();
  console.error(`${runtime} ${os} ${arch} FFmpeg ${release} ${paths.avformat}`);
  for (const line of await probePlatform(process.argv[2])) console.log(line);
  process.exit(0);
}
