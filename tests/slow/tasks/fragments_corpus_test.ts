import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { AVError, type Fragment, fragments } from "../../../mod.ts";
import { corpus } from "../../support/media.ts";
import { all, bitexact, formats, whole, written } from "../../support/pieces.ts";

test("fragments() of every corpus file that mp4, Matroska or MPEG-TS holds are the file", async () => {
  let compared = 0;
  for (const { name, path } of corpus()) {
    for (const format of formats) {
      let pieces: Fragment[];
      try {
        pieces = await all(fragments(path, { format, options: bitexact }));
      } catch (error) {
        if (error instanceof AVError) continue; // not for this container
        throw new Error(`${name} as ${format}`, { cause: error });
      }
      const kinds = pieces.map(({ kind }) => kind).join(" ");
      assert(/^init( fragment)*( trailer)?$/.test(kinds), `${name} as ${format}: ${kinds}`);
      assertEquals(whole(pieces), written(path, format), `${name} as ${format}`);
      const times = pieces.flatMap(({ time }) => time === null ? [] : [time]);
      assert(times.every(Number.isFinite), `${name} as ${format}: ${times}`);
      compared++;
    }
  }
  console.log(`${compared} outputs cut`);
});
