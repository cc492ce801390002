/**
 * Runs the documentation's blocks one after the other, in a folder of media and on a web of our
 * own, and tells of each what it printed or how it failed.
 *
 * @module
 */
import process from "node:process";
import { pathToFileURL } from "node:url";
import { probeSync } from "../../mod.ts";
import { fetchStub, mediaFolder, upload } from "./docs_fixtures.ts";

globalThis.fetch = fetchStub as typeof fetch;
process.chdir(mediaFolder);

const print = console.log;
for (const file of process.argv.slice(2)) {
  const lines: string[] = [];
  console.log = (...what: unknown[]) => {
    lines.push(what.map((one) => typeof one === "string" ? one : JSON.stringify(one)).join(" "));
  };
  let error: string | undefined;
  try {
    const module = await import(pathToFileURL(file).href);
    if (typeof module.default?.fetch === "function") {
      // A server: it gets one request, and its answer is read to the end.
      const answer: Response = await module.default.fetch(upload());
      if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
      const type = answer.headers.get("content-type") ?? "";
      const body = new Uint8Array(await answer.arrayBuffer());
      const text = type.startsWith("application/json");
      console.log(type, text ? new TextDecoder().decode(body) : probeSync(body).format.name);
    }
  } catch (thrown) {
    error = thrown instanceof Error ? thrown.stack ?? thrown.message : String(thrown);
  }
  print(JSON.stringify({ file, output: lines.join("\n"), error }));
}
