/** No copy ends with nothing where its input has something: it throws, or says so. */
import { test } from "node:test";
import { assert } from "@std/assert";
import {
  Demuxer,
  DemuxerSync,
  fragments,
  MemorySink,
  type OpenHookSync,
  remux,
  remuxStream,
  remuxSync,
} from "../../../mod.ts";
import {
  attempt,
  type Case,
  cases,
  given,
  type Input,
  inputs,
  packetsOf,
  sweep,
} from "../../support/emptiness.ts";

const targets = ["matroska", "mpegts", "nut", "mp4"];

type Task = (input: Input, one: Case, format: string) => number | Promise<number>;

const tasks: Record<string, Task> = {
  remuxSync: (input, one, format) => {
    const { input: bytes, options } = given(input, one);
    const sink = new MemorySink();
    const result = remuxSync(bytes, sink, { ...options, format } as never);
    assert(result.packets > 0, `${result.packets} packets were written`);
    return packetsOf(sink.take());
  },
  remux: async (input, one, format) => {
    const { input: bytes, options } = given(input, one);
    const sink = new MemorySink();
    const result = await remux(bytes as Uint8Array, sink, { ...options, format });
    assert(result.packets > 0, `${result.packets} packets were written`);
    return packetsOf(sink.take());
  },
  fragments: async (input, one) => {
    const { input: bytes, options } = given(input, one);
    let pieces = 0;
    for await (const { kind } of fragments(bytes as Uint8Array, { ...options, format: "mp4" })) {
      if (kind === "fragment") pieces++;
    }
    return pieces;
  },
  remuxStream: async (input, one, format) => {
    const { input: bytes = input.files!.get(input.name)!, options } = given(input, one);
    const transform = remuxStream({ ...options, format });
    const blob = new Blob([bytes as Uint8Array<ArrayBuffer>]);
    const body = blob.stream().pipeThrough(transform);
    const copy = new Uint8Array(await new Response(body).arrayBuffer());
    const { packets } = await transform.result;
    assert(packets > 0, `${packets} packets were written`);
    return packetsOf(copy);
  },
};

for (const [task, run] of Object.entries(tasks)) {
  test(`${task} makes packets or throws, whatever its options`, async () => {
    await sweep((input, one, i) => run(input, one, targets[i % targets.length]));
  });
}

test("A seek within the media is followed by packets or an error, sync and async", async () => {
  const silent: string[] = [];
  for (const input of inputs) {
    for (const seconds of [0, 0.2, 0.5, 0.8]) {
      for (const mode of ["keyframe", "any"] as const) {
        const { input: bytes, options } = given(input, cases[0]);
        const { open, input: { name } } = options as {
          open?: OpenHookSync;
          input: { name: string };
        };
        const sync = await attempt(() => {
          using demuxer = DemuxerSync.open(bytes, { name, open });
          demuxer.seek(seconds, { mode });
          return Array.from(demuxer).length;
        });
        const both = await attempt(async () => {
          await using demuxer = await Demuxer.open(bytes as Uint8Array, { name, open });
          await demuxer.seek(seconds, { mode });
          let count = 0;
          for await (const _ of demuxer) count++;
          return count;
        });
        for (const [way, outcome] of Object.entries({ sync, both })) {
          if ("packets" in outcome && outcome.packets === 0) {
            silent.push(`${input.name} ${way} ${mode} ${seconds}`);
          }
        }
      }
    }
  }
  assert(silent.length === 0, silent.join("\n"));
});
