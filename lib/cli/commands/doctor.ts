/** `avio doctor`: which libraries were found, and whether they fit. @module */
import { LibraryNotFoundError, UnsupportedVersionError } from "../../error.ts";
import { libraryInfo } from "../../info.ts";
import { print, printError } from "../standard.ts";
import { table } from "../text.ts";
import { type Command, parse } from "../usage.ts";
import { version } from "../version.ts";

function report(info: ReturnType<typeof libraryInfo>): string {
  const names = ["avformat", "avcodec", "avutil"] as const;
  const facts = [
    ["avio", version],
    ["runtime", String(info.runtime)],
    ["system", `${info.os} ${info.arch}`],
    ["FFmpeg", info.release],
    ...names.map((name) => [`lib${name}`, `${info.versions[name].join(".")}  ${info.paths[name]}`]),
  ];
  return [
    ...table(facts),
    "",
    "ABI check",
    ...info.checked.map((line) => `  ${line}`),
    "",
    "all well",
  ].join("\n");
}

/** `avio doctor`. */
export const doctor: Command = {
  usage: "doctor [--json]",
  summary: "where the libraries were found, their versions, the ABI check",
  run(args) {
    const { values } = parse(args, { json: { type: "boolean" } }, []);
    try {
      const info = libraryInfo();
      print(values.json ? JSON.stringify(info, null, 2) : report(info));
      return 0;
    } catch (error) {
      if (!(error instanceof LibraryNotFoundError || error instanceof UnsupportedVersionError)) {
        throw error;
      }
      printError(`avio: ${error.message}\n`); // here the whole search is what was asked for
      return 1;
    }
  },
};
