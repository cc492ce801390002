/** The text of subtitles, however their container frames it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { Demuxer, DemuxerSync } from "../../../mod.ts";
import { ownBytes } from "../../../ffi/mod.ts";
import { subtitleText } from "../../../lib/format/subtitle_text.ts";
import { fixture } from "../../support/async_sources.ts";
import { madeBy, scratch } from "../../support/made.ts";

const texts = ["Hello, wörld", "Two\nlines"];

function made(codec: string, name: string): Uint8Array<ArrayBuffer> {
  using folder = scratch();
  const path = join(folder.path, "s.srt");
  writeFileSync(
    path,
    texts.map((text, i) => `${i + 1}\n00:00:0${i},100 --> 00:00:0${i},900\n${text}\n`).join("\n"),
  );
  return madeBy(["-i", path, "-c:s", codec], name);
}

const cases = [
  ["mov_text", "s.mp4"],
  ["subrip", "s.mkv"],
  ["webvtt", "s.vtt"],
  ["webvtt", "s.webm"],
  ["subrip", "s.srt"],
];

for (const [codec, name] of cases) {
  test(`packets of ${codec} in ${name} have their text`, async () => {
    const bytes = made(codec, name);
    const spoken = (all: readonly (string | null)[]) => all.filter((text) => text !== "");
    using input = DemuxerSync.open(bytes);
    assertEquals(spoken(Array.from(input, ({ text }) => text)), texts);
    const own: (string | null)[] = [];
    await using other = await Demuxer.open(new Blob([bytes]));
    for await (const packet of other) own.push(packet.clone().text);
    assertEquals(spoken(own), texts);
  });
}

test("packets of pictures, sound and styled subtitles have no text", () => {
  for (const bytes of [fixture("progressive.mp4"), made("ass", "s.mkv")]) {
    using input = DemuxerSync.open(bytes);
    for (const { text } of input) assertEquals(text, null);
  }
});

test("WebVTT in boxes, UTF-16 and broken payloads are read as far as they go", () => {
  const bytes = (...parts: (string | number)[]) =>
    ownBytes(
      Uint8Array.from(parts.flatMap((part) =>
        typeof part === "number" ? [part] : Array.from(new TextEncoder().encode(part))
      )),
    )!;
  const cue = bytes(0, 0, 0, 23, "vttc", 0, 0, 0, 15, "payl", "Hi, you");
  assertEquals(subtitleText("webvtt", cue), "Hi, you");
  assertEquals(subtitleText("webvtt", bytes(0, 0, 0, 8, "vtte")), "");
  assertEquals(subtitleText("webvtt", bytes("plain")), "plain");
  assertEquals(subtitleText("mov_text", bytes(0, 4, 0xfe, 0xff, 0, 65)), "A");
  assertEquals(subtitleText("mov_text", bytes(0, 99, "short")), "short");
  assertEquals(subtitleText("mov_text", bytes(0)), "");
  assertEquals(subtitleText("mov_text", bytes()), "");
  assertEquals(subtitleText("h264", bytes("x")), null);
});
