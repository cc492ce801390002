/** `avio packets`: one line a packet. @module */
import { Demuxer } from "../../async/demuxer.ts";
import type { Packet } from "../../format/packet.ts";
import { LibavErrors } from "../libav_errors.ts";
import { openInput } from "../targets.ts";
import { mainOf, readSet } from "../sets.ts";
import { selectStreams } from "../specifier.ts";
import { LinePrinter } from "../standard.ts";
import { type Command, parse } from "../usage.ts";

interface Line {
  readonly streamIndex: number;
  readonly pts: number | bigint | null;
  readonly dts: number | bigint | null;
  readonly duration: number | bigint | null;
  readonly size: number;
  readonly isKeyframe: boolean;
  readonly isDiscard: boolean;
  readonly isCorrupt: boolean;
  readonly position: number | null;
}

const widths = [2, 12, 12, 8, 9, 3, 12];

/** stream pts dts duration size flags position; `-` where unknown. */
export function packetLine(packet: Line): string {
  const { streamIndex, pts, dts, duration, size, position } = packet;
  const flags = (packet.isKeyframe ? "K" : "_") + (packet.isDiscard ? "D" : "_") +
    (packet.isCorrupt ? "C" : "_");
  return [streamIndex, pts, dts, duration, size, flags, position]
    .map((value, i) => String(value ?? "-").padStart(widths[i])).join(" ");
}

/** `avio packets`. */
export const packets: Command = {
  usage: "packets INPUT [--streams N] [--json]",
  summary: "one line a packet: stream pts dts duration size flags position",
  details: [
    "--streams N  only these: an index, or v, a, s, d, v:0",
    "--json       one JSON object a line, with times in seconds as well",
    "times are in ticks, - is unknown; flags: K keyframe, D discard, C corrupt",
  ],
  async run(args) {
    const options = { streams: { type: "string" }, json: { type: "boolean" } } as const;
    const { values, positionals: [input] } = parse(args, options, ["INPUT"]);
    const errors = new LibavErrors();
    const set = readSet(input);
    const opened = mainOf(set, openInput(input));
    await using demuxer = await Demuxer.open(opened, { ...set, onLog: errors.onLog });
    const wanted = values.streams === undefined
      ? undefined
      : new Set(selectStreams(values.streams, demuxer.streams));
    const out = new LinePrinter();
    const show = values.json ? packetJson : packetLine;
    try {
      for await (const packet of demuxer) {
        if (wanted?.has(packet.streamIndex) ?? true) out.line(show(packet));
      }
    } finally {
      out.flush();
    }
    errors.tell();
    return 0;
  },
};

function packetJson(packet: Packet): string {
  const { streamIndex, pts, dts, duration, ptsTime, dtsTime, durationTime, size } = packet;
  const { isKeyframe, isCorrupt, isDiscard, position } = packet;
  return JSON.stringify({
    ...{ streamIndex, pts, dts, duration, ptsTime, dtsTime, durationTime, size },
    ...{ isKeyframe, isCorrupt, isDiscard, position },
  });
}
