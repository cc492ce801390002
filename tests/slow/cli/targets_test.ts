import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "@std/assert";
import { liveMedia } from "../../support/live_media.ts";
import { cacheFolder } from "../../support/media.ts";
import { executable, runtimeWords } from "../../support/runtime.ts";

const cli = fileURLToPath(new URL("../../../lib/cli/main.ts", import.meta.url));

type Avio = (...args: string[]) => { code: number | null; out: string; err: string };

/** Runs the command line in a folder that holds `film.mkv`; `at` is where something lies in it. */
function inFolder(body: (avio: Avio, at: (name: string) => string) => void): void {
  mkdirSync(cacheFolder, { recursive: true });
  const folder = mkdtempSync(join(cacheFolder, "cli.places."));
  try {
    copyFileSync(liveMedia("video.mkv"), join(folder, "film.mkv"));
    body((...args) => {
      const words = [...runtimeWords, cli, ...args];
      const done = spawnSync(executable, words, { encoding: "utf8", cwd: folder });
      if (done.error) throw done.error;
      return { code: done.status, out: done.stdout, err: done.stderr };
    }, (name) => join(folder, name));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test("avio remux keeps the input that OUTPUT is another name of", () => {
  inFolder((avio, at) => {
    linkSync(at("film.mkv"), at("hard.mkv"));
    symlinkSync("film.mkv", at("soft.mkv"));
    const bytes = readFileSync(at("film.mkv"));
    for (const output of ["film.mkv", "./film.mkv", "hard.mkv", "soft.mkv"]) {
      const { code, err } = avio("remux", "film.mkv", output);
      assertEquals(code, 2, err);
      assert(err.startsWith(`avio: ${output} is the input as well`), err);
      assert(readFileSync(at("film.mkv")).equals(bytes), output);
    }
  });
});

test("avio remux says where OUTPUT is a directory", () => {
  inFolder((avio, at) => {
    mkdirSync(at("folder"));
    for (const args of [["-f", "mp4"], []]) {
      const { code, err } = avio("remux", "film.mkv", "folder", ...args);
      assertEquals([code, err], [1, "avio: folder: is a directory\n"]);
    }
  });
});

test("avio trace --svg neither replaces the input nor draws what was not read", () => {
  inFolder((avio, at) => {
    const bytes = readFileSync(at("film.mkv"));
    const replaced = avio("trace", "film.mkv", "--svg", "film.mkv");
    assertEquals(replaced.code, 2, replaced.err);
    assert(readFileSync(at("film.mkv")).equals(bytes));
    assertEquals(avio("trace", "absent.mkv", "--svg", "absent.svg").code, 1);
    assert(!existsSync(at("absent.svg")));
    mkdirSync(at("folder"));
    assertEquals(
      avio("trace", "film.mkv", "--svg", "folder").err,
      "avio: folder: is a directory\n",
    );
  });
});

test("avio trace --svg - draws on standard output alone", () => {
  inFolder((avio, at) => {
    const { code, out, err } = avio("trace", "film.mkv", "--svg", "-");
    assertEquals([code, err], [0, ""]);
    assert(out.startsWith("<svg ") && out.endsWith("</svg>\n"), out.slice(0, 200));
    assertEquals(readdirSync(at(".")), ["film.mkv"]);
    assertEquals(avio("trace", "film.mkv", "--svg", "-", "--json").code, 2);
  });
});
