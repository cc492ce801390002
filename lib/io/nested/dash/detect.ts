/**
 * Tells a DASH manifest by its first bytes, and gives these bytes back where it is none.
 *
 * @module
 */
import { makeBytes, partOf } from "../../../../ffi/mod.ts";
import { takeBytes } from "../../../check.ts";
import { readSource } from "../../avio/check_callback_answers.ts";
import { AGAIN, type SourceSync } from "../../contract.ts";
import { callWithLimits, type HookLimits } from "../hook_call.ts";
import { skipMarkup } from "./xml.ts";

// A comment may come before the root element, and a long one.
const MAX_HEAD_BYTES = 64 * 1024;
const FIRST_BYTES = 256;

/** True for a manifest, false for anything else, undefined where more bytes are needed. */
export function looksLikeDash(head: Uint8Array): boolean | undefined {
  const text = new TextDecoder().decode(head);
  let at = 0;
  for (;;) {
    const rest = /\S/.exec(text.slice(at));
    if (rest === null) return undefined;
    at += rest.index;
    if (text[at] !== "<") return false;
    const markup = skipMarkup(text, at);
    if (markup === undefined) break;
    if (markup.end < 0) return undefined;
    at = markup.end;
  }
  const name = /^<(?:[\w.-]{1,64}:)?([\w.-]{1,64})(?=[\s/>])/.exec(text.slice(at, at + 200));
  return name === null ? text.length - at < 200 ? undefined : false : name[1] === "MPD";
}

/**
 * Looks at the beginning of a source. Reading goes on with `source`: it repeats the bytes that were
 * looked at where the given one only goes forward.
 */
export function detectDash(
  given: SourceSync,
  limits: HookLimits,
): { readonly isDash: boolean; readonly source: SourceSync } {
  let head = makeBytes(0);
  let isDash: boolean | undefined;
  while (isDash === undefined && head.length < MAX_HEAD_BYTES) {
    const into = makeBytes(Math.max(FIRST_BYTES, head.length));
    const at = head.length;
    const got = callWithLimits({
      operation: "read_packet",
      what: "the callback",
      run: () => readSource(given, into, at),
    }, limits);
    if (got === AGAIN || got === null) break;
    const longer = makeBytes(at + got);
    longer.set(head);
    longer.set(partOf(into, 0, got), at);
    head = longer;
    isDash = looksLikeDash(head);
  }
  const source = given.seekable === false && head.length > 0 ? new Replayed(given, head) : given;
  return { isDash: isDash ?? false, source };
}

/** A source that only goes forward, with the bytes that were read of it. */
class Replayed implements SourceSync {
  readonly #source: SourceSync;
  readonly #head: Uint8Array;
  readonly seekable = false;
  readonly name: string | undefined;

  constructor(source: SourceSync, head: Uint8Array) {
    this.#source = source;
    this.#head = head;
    this.name = source.name;
  }

  get size(): number | undefined {
    return this.#source.size;
  }

  read(into: Uint8Array, position: number): number | null | typeof AGAIN {
    if (position >= this.#head.length) return this.#source.read(into, position);
    const target = takeBytes("SourceSync.read", into);
    const part = this.#head.subarray(position, position + target.length);
    target.set(part);
    return part.length;
  }

  close(): void {
    this.#source.close?.();
  }
}
