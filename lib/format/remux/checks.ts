/**
 * Checks before a remux reads anything.
 *
 * @module
 */
import { builtin } from "../../builtin.ts";
import { assertRange } from "../../check.ts";
import type { InputSync, OutputSync } from "../../io/input.ts";
import { FileSource } from "../../io/sources/file_source.ts";
import { assertSelection } from "../stream_selection.ts";
import type { RemuxSyncOptions } from "./options.ts";

/** Throws a RangeError or a TypeError that names the option. */
export function assertOptions(
  task: string,
  { streams, unsupported, timestamps, discontinuity, start, end }: RemuxSyncOptions,
) {
  assertRange(task, start, end);
  if (streams !== undefined) assertSelection(streams);
  assertOneOf(`${task}: unsupported`, unsupported, ["drop", "error"]);
  assertOneOf(`${task}: timestamps`, timestamps, ["zero", "keep"]);
  assertOneOf(`${task}: discontinuity`, discontinuity, ["join", "keep", "error"]);
}

function assertOneOf(option: string, value: unknown, known: readonly string[]): void {
  if (value === undefined || known.includes(value as string)) return;
  throw new TypeError(
    `${option} is ${JSON.stringify(value)}; it can be ${
      known.map((one) => JSON.stringify(one)).join(" or ")
    }`,
  );
}

/** An output that is the input's own file would be emptied before it is read. */
export function assertOther(
  task: string,
  input: InputSync | undefined,
  output: OutputSync | undefined,
): void {
  const from = input instanceof FileSource ? input.name : input;
  if (typeof from !== "string" || typeof output !== "string") return;
  const [a, b] = [from, output].map((path) =>
    builtin("fs").statSync(path, { throwIfNoEntry: false, bigint: true })
  );
  if (!a?.isFile() || !b || a.dev !== b.dev || a.ino !== b.ino) return;
  throw new TypeError(
    `${task}: ${JSON.stringify(output)} is the input itself: write to another file and rename that`,
  );
}
