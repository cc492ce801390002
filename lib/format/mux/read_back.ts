/**
 * faststart and its like: the muxer opens its own output a second time, to read it back.
 *
 * @module
 */
import type { OptionValue } from "../../dictionary.ts";
import type { OpenHookSync, SinkSync } from "../../io/contract.ts";
import { isOn } from "../../options.ts";

/** The options that decide. */
interface Options {
  readonly options?: Readonly<Record<string, OptionValue>>;
  readonly open?: OpenHookSync;
}

/** Throws a TypeError where the output must be read back and cannot be. */
export function checkReadBack(
  format: string,
  readsBack: boolean,
  { options, open }: Options,
): void {
  if (open !== undefined || readsBack) return;
  const reader = readerOf(format, options ?? {});
  if (reader === undefined) return;
  const { what, instead } = reader;
  throw new TypeError(
    `${what} reads back what was written, and this sink has no read: use a sink with read` +
      (instead === undefined ? "" : `, or ${instead}`),
  );
}

/** The option that reads the output back (`ff_format_shift_data`), and the alternative. */
function readerOf(
  format: string,
  { movflags, cues_to_front, reserve_cues_space, flvflags }: Options["options"] & object,
): { what: string; instead?: string } | undefined {
  if (has(movflags, "faststart")) {
    const instead = 'fragmented mp4 (options: { movflags: "frag_keyframe+empty_moov" })';
    return { what: "faststart", instead };
  }
  // In room that was kept for them the cues may fit as they are.
  if (/^(matroska|webm)$/.test(format) && isOn(cues_to_front) && !isOn(reserve_cues_space)) {
    return {
      what: "cues_to_front",
      instead: "keep room for the cues (options: { reserve_cues_space: 65536 })",
    };
  }
  if (format === "flv" && has(flvflags, "add_keyframe_index")) {
    return { what: "flvflags=add_keyframe_index", instead: "leave that flag out" };
  }
  return format === "film_cpk" ? { what: "the format film_cpk" } : undefined;
}

/** True where a flag is set: `+a+b`, `a|b`. */
function has(flags: OptionValue | undefined, flag: string): boolean {
  return new RegExp(`(^|[+|])${flag}($|[-+|])`).test(String(flags ?? ""));
}

/** The hook, with the sink's own `read` answering for its name. */
export function withReadBack(
  sink: SinkSync | undefined,
  url: string,
  open: OpenHookSync | undefined,
): OpenHookSync | undefined {
  if (sink?.read === undefined) return open;
  return (asked, request) => {
    if (asked !== url || request.write) return open?.(asked, request);
    return { read: (into, position) => sink.read!(into, position) };
  };
}
