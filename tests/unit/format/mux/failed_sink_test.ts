/** A muxer and a remux, after their sink has failed or where it lacks something. */
import { test } from "node:test";
import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { AVError, DemuxerSync, MuxerSync, remux, remuxSync } from "../../../../mod.ts";
import { fixture } from "../../../support/async_sources.ts";
import { fails } from "../../../support/thrown.ts";

const media = fixture("progressive.mp4");

test("what a sink throws comes out once, and then the muxer says that it is poisoned", async () => {
  const own = { own: true };
  const sink = {
    write() {
      throw own;
    },
  };
  using input = DemuxerSync.open(media);
  using output = MuxerSync.create(sink, { format: "matroska" });
  output.addStream(input.streams[0]);
  assertStrictEquals(await fails(() => output.finish()), own);
  const later = assertThrows(() => output.finish(), AVError, "an earlier callback failed");
  assertStrictEquals(later.cause, own);
});

test("mp4 into a sink that cannot seek is refused before the header, in words", () => {
  let writes = 0;
  const sink = { seekable: false, write: () => void writes++ };
  assertThrows(() => remuxSync(media, sink, { format: "mp4" }), AVError, "this sink cannot seek");
  assertEquals(writes, 0);
});

test("a sink that failed is closed when the failure comes out", async () => {
  const own = new Error("full");
  let closed = 0;
  const sink = {
    write: () => Promise.reject(own),
    async close() {
      await new Promise((resolve) => setTimeout(resolve, 50));
      closed++;
    },
  };
  const error = await assertRejects(() => remux(media, sink, { format: "matroska" }));
  assert(error === own);
  assertEquals(closed, 1);
});
