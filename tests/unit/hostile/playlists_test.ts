/** Playlists that name themselves or each other have no end: opening them is an error. */
import { test } from "node:test";
import { assert, assertStringIncludes } from "@std/assert";
import { native } from "../../../ffi/mod.ts";
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

async function thrownOf(run: () => unknown): Promise<unknown> {
  try {
    await run();
  } catch (error) {
    return error;
  }
}

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
    for (const run of [() => probeSync(bytes, options), () => probe(bytes, options as never)]) {
      asked = 0;
      const error = await thrownOf(run);
      assert(asked > 0 && asked < 400, `${asked} openings`);
      // FFmpeg 9 knows no master playlist below another: it passes over it, or fails by itself.
      if (asked > 256) assertStringIncludes(String(error), "without end");
      else assert(native().versions.avformat[0] >= 62, `${asked} openings: ${error}`);
      assert(error === undefined || error instanceof AVError, String(error));
    }
  });
}
