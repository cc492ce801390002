/**
 * One stream of an input, by index or by kind.
 *
 * @module
 */
import type { AudioStream, Stream, VideoStream } from "./types.ts";

/**
 * One stream: its index; `"video"` or `"audio"` (`"v"`, `"a"`), the first of that kind; or `"v:1"`,
 * the second one.
 */
export type StreamChoice = number | "video" | "audio" | "v" | "a" | `v:${number}` | `a:${number}`;

function isCover({ disposition }: Stream): boolean {
  return disposition.includes("attached_pic");
}

function kindOf(choice: unknown): { type: "video" | "audio"; number: number } | undefined {
  const match = /^(v|video|a|audio)(?::(\d+))?$/.exec(String(choice));
  if (match === null) return undefined;
  return { type: match[1].startsWith("v") ? "video" : "audio", number: Number(match[2] ?? 0) };
}

/**
 * The stream that is chosen. Cover art counts among the video only where there is no other picture.
 * Throws a RangeError where there is none, a TypeError for what is no choice.
 */
export function pickStream(
  streams: readonly Stream[],
  choice: StreamChoice,
): VideoStream | AudioStream {
  let found: Stream | undefined;
  if (typeof choice === "number") found = streams[choice];
  else {
    const kind = kindOf(choice);
    if (kind === undefined) {
      throw new TypeError(
        `stream must be an index, "video", "audio", "v:0" or "a:0", not ${JSON.stringify(choice)}`,
      );
    }
    const all = streams.filter(({ type }) => type === kind.type);
    const pictures = all.filter((stream) => !isCover(stream));
    found = (pictures.length > 0 ? pictures : all)[kind.number];
  }
  if (found === undefined) {
    const there = streams.map(({ type }, i) => `stream ${i} (${type})`).join(", ") || "none";
    throw new RangeError(`stream: there is no ${JSON.stringify(choice)} here; there is: ${there}`);
  }
  if (found.type !== "video" && found.type !== "audio") {
    throw new TypeError(`stream ${found.index} is ${found.type}: only video and audio have frames`);
  }
  return found;
}
