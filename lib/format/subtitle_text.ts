/**
 * The text of a subtitle packet, without its codec's own framing.
 *
 * @module
 */
import { type OwnBytes, partOf } from "../../ffi/mod.ts";

const utf8 = new TextDecoder();

/** The decoders, by libav's codec names. */
const decoders: Readonly<Record<string, (bytes: OwnBytes) => string>> = {
  mov_text: movText,
  webvtt: webVtt,
  subrip: plain,
  srt: plain,
  text: plain,
};

/**
 * The text of a packet of that codec, its lines ended by `\n`; null where the codec is none of text
 * alone.
 */
export function subtitleText(codec: string | undefined, bytes: OwnBytes): string | null {
  if (codec === undefined || !Object.hasOwn(decoders, codec)) return null;
  return decoders[codec](bytes).replaceAll("\r\n", "\n");
}

function plain(bytes: OwnBytes): string {
  return utf8.decode(bytes);
}

/** A length in 16 bits, the text, then boxes of its style; UTF-16 begins with a byte-order mark. */
function movText(bytes: OwnBytes): string {
  if (bytes.length < 2) return "";
  const text = partOf(bytes, 2, Math.min(bytes.length, 2 + (bytes[0] << 8 | bytes[1])));
  const mark = text.length > 1 ? text[0] << 8 | text[1] : 0;
  if (mark === 0xfeff) return new TextDecoder("utf-16be").decode(text);
  if (mark === 0xfffe) return new TextDecoder("utf-16le").decode(text);
  return utf8.decode(text);
}

/** Matroska and WebVTT files hold the cue's text as it is, mp4 holds it in a box of a box. */
function webVtt(bytes: OwnBytes): string {
  const cues = boxesOf(bytes);
  if (cues === undefined || !cues.every(({ type }) => /^(vttc|vtte|vtta)$/.test(type))) {
    return plain(bytes);
  }
  const texts = cues.flatMap(({ payload }) => boxesOf(payload) ?? [])
    .filter(({ type }) => type === "payl");
  return texts.map(({ payload }) => plain(payload)).join("\n");
}

interface Box {
  readonly type: string;
  readonly payload: OwnBytes;
}

/** The boxes of an mp4, where the bytes are nothing else; undefined for other bytes. */
function boxesOf(bytes: OwnBytes): Box[] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const boxes: Box[] = [];
  for (let at = 0; at < bytes.length;) {
    if (at + 8 > bytes.length) return undefined;
    const size = view.getUint32(at);
    if (size < 8 || at + size > bytes.length) return undefined;
    const type = String.fromCharCode(...partOf(bytes, at + 4, at + 8));
    boxes.push({ type, payload: partOf(bytes, at + 8, at + size) });
    at += size;
  }
  return boxes;
}
