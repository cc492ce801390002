/**
 * The elements of EBML (RFC 8794) that Matroska is made of (RFC 9559).
 *
 * @module
 */
import type { Bytes } from "./bytes.ts";

/** The elements that cutting needs to know. */
export const Id = {
  EBML: 0x1a45dfa3,
  SEGMENT: 0x18538067,
  SEEK_HEAD: 0x114d9b74,
  INFO: 0x1549a966,
  TIMESTAMP_SCALE: 0x2ad7b1,
  TRACKS: 0x1654ae6b,
  TRACK_ENTRY: 0xae,
  TRACK_NUMBER: 0xd7,
  TRACK_TYPE: 0x83,
  CODEC_DELAY: 0x56aa,
  CHAPTERS: 0x1043a770,
  ATTACHMENTS: 0x1941a469,
  TAGS: 0x1254c367,
  CUES: 0x1c53bb6b,
  CLUSTER: 0x1f43b675,
  TIMESTAMP: 0xe7,
  SIMPLE_BLOCK: 0xa3,
  BLOCK_GROUP: 0xa0,
  BLOCK: 0xa1,
  REFERENCE_BLOCK: 0xfb,
} as const;

/** Where an element is. */
export interface Element {
  readonly id: number;
  /** Where its content begins. */
  readonly body: number;
  /** Where it ends, which may be behind what is there; undefined where its size is unknown. */
  readonly end: number | undefined;
}

/** The element at `at`; undefined where its header is not there before `limit`. */
export function elementAt(bytes: Bytes, at: number, limit: number): Element | undefined {
  if (at >= limit) return undefined;
  const idLength = Math.clz32(bytes.u8(at)) - 23;
  if (idLength > 4) throw new Error("fragments: this is not Matroska");
  const sizeAt = at + idLength;
  if (sizeAt >= limit) return undefined;
  const sizeLength = Math.clz32(bytes.u8(sizeAt)) - 23;
  if (sizeLength > 8) throw new Error("fragments: an element's size cannot be");
  const body = sizeAt + sizeLength;
  if (body > limit) return undefined;
  let id = 0;
  for (let i = at; i < sizeAt; i++) id = id * 256 + bytes.u8(i);
  const mask = 0xff >> sizeLength;
  let size = bytes.u8(sizeAt) & mask;
  let unknown = size === mask;
  for (let i = sizeAt + 1; i < body; i++) {
    const byte = bytes.u8(i);
    size = size * 256 + byte;
    unknown &&= byte === 0xff;
  }
  return { id, body, end: unknown ? undefined : body + size };
}

/** The elements right inside one that is whole. */
export function* elements(
  bytes: Bytes,
  { body, end }: Element & { readonly end: number },
): Generator<Element & { readonly end: number }, void> {
  for (let at = body; at < end;) {
    const element = elementAt(bytes, at, end);
    if (element?.end === undefined || element.end > end) return;
    yield { ...element, end: element.end };
    at = element.end;
  }
}

/** The first of an id right inside one that is whole. */
export function find(
  bytes: Bytes,
  parent: Element & { readonly end: number },
  id: number,
): (Element & { readonly end: number }) | undefined {
  for (const element of elements(bytes, parent)) if (element.id === id) return element;
  return undefined;
}

/** Its content as an unsigned number. */
export function unsigned(bytes: Bytes, { body, end }: Element & { readonly end: number }): number {
  let value = 0;
  for (let i = body; i < end; i++) value = value * 256 + bytes.u8(i);
  return value;
}
