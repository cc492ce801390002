/** A playlist by path whose files the hook does not find: the error names what finds them. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  AVError,
  directory,
  type Input,
  MemorySink,
  probe,
  probeSync,
  remux,
  remuxSync,
} from "../../../../mod.ts";
import { ffmpeg, setFolder } from "../../../support/sets.ts";

const folder = setFolder("folder_advice", (path) => {
  const video = ["-f", "lavfi", "-i", "testsrc=duration=1:size=64x48:rate=25"];
  ffmpeg([...video, "-c:v", "mpeg2video", "-f", "hls", "index.m3u8"], path);
  ffmpeg([...video, "-c:v", "mpeg4", "-f", "dash", "set.mpd"], path);
});

for (const name of ["index.m3u8", "set.mpd"]) {
  test(`${name} by path with a hook for its folder: the error names the option name`, async () => {
    const path = join(folder, name);
    const open = directory(folder);
    const advice = `give open: directory(${JSON.stringify(folder)}) and name: "${name}" ` +
      `(to a remux: input: { name: "${name}" })`;
    const task = { format: "matroska", open };
    const sink = () => new MemorySink();
    assert(readdirSync(folder).includes(name));
    const later: ((input: Input) => Promise<unknown>)[] = [
      (input) => probe(input, { open }),
      (input) => remux(input, sink(), task),
    ];
    for (const run of later) {
      await assertRejects(() => run(path), AVError, advice);
    }
    for (const run of [() => probeSync(path, { open }), () => remuxSync(path, sink(), task)]) {
      assertThrows(run, AVError, advice);
    }
    assertEquals((await probe(path, { open, name })).streams.length, 1);
    assertEquals(probeSync(path, { open, name }).streams.length, 1);
    const { packets } = await remux(path, sink(), { ...task, input: { name } });
    assertEquals(remuxSync(path, sink(), { ...task, input: { name } }).packets, packets);
  });
}

test("a file of another place, or of the web, is refused without that advice", async () => {
  const text = (name: string) =>
    `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n${name}\n#EXT-X-ENDLIST\n`;
  const names = ["https://example.com/a.ts", "../a.ts", "/elsewhere/a.ts"];
  for (const name of names) {
    const bytes = new TextEncoder().encode(text(name));
    const options = { name: "https://example.com/index.m3u8" };
    const { message } = await assertRejects(() => probe(bytes, options), AVError, "refused");
    assert(!message.includes("directory("), message);
  }
});
