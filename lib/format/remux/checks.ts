/**
 * Checks before a remux reads anything.
 *
 * @module
 */
import { builtin } from "../../builtin.ts";
import { assertNumber } from "../../check.ts";
import type { InputSync, OutputSync } from "../../io/input.ts";
import { FileSource } from "../../io/sources/file_source.ts";
import { assertSelection } from "../stream_selection.ts";
import type { RemuxSyncOptions } from "./options.ts";

/** Throws a RangeError or a TypeError that names the option. */
export function assertOptions(
  { streams, unsupported, timestamps, discontinuity, start, end }: RemuxSyncOptions,
) {
  assertNumber("remux: start", start);
  assertNumber("remux: end", end);
  if (end !== undefined && end <= (start ?? 0)) {
    throw new RangeError(`remux: end (${end}) must be after start (${start ?? 0})`);
  }
  if (streams !== undefined) assertSelection(streams);
  assertOneOf("unsupported", unsupported, ["drop", "error"]);
  assertOneOf("timestamps", timestamps, ["zero", "keep"]);
  assertOneOf("discontinuity", discontinuity, ["join", "keep", "error"]);
}

function assertOneOf(option: string, value: unknown, known: readonly string[]): void {
  if (value === undefined || known.includes(value as string)) return;
  throw new TypeError(
    `remux: ${option} is ${JSON.stringify(value)}; it can be ${
      known.map((one) => JSON.stringify(one)).join(" or ")
    }`,
  );
}

/** An output that is the input's own file would be emptied before it is read. */
export function assertOther(input: InputSync | undefined, output: OutputSync | undefined): void {
  const from = input instanceof FileSource ? input.name : input;
  if (typeof from !== "string" || typeof output !== "string") return;
  const [a, b] = [from, output].map((path) =>
    builtin("fs").statSync(path, { throwIfNoEntry: false, bigint: true })
  );
  if (!a?.isFile() || !b || a.dev !== b.dev || a.ino !== b.ino) return;
  throw new TypeError(
    `remux: ${JSON.stringify(output)} is the input itself: write to another file and rename that`,
  );
}
