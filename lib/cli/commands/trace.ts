/** `avio trace`: what libavformat asks of an input. @module */
import { writeFileSync } from "node:fs";
import { takeBytes } from "../../check.ts";
import { Demuxer } from "../../async/demuxer.ts";
import { DemuxerSync } from "../../format/demux/demuxer.ts";
import type { Source } from "../../io/contract.ts";
import { IOContext } from "../../io/avio/io_context.ts";
import { sourceAdapter } from "../../io/avio/callback_adapter.ts";
import { HttpSource } from "../../io/http/http_source.ts";
import { FileSource } from "../../io/sources/file_source.ts";
import { AVSEEK_FORCE, AVSEEK_SIZE } from "../../io/avio/whence.ts";
import { checkOutput, isWeb, toPath } from "../targets.ts";
import { readSet } from "../sets.ts";
import { BlockingInput, LinePrinter, writeAll } from "../standard.ts";
import { type Call, picture } from "../trace_svg.ts";
import { type Command, parse, UsageError } from "../usage.ts";

type Note = (call: Omit<Call, "time">) => void;

/** Packets read to the end; 0 bytes is the end of the input. */
function traceHere(place: string, note: Note): number {
  const source = place === "-" ? new BlockingInput() : new FileSource(toPath(place));
  const device = sourceAdapter(source, () => {});
  let position = 0;
  const io = new IOContext({
    read(buffer) {
      const got = device.read?.(takeBytes("read", buffer)) ?? 0;
      note({ operation: "read", position, bytes: Math.max(0, got) });
      position += Math.max(0, got);
      return got;
    },
    seek: device.seek && ((offset, whence) => {
      const answer = device.seek?.(offset, whence) ?? -1;
      const known = answer < 0 ? null : answer;
      if ((whence & ~AVSEEK_FORCE) === AVSEEK_SIZE) {
        note({ operation: "size", position: known, bytes: 0 });
      } else {
        note({ operation: "seek", position: known, bytes: 0 });
        position = known ?? position;
      }
      return answer;
    }),
  }, { onClose: () => device.close?.() });
  const name = place === "-" ? {} : { name: place };
  using demuxer = DemuxerSync.open(io, { ...name, ...readSet(place) });
  let packets = 0;
  for (const _ of demuxer) packets++;
  return packets;
}

/** Over the network the reads are those of the source, which is asked ahead of libavformat. */
async function traceWeb(place: string, note: Note): Promise<number> {
  const http = new HttpSource(place);
  let end = 0;
  const source: Source = {
    open: (signal) => http.open(signal),
    get size() {
      return http.size;
    },
    get seekable() {
      return http.seekable;
    },
    name: place,
    async read(into, position, signal) {
      if (position !== end) note({ operation: "seek", position, bytes: 0 });
      const bytes = await http.read(into, position, signal);
      note({ operation: "read", position, bytes });
      end = position + bytes;
      return bytes;
    },
    close: () => http.close(),
  };
  await using demuxer = await Demuxer.open(source);
  let packets = 0;
  for await (const _ of demuxer) packets++;
  return packets;
}

function callLine({ operation, position, bytes, time }: Call, number: number): string {
  return [
    String(number).padStart(6),
    operation.padEnd(4),
    String(position ?? "-").padStart(12),
    (operation === "read" ? String(bytes) : "").padStart(9),
    time.toFixed(3).padStart(12),
  ].join(" ");
}

/** `avio trace`. */
export const trace: Command = {
  usage: "trace INPUT [--svg FILE] [--json]",
  summary: "every callback of reading it to the end: call operation position bytes milliseconds",
  details: [
    "--svg FILE   a picture of it as well: offset against call, reads and seeks told apart",
    "--svg -      the picture on standard output, instead of the lines",
    "--json       one JSON object a line",
    "size is libavformat asking for the size; over http the reads are ahead of libavformat's",
  ],
  async run(args) {
    const options = {
      svg: { type: "string" },
      json: { type: "boolean" },
      y: { type: "boolean", short: "y" },
    } as const;
    const { values, positionals: [input] } = parse(args, options, ["INPUT"]);
    const { svg, json } = values;
    const shown = svg !== "-";
    if (json && !shown) throw new UsageError("standard output is taken by --svg -");
    if (svg !== undefined) checkPicture(input, svg, values.y ?? false);
    const calls: Call[] = [];
    const out = new LinePrinter();
    const start = performance.now();
    const note: Note = (call) => {
      const noted = { ...call, time: performance.now() - start };
      calls.push(noted);
      if (shown) out.line(json ? JSON.stringify(noted) : callLine(noted, calls.length));
    };
    try {
      await (isWeb(input) ? traceWeb(input, note) : traceHere(input, note));
    } finally {
      out.flush();
      // The calls until the failure are the interesting ones.
      if (svg !== undefined && calls.length > 0) draw(svg, picture(calls, input));
    }
    return 0;
  },
};

function checkPicture(input: string, svg: string, overwrite: boolean): void {
  if (isWeb(svg)) throw new UsageError(`--svg takes a path or -, not ${JSON.stringify(svg)}`);
  checkOutput(input, svg, overwrite);
}

function draw(svg: string, text: string): void {
  if (svg === "-") writeAll(1, new TextEncoder().encode(text));
  else writeFileSync(toPath(svg), text);
}
