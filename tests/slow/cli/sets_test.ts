import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "@std/assert";
import { liveMedia } from "../../support/live_media.ts";
import { cacheFolder } from "../../support/media.ts";
import { executable, runtimeWords } from "../../support/runtime.ts";

const cli = fileURLToPath(new URL("../../../lib/cli/main.ts", import.meta.url));

type Run = (...args: string[]) => { code: number | null; out: string; err: string };

interface Place {
  readonly avio: Run;
  /** How many packets ffprobe reads. */
  readonly packets: (name: string) => number;
  readonly at: (name: string) => string;
}

/** A folder that holds `film.mp4`, and a playlist of it in `list/`. */
function inFolder(body: (place: Place) => void): void {
  mkdirSync(cacheFolder, { recursive: true });
  const folder = mkdtempSync(join(cacheFolder, "cli.sets."));
  const run = (program: string, args: readonly string[]) => {
    const done = spawnSync(program, args, { encoding: "utf8", cwd: folder });
    if (done.error) throw done.error;
    return { code: done.status, out: done.stdout, err: done.stderr };
  };
  try {
    copyFileSync(liveMedia("video.mp4"), join(folder, "film.mp4"));
    mkdirSync(join(folder, "list"));
    const cut = ["-c", "copy", "-f", "hls", "-hls_time", "1", "-hls_list_size", "0"];
    const made = run("ffmpeg", ["-v", "error", "-i", "film.mp4", ...cut, "list/x.m3u8"]);
    assertEquals(made.code, 0, made.err);
    body({
      avio: (...args) => run(executable, [...runtimeWords, cli, ...args]),
      packets(name) {
        const args = ["-v", "error", "-show_entries", "packet=size", "-of", "json"];
        const { code, out, err } = run("ffprobe", [...args, name]);
        assertEquals(code, 0, err);
        return JSON.parse(out).packets.length;
      },
      at: (name) => join(folder, name),
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test("avio remux writes a playlist and its segments beside each other", () => {
  inFolder(({ avio, packets, at }) => {
    const done = avio("remux", "film.mp4", "out/index.m3u8");
    assertEquals([done.code, done.out, done.err], [0, "", ""]);
    const files = readdirSync(at("out")).sort();
    assert(files.includes("index.m3u8") && files.includes("index0.ts"), files.join());
    const count = packets("out/index.m3u8");
    assert(Math.abs(count - packets("film.mp4")) < 3, `${count} packets`);
    // As in ffmpeg, the names in options count from where it was started.
    const named = ["-o", "hls_segment_filename=out/part%d.ts"];
    assertEquals(avio("remux", "film.mp4", at("out/own.m3u8"), ...named).err, "");
    assert(existsSync(at("out/part0.ts")));
    const dash = avio("remux", "film.mp4", "dash/index.mpd");
    assertEquals([dash.code, dash.err], [0, ""]);
    assert(readdirSync(at("dash")).length > 2);
    const segments = avio("remux", "film.mp4", "out/%d.mkv", "-f", "segment");
    assertEquals(segments.code, 0, segments.err);
    assert(existsSync(at("out/0.mkv")));
  });
});

test("avio remux writes a set in OUTPUT's folder alone, and never over what it reads", () => {
  inFolder(({ avio, at }) => {
    const away = avio("remux", "film.mp4", "out/x.m3u8", "-o", "hls_segment_filename=away%d.ts");
    assertEquals(away.code, 1, away.err);
    assert(/^avio: .*"away0.ts" was refused: only [^\n]*\n$/.test(away.err), away.err);
    assert(!existsSync(at("away0.ts")));
    const first = readFileSync(at("list/x0.ts"));
    for (
      const args of [
        ["list/x0.ts", "list/x.m3u8"],
        ["list/x.m3u8", "list/y.m3u8", "-o", "hls_segment_filename=list/x%d.ts"],
        ["list/x.m3u8", "list/x0.ts"],
      ]
    ) {
      const { code, err } = avio("remux", "-y", ...args);
      assertEquals(code, 1, err);
      assert(err.includes("is read as well: it would be lost"), err);
      assert(readFileSync(at("list/x0.ts")).equals(first), args.join(" "));
    }
    for (const output of ["-", "http://127.0.0.1:9/x.m3u8"]) {
      const { code, err } = avio("remux", "film.mp4", output, "-f", "hls");
      assertEquals(code, 2, err);
      assert(err.includes("OUTPUT must be a path"), err);
    }
  });
});

test("avio reads a local playlist with the files of its folder, and no others", () => {
  inFolder(({ avio, packets, at }) => {
    const info = JSON.parse(avio("probe", "list/x.m3u8", "--json").out);
    assertEquals(info.streams.length, 2);
    const lines = avio("packets", at("list/x.m3u8"));
    assertEquals(lines.code, 0, lines.err);
    assertEquals(lines.out.trimEnd().split("\n").length, packets("list/x.m3u8"));
    for (const streams of [[], ["--streams", "v,a"]]) {
      const done = avio("remux", "-y", "list/x.m3u8", "whole.mkv", ...streams);
      assertEquals([done.code, done.err], [0, ""]);
      assertEquals(packets("whole.mkv"), packets("list/x.m3u8"));
    }
    assertEquals(avio("trace", "list/x.m3u8").code, 0);
    const list = readFileSync(at("list/x.m3u8"), "utf8");
    copyFileSync(at("list/x0.ts"), at("x0.ts"));
    for (
      const [name, entry] of [["up", "../x0.ts"], ["root", at("x0.ts")], [
        "web",
        "http://127.0.0.1:9/x",
      ]]
    ) {
      writeFileSync(at(`list/${name}.m3u8`), list.replace("x0.ts", entry));
      const { code, err } = avio("packets", `list/${name}.m3u8`);
      assertEquals(code, 1, `${name}: ${err}`);
      assert(err.includes("was refused: only a local playlist"), err);
    }
    // Bytes that are a playlist behind another name open nothing.
    copyFileSync(at("list/x.m3u8"), at("list/film.mp4"));
    assertEquals(avio("probe", "list/film.mp4").code, 1);
  });
});

test("avio reads and writes numbered images", () => {
  inFolder(({ avio, packets, at }) => {
    const images = ["-vf", "fps=2", "img%03d.png"];
    const made = spawnSync("ffmpeg", ["-v", "error", "-i", "film.mp4", ...images], {
      cwd: at("."),
    });
    assertEquals(made.status, 0);
    const film = avio("remux", "img%03d.png", "film.mkv");
    assertEquals([film.code, film.err], [0, ""]);
    assertEquals(packets("film.mkv"), 8);
    const copies = avio("remux", "img%03d.png", "copies/%d.png");
    assertEquals([copies.code, copies.err], [0, ""]);
    assert(readFileSync(at("copies/1.png")).equals(readFileSync(at("img001.png"))));
  });
});

test("avio transcode reads and writes sets as avio remux does", () => {
  inFolder(({ avio, packets, at }) => {
    const words = ["--streams", "v", "--video", "mpeg4"];
    const read = avio("transcode", "list/x.m3u8", "small.mkv", ...words);
    assertEquals([read.code, read.err], [0, ""]);
    assert(packets("small.mkv") > 0);
    const written = avio("transcode", "film.mp4", "out/index.m3u8", ...words);
    assertEquals([written.code, written.err], [0, ""]);
    assertEquals(packets("out/index.m3u8"), packets("small.mkv"));
    assert(existsSync(at("out/index0.ts")));
  });
});
