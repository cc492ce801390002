/**
 * Two files at once on two cores: what the workers of `remux` make of a second core.
 *
 *     deno run -A --no-check bench/two.ts FILE [RUNS]
 *     bun bench/two.ts FILE [RUNS]
 *
 * Prints the medians of one remux, of two one after the other and of two at once, and how many
 * times one's throughput the last is.
 */
import process from "node:process";
import { remux } from "../mod.ts";

const [file, runs = "7"] = process.argv.slice(2);
if (file === undefined) {
  console.error("two: name a file");
  process.exit(2);
}

const one = () => remux(file, "/dev/null", { format: "matroska" });
const ways = {
  one,
  "one after the other": () => one().then(one),
  "at once": () => Promise.all([one(), one()]),
};
type Way = keyof typeof ways;
const names = Object.keys(ways) as Way[];
const times: Record<Way, number[]> = { one: [], "one after the other": [], "at once": [] };

for (const name of names) await ways[name](); // to warm up
for (let run = 0; run < Number(runs); run++) {
  for (const name of names) {
    const start = performance.now();
    await ways[name]();
    times[name].push(performance.now() - start);
  }
}
const median = (name: Way) => times[name].toSorted((a, b) => a - b)[times[name].length >> 1];
for (const name of names) console.log(`${name.padEnd(20)} ${median(name).toFixed(0)} ms`);
console.log(
  `two at once: ${(2 * median("one") / median("at once")).toFixed(2)} × the throughput of one`,
);
