/** Recursion without end in a callback is a RangeError, and the module works on afterwards. */
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { assertStrictEquals, assertThrows } from "@std/assert";
import { DemuxerSync, IOContext, MuxerSync, probeSync } from "../../../mod.ts";
import { fixturePath } from "../../support/sets.ts";

const mp4 = new Uint8Array(readFileSync(fixturePath("progressive.mp4")));
const deep = (n: number): number => deep(n + 1) + 1;

const opus = { type: "audio", codec: "opus", sampleRate: 48000, channels: 2 } as const;

const attacks: Readonly<Record<string, () => unknown>> = {
  "a source's read": () => probeSync({ size: mp4.length, read: () => deep(0) }),
  "a sink's write": () => {
    using output = MuxerSync.create({ write: () => void deep(0) }, { format: "matroska" });
    output.addStream(opus);
    output.writeHeader();
  },
  "a source that probes another like it": () => {
    const again = (): unknown =>
      probeSync({
        size: mp4.length,
        read() {
          again();
          return 0;
        },
      });
    return again();
  },
  "a hook that opens what asks it": () => {
    const again = (): unknown =>
      DemuxerSync.open(undefined, {
        name: "a.m3u8",
        open() {
          again();
          return undefined;
        },
      });
    return again();
  },
  "a guard that reads another like it": () => {
    const again = (): unknown => {
      using io = new IOContext({
        read() {
          again();
          return 0;
        },
      });
      return io.read(new Uint8Array(8));
    };
    return again();
  },
};

for (const [name, attack] of Object.entries(attacks)) {
  test(`${name} without end is a RangeError`, () => {
    assertThrows(attack, RangeError);
    assertStrictEquals(probeSync(mp4).streams.length, 2);
  });
}
