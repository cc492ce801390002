/**
 * The ways out: inputs and outputs by which libavformat, left alone, reaches a file or a socket
 * that the program never named.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  DemuxerSync,
  type DemuxerSyncOptions,
  directory,
  MemorySink,
  MuxerSync,
  type MuxerSyncOptions,
} from "../../mod.ts";
import { aliased } from "./alias.ts";
import { ffmpeg, fixturePath } from "./sets.ts";

/** Where a way leads. */
export interface Place {
  /** A folder with `secret.*` files in it, whose name is in no other path. */
  readonly folder: string;
  /** A TCP port of this machine, with a listener or without. */
  readonly port: number;
}

/** One way out. */
export interface Way {
  readonly name: string;
  /** A part of the path or of the address that it reaches, as the system call shows it. */
  reaches(place: Place): string;
  /** The tool's arguments with no protection: ffprobe, or ffmpeg. */
  off(place: Place): readonly [tool: "ffprobe" | "ffmpeg", ...args: string[]];
  /** The same through this module; throws what it throws. */
  on(place: Place): void;
  /** libavformat's majors in which the way is closed by libavformat itself. */
  readonly closed?: (major: number) => boolean;
}

const encoder = new TextEncoder();
let hlsOptions: string | undefined;

// Newer releases, also of old versions, ask for one option more.
const trusting = () => {
  hlsOptions ??= spawnSync("ffprobe", ["-v", "quiet", "-h", "demuxer=hls"], {
    encoding: "utf8",
  }).stdout;
  const picky = hlsOptions.includes("extension_picky") ? ["-extension_picky", "0"] : [];
  return ["-allowed_extensions", "ALL", ...picky];
};
const protocols = ["-protocol_whitelist", "file,crypto,data,subfile,tcp,udp,rtp,http,concat"];

const kept = new Map<string, Uint8Array>();

/** A file's bytes, read once: the second time nothing is opened. */
function bytesOf(path: string): Uint8Array {
  const bytes = kept.get(path) ?? new Uint8Array(readFileSync(path));
  kept.set(path, bytes);
  return bytes;
}

const source = fixturePath("progressive.mp4");

/** Reads everything there is to read. */
function readAll(bytes: Uint8Array, options: DemuxerSyncOptions): void {
  using input = DemuxerSync.open(bytes, options);
  for (const _ of input);
}

/** A way that is a file of its own, put beside the secrets as `name`. */
function file(way: {
  name: string;
  file: string;
  bytes: (place: Place) => Uint8Array;
  reaches: (place: Place) => string;
  args?: () => readonly string[];
  options?: DemuxerSyncOptions;
  closed?: Way["closed"];
}): Way {
  const path = ({ folder }: Place) => join(folder, way.file);
  return {
    name: way.name,
    reaches: way.reaches,
    closed: way.closed,
    off(place) {
      writeFileSync(path(place), way.bytes(place));
      return ["ffprobe", ...protocols, ...(way.args?.() ?? []), "-i", path(place)];
    },
    // Everything that could help it is given: the name, and what the attacker might have set.
    on: (place) => readAll(way.bytes(place), { name: path(place), ...way.options }),
  };
}

const secret = ({ folder }: Place) => join(folder, "secret.wav");
const socket = ({ port }: Place) => `htons(${port})`;

const concat = (
  name: string,
  entry: (place: Place) => string,
  reaches: (place: Place) => string = secret,
): Way =>
  file({
    name: `ffconcat: ${name}`,
    file: "list.ffconcat",
    bytes: (place) => encoder.encode(`ffconcat version 1.0\nfile '${entry(place)}'\n`),
    reaches,
    args: () => ["-f", "concat", "-safe", "0"],
    options: { format: "concat", options: { safe: 0 } },
  });

const playlist = (entry: string, tags = "") =>
  encoder.encode(
    `#EXTM3U\n#EXT-X-TARGETDURATION:9\n${tags}#EXTINF:9,\n${entry}\n#EXT-X-ENDLIST\n`,
  );

const hls = (
  name: string,
  bytes: (place: Place) => Uint8Array,
  reaches: (place: Place) => string,
  closed?: Way["closed"],
): Way => file({ name: `HLS: ${name}`, file: "list.m3u8", bytes, reaches, args: trusting, closed });

/** A muxer that is let loose. */
function writing(way: {
  name: string;
  format: string;
  file: (place: Place) => string;
  options?: MuxerSyncOptions["options"];
  reaches: (place: Place) => string;
}): Way {
  return {
    name: way.name,
    reaches: way.reaches,
    off(place) {
      const options = Object.entries(way.options ?? {}).flatMap(([key, value]) => [
        `-${key}`,
        String(value),
      ]);
      const copy = ["-y", "-i", source, "-map", "0", "-c", "copy"];
      return ["ffmpeg", ...copy, "-f", way.format, ...options, way.file(place)];
    },
    on(place) {
      using input = DemuxerSync.open(bytesOf(source));
      using output = MuxerSync.create(new MemorySink(), {
        format: way.format,
        name: way.file(place),
        options: way.options,
        open: (_, { write }) => write ? { write() {} } : undefined,
      });
      const streams = input.streams.map((stream) => output.addStream(stream));
      for (const packet of input) output.write(packet, streams[packet.streamIndex]);
      output.finish();
    },
  };
}

/** Makes the secrets. */
export function hideSecrets(folder: string): void {
  const tone = ["-f", "lavfi", "-i", "sine=duration=0.2"];
  ffmpeg([...tone, join(folder, "secret.wav")]);
  ffmpeg([...tone, "-c:a", "mp2", "-f", "mpegts", join(folder, "secret.ts")]);
  ffmpeg(["-f", "lavfi", "-i", "color=size=16x16:duration=0.1", join(folder, "secret%03d.png")]);
  writeFileSync(join(folder, "secret.mp4"), bytesOf(source));
  writeFileSync(join(folder, "secret.m3u8"), playlist("secret.ts"));
  writeFileSync(join(folder, "secret.key"), new Uint8Array(16));
  writeFileSync(join(folder, "secret.sub"), new Uint8Array(4096));
}

const segment = ({ folder }: Place) => join(folder, "secret.ts");

/** Every way out that is known. */
export const ways: readonly Way[] = [
  concat("an absolute path", secret),
  concat("a relative path", () => "secret.wav"),
  concat("a path with ..", () => "x/../secret.wav", () => "/x/../secret.wav"),
  concat("a file: URL", (place) => `file:${secret(place)}`),
  concat("a subfile: URL", (place) => `subfile,,start,0,end,0,,:${secret(place)}`),
  concat("a concat: URL", (place) => `concat:${secret(place)}`),
  concat("a tcp: URL", ({ port }) => `tcp://127.0.0.1:${port}`, socket),
  concat("an http: URL", ({ port }) => `http://127.0.0.1:${port}/x.wav`, socket),
  concat("an rtsp: URL", ({ port }) => `rtsp://127.0.0.1:${port}/x`, socket),
  concat(
    "an image sequence",
    ({ folder }) => join(folder, "secret%03d.png"),
    ({ folder }) => join(folder, "secret001.png"),
  ),
  file({
    name: "ffconcat that is found out by its bytes, beside a relative name",
    file: "innocent.wav",
    bytes: () => encoder.encode("ffconcat version 1.0\nfile secret.wav\n"),
    reaches: secret,
  }),
  hls("an absolute entry", (place) => playlist(segment(place)), segment),
  hls("a relative entry", () => playlist("secret.ts"), segment),
  hls("an entry with ..", () => playlist("x/../secret.ts"), () => "secret.ts"),
  hls("a file: entry", (place) => playlist(`file:${segment(place)}`), segment),
  hls(
    "a file: URL with slashes",
    (place) => playlist(`file://${segment(place)}`),
    () => "secret.ts",
  ),
  hls("an http: entry", ({ port }) => playlist(`http://127.0.0.1:${port}/x.ts`), socket),
  hls(
    "a playlist inside a playlist",
    () => encoder.encode("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nsecret.m3u8\n"),
    ({ folder }) => join(folder, "secret.m3u8"),
  ),
  hls(
    "a key",
    () => playlist("secret.ts", '#EXT-X-KEY:METHOD=AES-128,URI="secret.key"\n'),
    ({ folder }) => join(folder, "secret.key"),
  ),
  hls(
    "a segment behind crypto:",
    () => playlist("secret.ts", '#EXT-X-KEY:METHOD=AES-128,URI="data:,0123456789abcdef"\n'),
    segment,
  ),
  hls(
    "an initialization section",
    () => playlist("secret.ts", '#EXT-X-MAP:URI="secret.mp4"\n'),
    ({ folder }) => join(folder, "secret.mp4"),
  ),
  {
    name: "HLS: a segment that is a concat script, though the program answers for the segment",
    reaches: secret,
    off({ folder }) {
      writeFileSync(join(folder, "outer.m3u8"), playlist("inner.ts"));
      writeFileSync(join(folder, "inner.ts"), "ffconcat version 1.0\nfile secret.wav\n");
      return ["ffprobe", ...protocols, ...trusting(), "-i", join(folder, "outer.m3u8")];
    },
    on({ folder }) {
      const script = encoder.encode("ffconcat version 1.0\nfile secret.wav\n");
      const open = directory(new Map([["inner.ts", script], ["/inner.ts", script]]));
      const name = join(folder, "outer.m3u8");
      readAll(playlist("inner.ts"), { name, open: (_, request) => open("inner.ts", request) });
    },
  },
  file({
    name: "DASH: a segment",
    file: "list.mpd",
    bytes: () =>
      encoder.encode(
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" ' +
          'profiles="urn:mpeg:dash:profile:isoff-on-demand:2011" ' +
          'mediaPresentationDuration="PT1S"><Period><AdaptationSet mimeType="video/mp4">' +
          '<Representation id="1" bandwidth="1"><BaseURL>secret.mp4</BaseURL><SegmentBase/>' +
          "</Representation></AdaptationSet></Period></MPD>",
      ),
    reaches: ({ folder }) => join(folder, "secret.mp4"),
    args: () => ["-allowed_extensions", "ALL"],
  }),
  file({
    name: "mov: an external data reference",
    file: "outer.mp4",
    bytes: ({ folder }) => aliased(bytesOf(source), join(folder, "secret.mp4")),
    reaches: ({ folder }) => join(folder, "secret.mp4"),
    args: () => ["-enable_drefs", "1", "-use_absolute_path", "1"],
    options: { options: { enable_drefs: 1, use_absolute_path: 1 } },
  }),
  file({
    name: "VobSub: the file beside it",
    file: "secret.idx",
    bytes: () =>
      encoder.encode(
        "# VobSub index file, v7 (do not modify this line!)\nid: en, index: 0\n" +
          "timestamp: 00:00:01:000, filepos: 000000000\n",
      ),
    reaches: ({ folder }) => join(folder, "secret.sub"),
  }),
  file({
    name: "SDP: a socket for RTP",
    file: "session.sdp",
    bytes: ({ port }) =>
      encoder.encode(
        "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n" +
          `m=audio ${port} RTP/AVP 0\r\n`,
      ),
    reaches: socket,
    args: () => ["-analyzeduration", "1"],
  }),
  {
    name: "a name that looks like RTSP",
    reaches: socket,
    off: ({ port }) => ["ffprobe", `rtsp://127.0.0.1:${port}/x`],
    on: ({ port }) => readAll(new Uint8Array(64), { name: `rtsp://127.0.0.1:${port}/x` }),
  },
  {
    name: "the demuxer rtsp, asked for by the program",
    reaches: socket,
    off: ({ port }) => ["ffprobe", "-f", "rtsp", `rtsp://127.0.0.1:${port}/x`],
    on: ({ port }) =>
      readAll(new Uint8Array(64), { format: "rtsp", name: `rtsp://127.0.0.1:${port}/x` }),
  },
  {
    name: "image2: a numbered name",
    reaches: ({ folder }) => join(folder, "secret001.png"),
    off: ({ folder }) => ["ffprobe", "-f", "image2", join(folder, "secret%03d.png")],
    on: ({ folder }) => readAll(new Uint8Array(64), { name: join(folder, "secret%03d.png") }),
  },
  {
    name: "image2: a numbered name and a search for it",
    reaches: ({ folder }) => join(folder, "secret001.png"),
    off: ({ folder }) => [
      ...["ffprobe", "-f", "image2", "-pattern_type", "sequence"] as const,
      join(folder, "secret%03d.png"),
    ],
    on: ({ folder }) =>
      readAll(new Uint8Array(64), {
        format: "image2",
        name: join(folder, "secret%03d.png"),
        options: { pattern_type: "sequence" },
      }),
  },
  {
    name: "image2: a pattern with *",
    reaches: ({ folder }) => join(folder, "secret001.png"),
    off: ({ folder }) => [
      ...["ffprobe", "-f", "image2", "-pattern_type", "glob"] as const,
      join(folder, "secret*.png"),
    ],
    on: ({ folder }) =>
      readAll(new Uint8Array(64), {
        format: "image2",
        name: join(folder, "secret*.png"),
        options: { pattern_type: "glob" },
        open: () => undefined,
      }),
  },
  writing({
    name: "hls writes its segments",
    format: "hls",
    file: ({ folder }) => join(folder, "secret-out.m3u8"),
    options: { hls_time: 0.2 },
    reaches: ({ folder }) => join(folder, "secret-out0.ts"),
  }),
  writing({
    name: "hls deletes old segments",
    format: "hls",
    file: ({ folder }) => join(folder, "secret-old.m3u8"),
    options: {
      ...{ hls_time: 0.1, hls_list_size: 1, hls_delete_threshold: 1 },
      hls_flags: "delete_segments+split_by_time",
    },
    reaches: ({ folder }) => `unlink("${join(folder, "secret-old0.ts")}"`,
  }),
  writing({
    name: "hls renames its playlist",
    format: "hls",
    file: ({ folder }) => join(folder, "secret-name.m3u8"),
    options: { hls_flags: "temp_file" },
    reaches: ({ folder }) => `rename("${join(folder, "secret-name.m3u8.tmp")}"`,
  }),
  writing({
    name: "dash writes its segments",
    format: "dash",
    file: ({ folder }) => join(folder, "secret-out.mpd"),
    reaches: ({ folder }) => join(folder, "secret-out.mpd"),
  }),
  writing({
    name: "segment writes its parts",
    format: "segment",
    file: ({ folder }) => join(folder, "secret-part%d.mkv"),
    options: { segment_format: "matroska" },
    reaches: ({ folder }) => join(folder, "secret-part0.mkv"),
  }),
  writing({
    name: "tee writes its outputs",
    format: "tee",
    file: ({ folder }) => `[f=matroska]${join(folder, "secret-tee.mkv")}`,
    reaches: ({ folder }) => join(folder, "secret-tee.mkv"),
  }),
  writing({
    name: "tee writes a playlist",
    format: "tee",
    file: ({ folder }) => `[f=hls]${join(folder, "secret-tee.m3u8")}`,
    reaches: ({ folder }) => join(folder, "secret-tee0.ts"),
  }),
  writing({
    name: "tee renames the playlist of an output in quotes",
    format: "tee",
    file: ({ folder }) => `'[f=hls:hls_flags=temp_file]${join(folder, "secret-quote.m3u8")}'`,
    reaches: ({ folder }) => `rename("${join(folder, "secret-quote.m3u8.tmp")}"`,
  }),
  writing({
    name: "tee deletes old segments of an output that names them",
    format: "tee",
    file: ({ folder }) => {
      const times = "hls_time=0.1:hls_list_size=1:hls_delete_threshold=1";
      const segments = join(folder, "secret-segment%d.ts");
      const options = `${times}:hls_segment_filename=${segments}`;
      const flags = "hls_flags=delete_segments+split_by_time";
      return `[f=hls:${options}:${flags}]${join(folder, "secret-list.m3u8")}`;
    },
    reaches: ({ folder }) => `unlink("${join(folder, "secret-segment0.ts")}"`,
  }),
  writing({
    name: "smoothstreaming makes a folder",
    format: "smoothstreaming",
    file: ({ folder }) => join(folder, "secret-smooth"),
    reaches: ({ folder }) => `mkdir("${join(folder, "secret-smooth")}"`,
  }),
];
