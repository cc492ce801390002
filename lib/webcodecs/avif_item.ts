/**
 * The still picture of an AVIF file that has a sequence, too, of which libavformat gives the
 * sequence alone (ISO/IEC 14496-12, `meta`, `pitm` and `iloc`).
 *
 * @module
 */

interface Box {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

function* boxes(view: DataView, from: number, to: number): Generator<Box> {
  let at = from;
  while (at + 8 <= to) {
    let size = view.getUint32(at);
    let header = 8;
    if (size === 1 && at + 16 <= to) {
      size = Number(view.getBigUint64(at + 8));
      header = 16;
    } else if (size === 0) size = to - at;
    if (size < header || at + size > to) return;
    const type = String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(at + 4 + i)));
    yield { type, start: at + header, end: at + size };
    at += size;
  }
}

/** The coded bytes of the primary item; undefined unless there is a sequence beside it. */
export function primaryItem(bytes: Uint8Array): Uint8Array | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const top = [...boxes(view, 0, bytes.length)];
  const meta = top.find(({ type }) => type === "meta");
  if (meta === undefined || !top.some(({ type }) => type === "moov")) return undefined;
  const inner = [...boxes(view, meta.start + 4, meta.end)];
  const find = (name: string) => inner.find(({ type }) => type === name);
  const [pitm, iloc] = [find("pitm"), find("iloc")];
  if (pitm === undefined || iloc === undefined) return undefined;
  try {
    const wide = view.getUint8(pitm.start) > 0;
    const id = wide ? view.getUint32(pitm.start + 4) : view.getUint16(pitm.start + 4);
    return extents(view, iloc, id, bytes);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The bytes of an item, its parts put together; a RangeError past the end of the box. */
function extents(view: DataView, iloc: Box, id: number, bytes: Uint8Array): Uint8Array | undefined {
  const version = view.getUint8(iloc.start);
  let at = iloc.start + 4;
  const number = (size: number): number => {
    let value = 0;
    for (let i = 0; i < size; i++) value = value * 256 + view.getUint8(at++);
    return value;
  };
  const sizes = number(2);
  const [offsetSize, lengthSize, baseSize] = [sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15];
  const indexSize = version > 0 ? sizes & 15 : 0;
  const count = number(version < 2 ? 2 : 4);
  for (let item = 0; item < count; item++) {
    const itemId = number(version < 2 ? 2 : 4);
    const method = version > 0 ? number(2) & 15 : 0;
    at += 2;
    const base = number(baseSize);
    const parts = Array.from({ length: number(2) }, () => {
      at += indexSize;
      const start = base + number(offsetSize);
      return bytes.subarray(start, start + number(lengthSize));
    });
    if (itemId !== id) continue;
    if (method !== 0) return undefined;
    const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    parts.reduce((end, part) => (whole.set(part, end), end + part.length), 0);
    return whole;
  }
  return undefined;
}
