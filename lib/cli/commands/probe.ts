/** `avio probe`: what is in the container. @module */
import { type MediaInfo, probe as probeInput } from "../../tasks/probe.ts";
import { openInput } from "../targets.ts";
import { mainOf, readSet } from "../sets.ts";
import { bold } from "../color.ts";
import { print } from "../standard.ts";
import { bitRate, byteCount, clock, plain, table } from "../text.ts";
import { type Command, parse } from "../usage.ts";

type Stream = MediaInfo["streams"][number];

function frameRate(rate: { num: number; den: number } | null | undefined): string {
  if (!rate || rate.num === 0 || rate.den === 0) return "";
  return `${Number((rate.num / rate.den).toFixed(3))} fps`;
}

function picture(stream: Stream & { type: "video" }): string[] {
  const { width, height, pixelFormat, averageFrameRate, rotation } = stream;
  const turned = rotation ? ` (rotated ${rotation}°)` : "";
  const rate = frameRate(averageFrameRate) || frameRate(stream.frameRate);
  return [`${width}x${height}${turned}`, rate, pixelFormat ?? ""];
}

function sound(stream: Stream & { type: "audio" }): string[] {
  const layout = stream.channelLayout || `${stream.channels} channels`;
  return [`${stream.sampleRate} Hz`, layout, stream.sampleFormat ?? ""];
}

function streamRow(stream: Stream): string[] {
  const { codec, metadata } = stream;
  const own = stream.type === "video"
    ? picture(stream)
    : stream.type === "audio"
    ? sound(stream)
    : ["", "", ""];
  return [
    `#${stream.index}`,
    stream.type,
    codec.name,
    codec.string ?? "",
    ...own,
    bitRate(stream.bitRate),
    plain(metadata.language ?? ""),
    stream.disposition.length > 0 ? `(${stream.disposition.join(", ")})` : "",
    plain(metadata.title ?? ""),
  ];
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", bold(title), ...lines.map((line) => `  ${line}`)];
}

/** The table. */
export function describe(name: string, info: MediaInfo): string {
  const { format, streams, chapters } = info;
  const start = format.startTime ? `, starting at ${clock(format.startTime)}` : "";
  const facts = [
    ["format", `${format.longName ?? format.name} (${format.name})`],
    ["duration", `${clock(format.duration)}${start}`],
    ["size", byteCount(format.size)],
    ["bit rate", bitRate(format.bitRate) || "unknown"],
  ];
  const times = chapters.map(({ start, end, metadata }, i) => [
    `#${i}`,
    `${clock(start)} - ${clock(end)}`,
    plain(metadata.title ?? ""),
  ]);
  const tags = Object.entries(format.metadata).map(([key, value]) => [plain(key), plain(value)]);
  return [
    bold(plain(name)),
    ...table(facts).map((line) => `  ${line}`),
    ...section("streams", table(streams.map(streamRow))),
    ...section("chapters", table(times)),
    ...section("metadata", table(tags)),
  ].join("\n");
}

/** `avio probe`. */
export const probe: Command = {
  usage: "probe INPUT [--json]",
  summary: "what is in the container: a table for people, JSON for programs",
  async run(args) {
    const { values, positionals: [input] } = parse(args, { json: { type: "boolean" } }, ["INPUT"]);
    const set = readSet(input);
    const info = await probeInput(mainOf(set, openInput(input)), set);
    print(
      values.json
        ? JSON.stringify(info, null, 2)
        : describe(input === "-" ? "standard input" : input, info),
    );
    return 0;
  },
};
