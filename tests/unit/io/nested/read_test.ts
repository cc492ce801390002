import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  AVError,
  DemuxerSync,
  type DemuxerSyncOptions,
  directory,
  libraryInfo,
  type OpenHookSync,
  type SourceSync,
} from "../../../../mod.ts";
import {
  ffmpeg,
  filesOf,
  fixturePath,
  hlsSet,
  line,
  ofStream,
  probedLines,
  setFolder,
} from "../../../support/sets.ts";

/** Counts what a hook opens, and what of it is closed. */
function counted(open: OpenHookSync): { open: OpenHookSync; asked: string[]; check: () => void } {
  const asked: string[] = [];
  const closed = new Map<object, number>();
  return {
    asked,
    open(url, request) {
      asked.push(url);
      const answer = open(url, request) as SourceSync | undefined;
      if (answer === undefined) return undefined;
      const source: SourceSync = {
        read: (into, position) => answer.read(into, position),
        size: answer.size,
        seekable: answer.seekable,
        close() {
          closed.set(source, closed.get(source)! + 1);
          answer.close?.();
        },
      };
      closed.set(source, 0);
      return source;
    },
    check: () => assertEquals([...closed.values()].filter((times) => times !== 1), []),
  };
}

function linesOf(name: string, open: OpenHookSync, options: DemuxerSyncOptions = {}): string[] {
  const hook = counted(open);
  const lines: string[] = [];
  {
    using input = DemuxerSync.open(undefined, { ...options, name, open: hook.open });
    for (const packet of input) lines.push(line(packet));
  }
  hook.check();
  return lines;
}

const corpus = process.env.AVIO_CORPUS && join(process.env.AVIO_CORPUS, "playlists");
const sets = corpus ? readdirSync(corpus).sort() : [];
const reason = "AVIO_CORPUS is not set";

// FFmpeg 4 guesses the packets' durations while it looks ahead, by how the streams interleave.
const known = (lines: string[]) =>
  Number(libraryInfo().versions.avformat[0]) > 58
    ? lines
    : lines.map((one) => one.split(" ").toSpliced(3, 1).join(" "));

test("The corpus of playlists is there", { skip: corpus ? false : reason }, () => {
  assert(sets.length >= 7, `${sets.length} sets`);
});
for (const set of sets) {
  const folder = join(corpus!, set);
  for (const name of readdirSync(folder).filter((one) => /\.(m3u8|mpd)$/.test(one)).sort()) {
    test(`${set}/${name} from a Map gives ffprobe's packets`, () => {
      const ours = linesOf(name, directory(filesOf(folder)));
      const theirs = probedLines(join(folder, name));
      assert(theirs.length > 0);
      if (name.endsWith(".m3u8")) return assertEquals(ours, theirs);
      // DASH is read by way of HLS: the streams are the same, how they interleave is not.
      const streams = new Set(theirs.map((one) => one.split(" ")[0]));
      assertEquals(new Set(ours.map((one) => one.split(" ")[0])), streams);
      for (const stream of [...streams].map(Number)) {
        const [mine, probed] = [ours, theirs].map((lines) => known(ofStream(lines, stream)));
        // libavformat's own DASH ends with the shortest stream; here each goes to its end.
        assertEquals(mine.slice(0, probed.length), probed);
      }
    });
  }
}

const whole: [string, string[]][] = [
  ["ts", []],
  ["fmp4", ["-hls_segment_type", "fmp4"]],
  ["byte ranges of one ts", ["-hls_flags", "single_file"]],
  ["byte ranges of one fmp4", ["-hls_flags", "single_file", "-hls_segment_type", "fmp4"]],
  ["discontinuities", ["-hls_flags", "discont_start+split_by_time"]],
];
for (const [what, options] of whole) {
  test(`An HLS playlist of ${what} from a Map and a folder gives ffprobe's packets`, () => {
    const folder = hlsSet(what.replaceAll(" ", "_"), options);
    const theirs = probedLines(join(folder, "index.m3u8"));
    assert(theirs.length > 50);
    assertEquals(linesOf("index.m3u8", directory(filesOf(folder))), theirs);
    assertEquals(linesOf("index.m3u8", directory(folder)), theirs);
  });
}

const pieced: [string, string, string[]][] = [
  ["raw mp3 segments", "mp3.mp3", ["mp3.mp3", "mp3.mp3"]],
  ["raw aac segments", "adts.aac", ["adts.aac", "adts.aac"]],
  ["a discontinuity", "mpegts.ts", ["mpegts.ts", "#EXT-X-DISCONTINUITY", "mpegts.ts"]],
];
for (const [what, fixture, entries] of pieced) {
  test(`An HLS playlist of ${what} gives ffprobe's packets`, () => {
    const folder = setFolder(`pieced_${fixture}`, (made) => {
      writeFileSync(join(made, fixture), readFileSync(fixturePath(fixture)));
      const lines = entries.map((one) => one.startsWith("#") ? one : `#EXTINF:1,\n${one}`);
      const text = ["#EXTM3U", "#EXT-X-TARGETDURATION:1", ...lines, "#EXT-X-ENDLIST", ""];
      writeFileSync(join(made, "index.m3u8"), text.join("\n"));
    });
    const theirs = probedLines(join(folder, "index.m3u8"));
    assert(theirs.length > 40, `${theirs.length}`);
    assertEquals(linesOf("index.m3u8", directory(filesOf(folder))), theirs);
  });
}

const key = Uint8Array.from({ length: 16 }, (_, i) => i * 7 + 3);
const encryptedSet = () =>
  hlsSet("aes", ["-hls_key_info_file", "info"], (folder) => {
    writeFileSync(join(folder, "enc.key"), key);
    writeFileSync(join(folder, "info"), "enc.key\nenc.key\n");
  });

test("Segments encrypted with AES-128 are asked for by their plain names, and decrypted", () => {
  const folder = encryptedSet();
  const theirs = probedLines(join(folder, "index.m3u8"), ["-allowed_extensions", "ALL"]);
  const plain = probedLines(join(hlsSet("ts"), "index.m3u8"));
  assertEquals(
    theirs.map((one) => one.split(" ").at(-1)),
    plain.map((one) => one.split(" ").at(-1)),
  );
  const hook = counted(directory(filesOf(folder)));
  assertEquals(linesOf("index.m3u8", hook.open), theirs);
  assert(hook.asked.includes("enc.key"));
  assertEquals(hook.asked.filter((url) => !/^(index\.m3u8|enc\.key|index\d+\.ts)$/.test(url)), []);
});

test("A wrong key is an error or other packets, never these", () => {
  const files = filesOf(encryptedSet());
  files.set("enc.key", new Uint8Array(16));
  const theirs = probedLines(join(hlsSet("ts"), "index.m3u8"));
  try {
    assert(linesOf("index.m3u8", directory(files)).join() !== theirs.join());
  } catch (error) {
    assert(error instanceof AVError, String(error));
  }
});

test("Names that look like http are asked for as they are, with their byte ranges applied", () => {
  for (const set of ["byte_ranges_of_one_ts", "byte_ranges_of_one_fmp4", "ts", "aes"]) {
    const folder = set === "aes" ? encryptedSet() : join(hlsSet("ts"), "..", set);
    const base = "https://media.example/a/";
    const files = filesOf(folder);
    const ours = linesOf(`${base}index.m3u8`, (url, request) => {
      assert(url.startsWith(base), url);
      return directory(files)(url.slice(base.length), request);
    });
    assertEquals(ours, probedLines(join(folder, "index.m3u8"), ["-allowed_extensions", "ALL"]));
  }
});

test("A source that can neither seek nor tell its size is enough for every part of a set", () => {
  const folder = hlsSet("byte_ranges_of_one_ts", ["-hls_flags", "single_file"]);
  const base = "https://media.example/";
  const ours = linesOf(`${base}index.m3u8`, (url, request) => {
    const source = directory(folder)(url.slice(base.length), request) as SourceSync;
    let at = 0;
    return {
      seekable: false,
      read(into) {
        const got = source.read(into.subarray(0, 1000), at) as number;
        at += got;
        return got;
      },
      close: () => source.close?.(),
    };
  });
  assertEquals(ours, probedLines(join(folder, "index.m3u8")));
});

test("A playlist with no name that holds absolute URLs is read through the hook", () => {
  const files = filesOf(hlsSet("ts"));
  const text = new TextDecoder().decode(files.get("index.m3u8"));
  const absolute = text.replace(/^index/gm, "https://media.example/index");
  using input = DemuxerSync.open(new TextEncoder().encode(absolute), {
    open: (url, request) => directory(files)(url.replace("https://media.example/", ""), request),
  });
  assertEquals(
    Array.from(input, line),
    probedLines(join(hlsSet("ts"), "index.m3u8")),
  );
});

test("A live playlist that grows is read again until it ends", () => {
  const folder = hlsSet("ts");
  const files = filesOf(folder);
  const text = new TextDecoder().decode(files.get("index.m3u8"));
  const entries = text.match(/#EXTINF:[^\n]*\n[^\n]*\n/g)!;
  const head = text.slice(0, text.indexOf("#EXTINF"));
  let loads = 0;
  const open: OpenHookSync = (url, request) => {
    if (url !== "index.m3u8") return directory(files)(url, request);
    const shown = Math.min(++loads, entries.length);
    const end = shown === entries.length ? "#EXT-X-ENDLIST\n" : "";
    const playlist = head + entries.slice(0, shown).join("") + end;
    return directory(new Map([[url, new TextEncoder().encode(playlist)]]))(url, request);
  };
  const ours = linesOf("index.m3u8", open, { options: { live_start_index: 0 } });
  assertEquals(ours, probedLines(join(folder, "index.m3u8")));
  assertEquals(loads, entries.length);
});

const dashSet = (name: string, options: readonly string[]) =>
  setFolder(name, (folder) => {
    const copy = ["-i", fixturePath("progressive.mp4"), "-c", "copy", "-f", "dash"];
    ffmpeg([...copy, "-seg_duration", "0.4", ...options, "index.mpd"], folder);
  });
const manifests: [string, string[]][] = [
  ["dash_timeline", ["-use_timeline", "1"]],
  ["dash_number", ["-use_timeline", "0", "-use_template", "1"]],
];
for (const [name, options] of manifests) {
  test(`A DASH manifest (${name}) gives ffprobe's packets of each stream`, () => {
    const folder = dashSet(name, options);
    const theirs = probedLines(join(folder, "index.mpd"));
    const ours = linesOf("index.mpd", directory(filesOf(folder)));
    assert(ofStream(theirs, 0).length >= 20 && ofStream(theirs, 1).length > 20);
    for (const stream of [0, 1]) {
      const probed = ofStream(theirs, stream);
      assertEquals(known(ofStream(ours, stream).slice(0, probed.length)), known(probed));
    }
  });
}

test("A DASH manifest of one file a stream gives the payloads that went in", () => {
  // ffprobe 5.1 never ends on its own manifest of this kind, so the source is what is compared.
  const folder = dashSet("dash_single_file", ["-single_file", "1"]);
  const payloads = (lines: string[]) => lines.map((one) => one.split(" ").at(-1));
  const source = probedLines(fixturePath("progressive.mp4"));
  const ours = linesOf("index.mpd", directory(filesOf(folder)));
  for (const stream of [0, 1]) {
    assertEquals(payloads(ofStream(ours, stream)), payloads(ofStream(source, stream)));
  }
});

test("Without the hook a DASH manifest opens nothing and says so", () => {
  const folder = dashSet("dash_timeline", ["-use_timeline", "1"]);
  const error = assertThrows(() => DemuxerSync.open(join(folder, "index.mpd")), AVError);
  assert(/refused|by itself/.test(error.message), error.message);
});

const images = () =>
  setFolder("images", (folder) => {
    const source = ["-f", "lavfi", "-i", "testsrc=duration=1:size=64x48:rate=25"];
    ffmpeg([...source, "-start_number", "3", "img%03d.png"], folder);
  });

test("A numbered image sequence gives ffprobe's packets, from a Map and a folder", () => {
  const folder = images();
  const theirs = probedLines(join(folder, "img%03d.png"));
  assertEquals(theirs.length, 25);
  for (const open of [directory(filesOf(folder)), directory(folder)]) {
    assertEquals(linesOf("img%03d.png", open), theirs);
  }
  using input = DemuxerSync.open(undefined, { name: "img%03d.png", open: directory(folder) });
  assertEquals([input.format.name, input.duration], ["image2", 1]);
  assertEquals(Array.from(input).length, 25);
  assertEquals(input.read(), null);
  assertThrows(() => input.seek(0), TypeError, "image sequence");
});

test("The options of an image sequence choose its rate and its first image", () => {
  const folder = images();
  const args = ["-framerate", "10", "-start_number", "20"];
  const options = { framerate: 10, start_number: 20 };
  const ours = linesOf("img%03d.png", directory(folder), { options });
  assertEquals(ours, probedLines(join(folder, "img%03d.png"), args));
  assertEquals(ours.length, 8);
});

test("An image sequence of which nothing is there is an error that names it", () => {
  const open = directory(new Map());
  const error = assertThrows(() => DemuxerSync.open(undefined, { name: "x%d.png", open }), AVError);
  assert(error.codeName === "ENOENT" && error.message.includes("x%d.png"), error.message);
});

test("A file that names its concat entries opens none of them, with the hook or without", () => {
  const folder = hlsSet("ts");
  const script = new TextEncoder().encode("ffconcat version 1.0\nfile index0.ts\n");
  for (const open of [undefined, directory(folder)]) {
    const error = assertThrows(
      () => DemuxerSync.open(script, { name: join(folder, "list.ffconcat"), open }),
      AVError,
    );
    assert(existsSync(join(folder, "index0.ts")));
    assert(error.log.join("\n").includes("index0.ts"), error.log.join("\n"));
  }
});

test("An input that is left out needs a name and the hook, which may refuse it", () => {
  assertThrows(() => DemuxerSync.open(undefined), TypeError, "name and open");
  const error = assertThrows(
    () => DemuxerSync.open(undefined, { name: "a.m3u8", open: () => undefined }),
    AVError,
  );
  assert(error.codeName === "EACCES" && error.message.includes('"a.m3u8"'), error.message);
});
