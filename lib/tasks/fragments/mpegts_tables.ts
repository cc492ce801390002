/**
 * The two tables that say which packets are whose (ISO/IEC 13818-1).
 *
 * @module
 */
import type { Bytes } from "./bytes.ts";

const PACKET = 188;

// MPEG-1, MPEG-2, MPEG-4, H.264 (also MVC and SVC), JPEG 2000, HEVC, JPEG XS, VVC, AVS, Dirac,
// VC-1.
const videoTypes: ReadonlySet<number> = new Set([
  ...[0x01, 0x02, 0x10, 0x1b, 0x1f, 0x20, 0x21, 0x24, 0x32, 0x33, 0x42, 0xd1, 0xd2, 0xd4, 0xea],
]);
const PRIVATE_DATA = 0x06;
const REGISTRATION = 0x05;
const AV1 = 0x41563031;

/**
 * A section that begins in the packet at `at`: its table, and from where to where its entries are.
 */
function section(bytes: Bytes, at: number): { id: number; body: number; end: number } | undefined {
  if ((bytes.u8(at + 1) & 0x40) === 0) return undefined;
  const control = bytes.u8(at + 3) & 0x30;
  const payload = at + 4 + (control & 0x20 ? 1 + bytes.u8(at + 4) : 0);
  const start = payload + 1 + (payload < at + PACKET ? bytes.u8(payload) : 0);
  if (start + 8 > at + PACKET) return undefined;
  const length = bytes.u16(start + 1) & 0xfff;
  // A table of many packets is read as far as its first goes: the first streams are what counts.
  const end = Math.min(start + 3 + length - 4, at + PACKET);
  return { id: bytes.u8(start), body: start + 8, end };
}

/** The PID of the first program's map, from a program association table. */
export function programMap(bytes: Bytes, packet: number): number | undefined {
  const table = section(bytes, packet);
  if (table?.id !== 0) return undefined;
  for (let at = table.body; at + 4 <= table.end; at += 4) {
    if (bytes.u16(at) !== 0) return bytes.u16(at + 2) & 0x1fff;
  }
  return undefined;
}

/** The streams of a program, from its map. */
export function elementaryStreams(
  bytes: Bytes,
  packet: number,
): { readonly pid: number; readonly video: boolean }[] | undefined {
  const table = section(bytes, packet);
  if (table?.id !== 2 || table.body + 4 > table.end) return undefined;
  const streams: { pid: number; video: boolean }[] = [];
  let at = table.body + 4 + (bytes.u16(table.body + 2) & 0xfff);
  while (at + 5 <= table.end) {
    const type = bytes.u8(at);
    const next = at + 5 + (bytes.u16(at + 3) & 0xfff);
    const video = videoTypes.has(type) ||
      (type === PRIVATE_DATA && registered(bytes, at + 5, Math.min(next, table.end)) === AV1);
    streams.push({ pid: bytes.u16(at + 1) & 0x1fff, video });
    at = next;
  }
  return streams;
}

function registered(bytes: Bytes, from: number, end: number): number | undefined {
  for (let at = from; at + 6 <= end; at += 2 + bytes.u8(at + 1)) {
    if (bytes.u8(at) === REGISTRATION) return bytes.u32(at + 2);
  }
  return undefined;
}
