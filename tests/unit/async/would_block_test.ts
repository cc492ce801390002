/**
 * A source that has nothing yet while an input is opened: an error that says so, for every format.
 */
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import {
  AGAIN,
  AVERROR,
  AVError,
  Channel,
  DemuxerSync,
  IOContext,
  probeSync,
} from "../../../mod.ts";
import { fixture } from "../../support/async_sources.ts";
import { generated } from "../../support/media.ts";

/** Opens what there is; true where it could be opened, EAGAIN or nothing else where not. */
function opened(open: () => { close?(): void } | unknown): boolean {
  try {
    (open() as { close?(): void }).close?.();
    return true;
  } catch (error) {
    if (!(error instanceof AVError)) throw error;
    assertEquals(error.code, AVERROR("EAGAIN"), error.message);
    return false;
  }
}

for (const { name } of generated()) {
  const bytes = fixture(name);
  test(`${name}: an opening that finds too little ends, wherever the source has stopped`, () => {
    let refused = 0;
    for (const part of [0.001, 0.1, 0.3, 0.5, 0.8, 0.95]) {
      const there = bytes.subarray(0, Math.ceil(bytes.length * part));
      const channel = () => {
        const made = new Channel();
        made.send(there);
        return made;
      };
      let at = 0;
      const source = {
        seekable: false,
        read(into: Uint8Array) {
          if (at === there.length) return AGAIN;
          const chunk = there.subarray(at, at += Math.min(into.length, there.length - at));
          into.set(chunk);
          return chunk.length;
        },
      };
      let given = 0;
      const guard = new IOContext({
        read(into) {
          if (given === there.length) return AVERROR("EAGAIN");
          const chunk = there.subarray(given, given += Math.min(into.length, there.length - given));
          into.set(chunk);
          return chunk.length;
        },
      });
      for (
        const open of [
          () => DemuxerSync.open(channel()),
          () => probeSync(channel()),
          () => DemuxerSync.open(source),
          () => DemuxerSync.open(guard),
        ]
      ) if (!opened(open)) refused++;
    }
    assert(refused > 0, "none was refused");
  });
}
