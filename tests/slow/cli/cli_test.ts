import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "@std/assert";
import { libraryInfo } from "../../../mod.ts";
import { liveMedia } from "../../support/live_media.ts";
import { version } from "../../../lib/cli/version.ts";
import { executable, runtimeWords } from "../../support/runtime.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const cli = `${root}lib/cli/main.ts`;
const folder = `${root}.cache/cli.${process.pid}`;
const major = Number(libraryInfo().versions.avformat[0]);

interface Result {
  code: number | null;
  out: string;
  bytes: Uint8Array;
  err: string;
}

// Through a real pipe: Deno's spawnSync may hang on an `input` larger than a pipe holds.
function piped(input: Uint8Array, command: string[]): string[] {
  mkdirSync(folder, { recursive: true });
  const file = `${folder}/stdin`;
  writeFileSync(file, input);
  return ["-c", 'cat "$0" | "$@"', file, ...command];
}

function tool(program: string, args: string[], input?: Uint8Array): Result {
  const [run, words] = input === undefined
    ? [program, args]
    : ["sh", piped(input, [program, ...args])];
  const done = spawnSync(run, words, { maxBuffer: 1 << 28, cwd: root });
  if (input !== undefined) rmSync(`${folder}/stdin`, { force: true });
  if (done.error) throw done.error;
  return {
    code: done.status,
    out: done.stdout.toString(),
    bytes: new Uint8Array(done.stdout),
    err: done.stderr.toString(),
  };
}

function avio(args: string[], input?: Uint8Array): Result {
  return tool(executable, [...runtimeWords, cli, ...args], input);
}

function ffprobe(args: string[], input?: Uint8Array) {
  const done = tool("ffprobe", ["-v", "error", "-of", "json", ...args], input);
  assertEquals(done.code, 0, done.err);
  return JSON.parse(done.out);
}

// The built-in encoders, so that any ffmpeg can make it.
function sample(): string {
  mkdirSync(`${root}.cache`, { recursive: true });
  const file = `${root}.cache/cli.mkv`;
  if (existsSync(file)) return file;
  const part = `${root}.cache/cli.${process.pid}.part.mkv`;
  // deno-fmt-ignore
  const made = tool("ffmpeg", [
    "-v", "error", "-y",
    "-f", "lavfi", "-i", "testsrc=duration=2:size=160x120:rate=25",
    "-f", "lavfi", "-i", "sine=frequency=440:duration=2",
    "-c:v", "mpeg4", "-g", "25", "-c:a", "mp2", "-metadata", "title=A title", part,
  ]);
  assertEquals(made.code, 0, made.err);
  renameSync(part, file);
  return file;
}

/** One clear line, and no stack. */
function assertOneLine(err: string) {
  assert(/^avio: [^\n]+\n$/.test(err), err);
}

function inFolder(body: () => void) {
  mkdirSync(folder, { recursive: true });
  try {
    body();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test("avio --version is deno.json's", () => {
  assertEquals(version, JSON.parse(readFileSync(`${root}deno.json`, "utf8")).version);
  const { code, out } = avio(["--version"]);
  assertEquals([code, out], [0, `avio ${version}\n`]);
});

test("avio --help names every command, and each has its own", () => {
  const { code, out } = avio(["--help"]);
  assertEquals(code, 0);
  for (const name of ["probe", "packets", "remux", "concat", "trace", "formats", "doctor"]) {
    assert(out.includes(`  ${name} `), out);
  }
  // Each fits a screen of 80 columns and 24 lines.
  for (
    const text of [
      out,
      ...["probe", "packets", "remux", "trace"].map((name) => avio([name, "-h"]).out),
    ]
  ) {
    const lines = text.split("\n");
    assert(lines.length <= 24 && lines.every((line) => line.length <= 100), text);
  }
  const own = avio(["remux", "--help"]);
  assertEquals(own.code, 0);
  assert(own.out.startsWith("usage: avio remux INPUT OUTPUT"), own.out);
});

test("avio exits 2 with the usage when it is used wrongly", () => {
  const wrong: [string[], string][] = [
    [[], "usage: avio COMMAND"],
    [["prob"], 'did you mean "probe"?'],
    [["probe"], "INPUT missing"],
    [["probe", "a", "b"], 'unexpected argument "b"'],
    [["probe", "a", "--jsno"], "--jsno"],
    [["remux", "a", "-"], "give -f FORMAT"],
    [["remux", sample(), "out.mkv", "-f", "mkv"], 'did you mean "matroska"?'],
    [["remux", sample(), "out.mkv", "-f", "matrsoka"], 'did you mean "matroska"?'],
    [["remux", sample(), "out.nothing"], "give -f FORMAT"],
    [["remux", sample(), "out.mkv", "--start", "soon"], "--start takes seconds"],
    [
      ["remux", sample(), "out.mkv", "--start", "-1"],
      "a value; one that begins with - is --start=-1",
    ],
    [["remux", sample(), "out.mkv", "--start=-1"], "--start takes seconds"],
    [["remux", sample(), "out.mkv", "-f", "-y"], "takes a value"],
    [["remux", sample(), "out.mkv", "--streams", "v:7"], "no stream v:7"],
    [["remux", sample(), "out.mkv", "-o", "novalue"], "key=value"],
    [["version"], 'unknown command "version"; did you mean "--version"?'],
    [["help", "prob"], 'unknown command "prob"; did you mean "probe"?'],
    [["--help", "nope"], 'unknown command "nope"'],
    [["remux", sample(), sample()], "is the input as well"],
    [["remux", sample(), "-", "-f", "matroska", "--json"], "taken by OUTPUT"],
    [["trace"], "INPUT missing"],
  ];
  for (const [args, says] of wrong) {
    const { code, out, err } = avio(args);
    assertEquals([code, out], [2, ""], `${args.join(" ")}: ${err}`);
    assert(err.includes(says) && err.includes("usage: avio"), err);
  }
});

test("avio exits 1 with one line when the input fails", () => {
  inFolder(() => {
    const text = `${folder}/text.mp4`;
    writeFileSync(text, "this is no film");
    const output = `${folder}/kept.mkv`;
    writeFileSync(output, "kept");
    for (
      const args of [
        ["probe", `${folder}/absent.mp4`],
        ["probe", text],
        ["probe", "https://example.invalid/a.mp4"],
        ["packets", text],
        ["remux", text, output],
      ]
    ) {
      const { code, out, err } = avio(args);
      assertEquals([code, out], [1, ""], `${args.join(" ")}: ${err}`);
      assertOneLine(err);
    }
    assertEquals(readFileSync(output, "utf8"), "kept");
  });
});

test("avio probe --json agrees with ffprobe", () => {
  const { code, out, err } = avio(["probe", sample(), "--json"]);
  assertEquals(code, 0, err);
  const info = JSON.parse(out);
  const wanted = ffprobe(["-show_format", "-show_streams", sample()]);
  assertEquals(info.format.name, wanted.format.format_name);
  assertEquals(info.format.longName, wanted.format.format_long_name);
  assertEquals(info.format.duration, Number(wanted.format.duration));
  assertEquals(info.format.size, Number(wanted.format.size));
  assertEquals(info.format.metadata.title, "A title");
  assertEquals(info.streams.length, wanted.streams.length);
  const [video, audio] = info.streams;
  assertEquals(
    [video.type, video.codec.name, video.width, video.height, video.pixelFormat],
    ["video", wanted.streams[0].codec_name, 160, 120, wanted.streams[0].pix_fmt],
  );
  assertEquals(
    [audio.type, audio.codec.name, audio.sampleRate, audio.channels],
    ["audio", wanted.streams[1].codec_name, Number(wanted.streams[1].sample_rate), 1],
  );
});

test("avio probe prints a line a stream, from a file and from standard input", () => {
  inFolder(() => {
    const file = avio(["probe", sample()]);
    const fromPipe = avio(["probe", "-"], readFileSync(sample()));
    for (const { code, out, err } of [file, fromPipe]) {
      assertEquals(code, 0, err);
      assert(/^ {2}#0 +video +mpeg4 .*160x120 +25 fps/m.test(out), out);
      assert(/^ {2}#1 +audio +mp2 .*44100 Hz +mono/m.test(out), out);
      assert(/^ {2}title +A title$/mi.test(out), out);
    }
  });
});

test("avio packets prints what ffprobe reads, one line a packet", () => {
  const { code, out, err } = avio(["packets", sample()]);
  assertEquals(code, 0, err);
  const wanted = ffprobe(["-show_packets", sample()]).packets;
  const lines = out.trimEnd().split("\n").map((line) => line.trim().split(/ +/));
  assertEquals(
    lines.map(([stream, pts, , , size, flags, position]) => [
      stream,
      pts,
      size,
      flags[0],
      position,
    ]),
    wanted.map((one: Record<string, string | number>) => [
      String(one.stream_index),
      String(one.pts ?? "-"),
      String(one.size),
      String(one.flags)[0],
      String(one.pos ?? "-"),
    ]),
  );
  const audio = avio(["packets", sample(), "--streams", "1"]).out.trimEnd().split("\n");
  assertEquals(audio.length, lines.filter(([stream]) => stream === "1").length);
});

test("avio remux writes a file, and the same bytes to standard output", () => {
  inFolder(() => {
    const file = `${folder}/out.ts`;
    const toFile = avio(["remux", sample(), file]);
    assertEquals([toFile.code, toFile.out, toFile.err], [0, "", ""]);
    const piped = avio(["remux", "-", "-", "-f", "mpegts"], readFileSync(sample()));
    assertEquals([piped.code, piped.err], [0, ""]);
    assertEquals(ffprobe(["-show_format", file]).format.format_name, "mpegts");
    assertEquals(piped.bytes.length, readFileSync(file).length);
    const packets = (path: string, input?: Uint8Array) =>
      ffprobe(["-count_packets", "-show_streams", path], input).streams
        .map((stream: { nb_read_packets: string }) => stream.nb_read_packets);
    assertEquals(packets("-", piped.bytes), packets(sample()));
  });
});

test("avio remux takes streams, a range and the muxer's options", () => {
  inFolder(() => {
    const file = `${folder}/out.mp4`;
    const args = ["--streams", "v:0", "--start", "1.5", "-o", "movflags=+faststart"];
    const { code, err } = avio(["remux", sample(), file, ...args]);
    assertEquals(code, 0, err);
    const { streams } = ffprobe(["-show_streams", "-count_packets", file]);
    assertEquals(streams.map((one: { codec_type: string }) => one.codec_type), ["video"]);
    assertEquals(streams[0].nb_read_packets, "25");
    const head = readFileSync(file).toString("latin1");
    assert(head.indexOf("moov") < head.indexOf("mdat"), "moov comes first");

    const input = readFileSync(sample());
    const piped = avio(["remux", "-", "-", "-f", "matroska", "--streams", "a"], input);
    assertEquals(piped.code, 0, piped.err);
    const kept = ffprobe(["-show_streams", "-count_packets", "-"], piped.bytes).streams;
    assertEquals(kept.map((one: { codec_type: string }) => one.codec_type), ["audio"]);
    const before = ffprobe(["-show_streams", "-count_packets", sample()]).streams[1];
    assertEquals(kept[0].nb_read_packets, before.nb_read_packets);
  });
});

test("avio remux leaves the file alone where the header is refused", () => {
  mkdirSync(folder, { recursive: true });
  const output = `${folder}/precious.mkv`;
  writeFileSync(output, "precious");
  const kept = avio(["remux", sample(), output]);
  assertEquals([kept.code, readFileSync(output, "utf8")], [1, "precious"]);
  assert(/^avio: .*precious.mkv: .*-y writes over it\n$/.test(kept.err), kept.err);
  const refused = avio(["remux", sample(), output, "-y", "-o", "nonsense=1"]);
  assertEquals(refused.code, 2);
  assert(/^avio: .* has no option "nonsense".*\nusage: .*\n$/.test(refused.err), refused.err);
  assertEquals(readFileSync(output, "utf8"), "precious");
  assertEquals(avio(["remux", sample(), output, "-y"]).code, 0);
  assertEquals(ffprobe(["-show_format", output]).format.format_name, "matroska,webm");
  rmSync(output);
});

test("avio says what was damaged, and does what can be done", () => {
  inFolder(() => {
    const whole = `${folder}/whole.mov`;
    assertEquals(avio(["remux", sample(), whole, "-o", "movflags=faststart"]).err, "");
    const bytes = readFileSync(whole);
    const cut = `${folder}/cut.mov`;
    writeFileSync(cut, bytes.subarray(0, bytes.length * 0.7));
    for (const args of [["remux", cut, `${folder}/cut.mkv`], ["packets", cut]]) {
      const { code, out, err } = avio(args);
      const early = "avio: the input ends early: the output is not all of it\n";
      if (args[0] === "remux") assert(err.startsWith(early), err);
      const rest = args[0] === "remux" ? err.slice(early.length) : err;
      if (major < 59 && args[0] === "packets") {
        // FFmpeg 4 ends with an error there.
        assertEquals(code, 1, err);
        assert(/^avio: av_read_frame: .*partial file\n$/.test(err), err);
        continue;
      }
      assertEquals(code, 0, err);
      assert(/^avio: damaged media: .*partial file( \(\d times\))?\n$/.test(rest), err);
      if (args[0] === "packets") assert(out.includes("C"), "the cut packet is marked");
    }
    const packets = ffprobe(["-show_packets", "-v", "quiet", `${folder}/cut.mkv`]).packets.length;
    assert(packets > 20, `${packets} packets`);
  });
});

test("avio packets --json and remux --json are for programs", () => {
  inFolder(() => {
    const { code, out, err } = avio(["packets", sample(), "--json"]);
    assertEquals(code, 0, err);
    const wanted = ffprobe(["-show_packets", sample()]).packets;
    const packets = out.trimEnd().split("\n").map((line) => JSON.parse(line));
    assertEquals(
      packets.map(({ streamIndex, size, ptsTime }) => [streamIndex, size, ptsTime.toFixed(6)]),
      wanted.map((
        one: Record<string, string>,
      ) => [one.stream_index, Number(one.size), one.pts_time]),
    );
    const file = `${folder}/out.mkv`;
    const done = JSON.parse(avio(["remux", sample(), file, "--json"]).out);
    assertEquals(done.packets, packets.length);
    assertEquals(done.streams, [{ input: 0, output: 0 }, { input: 1, output: 1 }]);
    assertEquals([done.dropped, done.truncated], [[], false]);
    assertEquals(done.bytesWritten >= readFileSync(file).length, true);
  });
});

test("avio trace tells every callback, and draws them", () => {
  inFolder(() => {
    // Its index is at its end.
    const film = `${folder}/film.mp4`;
    assertEquals(avio(["remux", liveMedia("large.ts"), film]).code, 0);
    const bytes = readFileSync(film);
    const svg = `${folder}/trace.svg`;
    const { code, out, err } = avio(["trace", film, "--svg", svg, "--json"]);
    assertEquals(code, 0, err);
    const calls = out.trimEnd().split("\n").map((line) => JSON.parse(line));
    const seen = new Uint8Array(bytes.length);
    let time = 0;
    for (const call of calls) {
      assert(["read", "seek", "size"].includes(call.operation), call.operation);
      if (call.operation === "size") assertEquals(call.position, bytes.length);
      if (call.operation === "read") seen.fill(1, call.position, call.position + call.bytes);
      assert(call.time >= time);
      time = call.time;
    }
    // Read to the end: nothing of the file was left out, and its index was sought.
    assert(seen.every((one) => one === 1));
    const seeks = calls.filter(({ operation }) => operation === "seek").length;
    assert(seeks > 0);
    const picture = readFileSync(svg, "utf8");
    const marks = (name: string) =>
      new RegExp(`class="${name}" d="([^"]*)"`).exec(picture)?.[1].split("V").length ?? 0;
    assertEquals(marks("reads") - 1, calls.filter((call) => call.operation === "read").length);
    assertEquals(marks("seeks") - 1, seeks);
    for (const label of ["offset in the input", ">call<", ">read<", ">seek<"]) {
      assert(picture.includes(label), label);
    }
    const piped = readFileSync(liveMedia("video.mkv"));
    const people = avio(["trace", "-"], piped).out.trimEnd().split("\n");
    assert(people.every((line) => /^ +\d+ (read|seek|size) /.test(line)), people[0]);
    const read = people.map((line) => line.trim().split(/ +/))
      .filter(([, operation]) => operation === "read")
      .reduce((sum, [, , , count]) => sum + Number(count), 0);
    assertEquals(read, piped.length);
  });
});

test("avio leaves quietly when the reader of its output is gone", async () => {
  const args = [...runtimeWords, cli, "remux", sample(), "-", "-f", "mpegts"];
  const child = spawn(executable, args, { stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.destroy();
  let err = "";
  child.stderr.on("data", (chunk) => err += chunk);
  const code = await new Promise((resolve) => child.on("close", resolve));
  assertEquals([code, err], [0, ""]);
});

test("avio formats and avio doctor tell what is here", () => {
  const formats = avio(["formats"]);
  assertEquals(formats.code, 0, formats.err);
  assert(/^E +matroska +Matroska +\.mkv/m.test(formats.out), formats.out);
  assert(/^D +matroska,webm /m.test(formats.out), formats.out);
  const doctor = avio(["doctor", "--json"]);
  assertEquals(doctor.code, 0, doctor.err);
  assertEquals(JSON.parse(doctor.out).versions.avformat.length, 3);
  const people = avio(["doctor"]);
  assert(/^libavformat +\d+\.\d+\.\d+ /m.test(people.out), people.out + people.err);
});
