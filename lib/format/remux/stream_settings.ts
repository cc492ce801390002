/**
 * Settings by stream: bitstream filters and fourccs, under the names that tell streams apart.
 *
 * @module
 */
import type { StreamSettings } from "../mux/output_stream.ts";
import { selectListed, specifierOf } from "../stream_selection.ts";
import type { Stream } from "../types.ts";

/** A value for each stream that a key names: an index, `"v"`, `"a:1"`; the last one counts. */
export type ByStream = Readonly<Record<string, string>>;

/** The settings of a remux. */
export interface SettingsByStream {
  readonly bitstreamFilters?: ByStream | undefined;
  readonly tag?: ByStream | undefined;
}

/**
 * The settings of each stream of the input. Throws a TypeError or a RangeError that names the
 * option and the key.
 */
export function settingsByStream(
  { bitstreamFilters, tag }: SettingsByStream,
  streams: readonly Stream[],
): (stream: Pick<Stream, "index">) => StreamSettings {
  const found = new Map<number, { bitstreamFilters?: string; tag?: string }>();
  const options = { bitstreamFilters, tag };
  for (const option of ["bitstreamFilters", "tag"] as const) {
    const given = options[option];
    if (given === undefined) continue;
    if (typeof given !== "object" || given === null) {
      throw new TypeError(`${option}: expected values by stream, such as { "v": "…" }`);
    }
    for (const [key, value] of Object.entries(given)) {
      if (typeof value !== "string") {
        throw new TypeError(`${option}: the value for ${JSON.stringify(key)} is no string`);
      }
      for (const { index } of named(option, key, streams)) {
        found.set(index, { ...found.get(index), [option]: value });
      }
    }
  }
  return ({ index }) => found.get(index) ?? {};
}

function named(option: string, key: string, streams: readonly Stream[]): Stream[] {
  try {
    return selectListed([specifierOf(key)], streams);
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    const message = error.message.replace(/^streams: /, `${option}: `);
    throw error instanceof TypeError ? new TypeError(message) : new RangeError(message);
  }
}
