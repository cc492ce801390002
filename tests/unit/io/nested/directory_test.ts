import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { directory, type SinkSync, type SourceSync } from "../../../../mod.ts";

test("directory() keeps a set in its folder: nothing is read or written outside", () => {
  const parent = mkdtempSync(join(tmpdir(), "avio-"));
  try {
    const folder = join(parent, "set");
    writeFileSync(join(parent, "secret.txt"), "secret");
    const open = directory(folder);
    const write = { write: true, options: {} };
    const read = { write: false, options: {} };
    const sink = open("a/b/c.ts", write) as SinkSync;
    sink.write(Uint8Array.of(1, 2, 3), 0);
    sink.close!();
    assertEquals([...readFileSync(join(folder, "a/b/c.ts"))], [1, 2, 3]);
    const outside = [
      ...["../secret.txt", "a/../../secret.txt", "/etc/hostname", join(parent, "secret.txt")],
      ...[`file:${join(parent, "secret.txt")}`, `file://${parent}/secret.txt`, "http://x/y.ts"],
      ...["", ".", "a/..", "..", "..\\secret.txt", "C:\\x", "subfile,,start,0,:/etc/x"],
    ];
    symlinkSync(parent, join(folder, "link"));
    symlinkSync(join(parent, "secret.txt"), join(folder, "file"));
    for (const url of [...outside, "link/secret.txt", "file"]) {
      assertEquals(open(url, read), undefined, url);
      assertEquals(open(url, write), undefined, url);
      open(url, { write: true, options: { method: "DELETE" } });
    }
    assertEquals(open("link/new.txt", write), undefined);
    assertEquals(readdirSync(parent).sort(), ["secret.txt", "set"]);
    assertEquals(readFileSync(join(parent, "secret.txt"), "utf8"), "secret");
    assertEquals(open("absent.ts", read), undefined);
    const inside = open("./a/x/../b/c.ts", read)!;
    inside.close!();
    open("a/b/c.ts", { write: true, options: { method: "DELETE" } });
    assertEquals(readdirSync(join(folder, "a/b")), []);
  } finally {
    rmSync(parent, { recursive: true });
  }
});

test("directory() refuses links that lead nowhere: as a file, as a folder, to delete", () => {
  const parent = mkdtempSync(join(tmpdir(), "avio-"));
  try {
    const folder = join(parent, "set");
    mkdirSync(folder);
    const open = directory(folder);
    symlinkSync(join(parent, "new.txt"), join(folder, "file"));
    symlinkSync(join(parent, "made"), join(folder, "sub"));
    symlinkSync("loop", join(folder, "loop"));
    symlinkSync("absent", join(folder, "near"));
    for (const url of ["file", "sub/x.ts", "sub/a/x.ts", "loop", "loop/x.ts", "near", "near/x"]) {
      for (const options of [{}, { method: "DELETE" }] as Record<string, string>[]) {
        assertEquals(open(url, { write: true, options }), undefined, url);
      }
      assertEquals(open(url, { write: false, options: {} }), undefined, url);
    }
    assertEquals(readdirSync(parent), ["set"]);
    assertEquals(readdirSync(folder).sort(), ["file", "loop", "near", "sub"]);
    mkdirSync(join(folder, "real"));
    symlinkSync("real", join(folder, "alias"));
    const sink = open("alias/x.ts", { write: true, options: {} })!;
    sink.close!();
    assertEquals(readdirSync(join(folder, "real")), ["x.ts"]);
    open("alias/x.ts", { write: true, options: { method: "DELETE" } });
    assertEquals(readdirSync(join(folder, "real")), []);
  } finally {
    rmSync(parent, { recursive: true });
  }
});

test("directory() with a function gets names that are checked and relative", () => {
  const asked: string[] = [];
  const open = directory((name) => void asked.push(name));
  for (const url of ["a.ts", "./b/../c.ts", "file:d.ts", "../e.ts", "/f.ts", "https://g/h.ts"]) {
    open(url, { write: false, options: {} });
  }
  assertEquals(asked, ["a.ts", "c.ts", "d.ts"]);
});

test("directory() takes a folder as a file: URL, and a Map whose files appear when they are closed", () => {
  const folder = mkdtempSync(join(tmpdir(), "avio-"));
  try {
    const sink = directory(pathToFileURL(folder))("a.bin", {
      write: true,
      options: {},
    }) as SinkSync;
    sink.write(Uint8Array.of(5), 0);
    sink.close!();
    assertEquals([...readFileSync(join(folder, "a.bin"))], [5]);
  } finally {
    rmSync(folder, { recursive: true });
  }
  const files = new Map<string, Uint8Array>();
  const open = directory(files);
  const one = open("x/y", { write: true, options: {} }) as SinkSync;
  one.write(Uint8Array.of(1, 2), 0);
  assertEquals(files.size, 0);
  // As on a disk, a file that is open twice is one file.
  const two = open("./x/y", { write: true, options: {} }) as SinkSync;
  two.close!();
  one.write(Uint8Array.of(3), 0);
  one.close!();
  assertEquals([...files], [["x/y", Uint8Array.of(3)]]);
  const into = new Uint8Array(4);
  const source = open("x/y", { write: false, options: {} }) as SourceSync;
  assertEquals([source.size, source.read(into, 0), into[0]], [1, 1, 3]);
  open("x/y", { write: true, options: { method: "DELETE" } });
  assertEquals(files.size, 0);
});
