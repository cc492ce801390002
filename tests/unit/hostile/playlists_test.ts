/** Playlists that name themselves or each other have no end: opening them is an error. */
import { test } from "node:test";
import { assert, assertRejects, assertThrows } from "@std/assert";
import { AVError, directory, probe, probeSync } from "../../../mod.ts";

const encoder = new TextEncoder();
const master = (...names: string[]) =>
  encoder.encode(
    "#EXTM3U\n" + names.map((name) => `#EXT-X-STREAM-INF:BANDWIDTH=1\n${name}\n`).join(""),
  );
const names = Array.from({ length: 20 }, (_, i) => `${i}.m3u8`);

const sets: Readonly<Record<string, ReadonlyMap<string, Uint8Array>>> = {
  "a playlist that names itself": new Map([["0.m3u8", master("0.m3u8")]]),
  "two playlists that name each other": new Map([
    ["0.m3u8", master("1.m3u8")],
    ["1.m3u8", master("0.m3u8")],
  ]),
  "twenty playlists that all name all": new Map(names.map((name) => [name, master(...names)])),
};

for (const [title, files] of Object.entries(sets)) {
  test(`${title} cannot be opened without end`, async () => {
    let asked = 0;
    const hook = directory(new Map(files));
    const options = {
      name: "0.m3u8",
      open: (...request: Parameters<typeof hook>) => {
        // A fault is a wrong error and no hang.
        if (++asked > 5000) throw new RangeError("asked without end");
        return hook(...request);
      },
    };
    const bytes = files.get("0.m3u8")!;
    assertThrows(() => probeSync(bytes, options as never), AVError, "without end");
    assert(asked < 400, `${asked} openings`);
    asked = 0;
    await assertRejects(() => probe(bytes, options as never), AVError, "without end");
    assert(asked < 400, `${asked} openings`);
  });
}
