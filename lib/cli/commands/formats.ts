/** `avio formats`: what the libraries here can read and write. @module */
import { listFormats } from "../../info.ts";
import { LinePrinter } from "../standard.ts";
import { table } from "../text.ts";
import { type Command, parse } from "../usage.ts";

/** `avio formats`. */
export const formats: Command = {
  usage: "formats [--json]",
  summary: "the formats that the libraries here read (D) and write (E)",
  run(args) {
    const { values } = parse(args, { json: { type: "boolean" } }, []);
    const { demuxers, muxers } = listFormats();
    const out = new LinePrinter();
    if (values.json) {
      out.line(JSON.stringify({ demuxers, muxers }, null, 2));
    } else {
      const rows = [
        ...demuxers.map((one) => ({ ...one, way: "D" })),
        ...muxers.map((one) => ({ ...one, way: "E" })),
      ].sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : a.way < b.way ? -1 : 1)
        .map(({ way, name, longName, extensions }) => [
          way,
          name,
          longName ?? "",
          extensions.map((extension) => `.${extension}`).join(" "),
        ]);
      for (const line of table(rows)) out.line(line);
    }
    out.flush();
    return 0;
  },
};
