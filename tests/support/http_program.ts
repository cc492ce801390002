/**
 * Sources given up at every stage, in a process that must then end by itself.
 *
 * @module
 */
import process from "node:process";
import { HttpSource } from "../../lib/io/http/http_source.ts";
import { pattern, startServer } from "./http_server.ts";

process.on("unhandledRejection", (error) => {
  console.error("stray", error);
  process.exit(3);
});

const bytes = pattern(1_000_000);
const server = await startServer({
  "/file": (answer) => answer.file(bytes),
  "/stall": () => {},
  "/fail": (answer) => answer.status(500),
  "/half": (answer) => {
    answer.head(206, { "content-length": 65536, "content-range": "bytes 0-65535/1000000" });
    return answer.write(bytes.subarray(0, 5000));
  },
  "/stream": (answer) => {
    answer.head(200);
    return answer.write(bytes.subarray(0, 5000));
  },
  "/cut": (answer) => void answer.response.socket?.destroy(),
});
const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

for (const path of ["/file", "/stall", "/fail", "/half", "/stream", "/cut"]) {
  for (const how of ["close", "signal", "read signal", "close before", "not awaited"]) {
    const whole = new AbortController();
    const one = new AbortController();
    const source = new HttpSource(server.url(path), {
      retries: 1000,
      retryDelay: 60_000,
      signal: whole.signal,
    });
    const reading = (async () => {
      const into = new Uint8Array(10_000);
      for (let at = 0, got = 1; got > 0; at += got) got = await source.read(into, at, one.signal);
    })();
    if (how !== "not awaited") reading.catch(() => {});
    else reading.then(() => {}, () => {});
    if (how !== "close before") await later(30);
    if (how === "signal") whole.abort();
    if (how === "read signal") one.abort();
    source.close();
    await later(5);
  }
}
await server[Symbol.asyncDispose]();
console.log("done");
