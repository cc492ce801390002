/**
 * faststart: the muxer opens its own output a second time, to read it back.
 *
 * @module
 */
import type { OptionValue } from "../dictionary.ts";
import type { SyncSink } from "../io/contract.ts";
import type { OpenHook } from "../io/nested.ts";

/** What of the options decides. */
interface Options {
  readonly options?: Readonly<Record<string, OptionValue>>;
  readonly open?: OpenHook;
}

/** Throws a TypeError where the output must be read back and cannot be. */
export function checkReadBack(readsBack: boolean, { options, open }: Options): void {
  const wanted = /(^|[+|])faststart/.test(String(options?.movflags ?? ""));
  if (!wanted || open !== undefined || readsBack) return;
  throw new TypeError(
    "faststart reads back what was written, and this sink has no read: " +
      'use a sink with read, or fragmented mp4 (options: { movflags: "frag_keyframe+empty_moov" })',
  );
}

/** The hook, with the sink's own `read` answering for its name. */
export function withReadBack(
  sink: SyncSink | undefined,
  url: string,
  open: OpenHook | undefined,
): OpenHook | undefined {
  if (sink?.read === undefined) return open;
  return (asked, request) => {
    if (asked !== url || request.write) return open?.(asked, request);
    return { read: (into, position) => sink.read!(into, position) };
  };
}
