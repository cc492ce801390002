/**
 * An mp4 whose samples lie in another file: its data reference is a Macintosh alias.
 *
 * @module
 */

/** An mp4, made to take its samples from the file at `target`. */
export function aliased(mp4: Uint8Array, target: string): Uint8Array {
  const encoder = new TextEncoder();
  const path = encoder.encode(target);
  const alias = new Uint8Array(12 + 10 + 28 + 12 + 64 + 16 + 4 + 16 + 4 + path.length + 1 + 100);
  const view = new DataView(alias.buffer);
  view.setUint32(0, alias.length);
  alias.set(encoder.encode("alis"), 4);
  // After the fields of fixed size: the absolute path, and the end of the list.
  const at = 12 + 10 + 28 + 12 + 64 + 16;
  view.setUint16(at, 0xffff);
  view.setUint16(at + 2, 0xffff);
  const even = path.length + path.length % 2;
  view.setUint16(at + 20, 2);
  view.setUint16(at + 22, even);
  alias.set(path, at + 24);
  view.setUint16(at + 24 + even, 0xffff);
  const dref = new Uint8Array(16 + alias.length);
  const head = new DataView(dref.buffer);
  head.setUint32(0, dref.length);
  dref.set(encoder.encode("dref"), 4);
  head.setUint32(12, 1);
  dref.set(alias, 16);
  return withBox(mp4, dref);
}

/** An mp4 with every `dref` replaced, and the boxes around it made to fit. */
function withBox(mp4: Uint8Array, dref: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  const view = new DataView(mp4.buffer, mp4.byteOffset, mp4.length);
  for (let at = 0; at + 8 <= mp4.length;) {
    const size = view.getUint32(at);
    const type = new TextDecoder().decode(mp4.subarray(at + 4, at + 8));
    const body = mp4.subarray(at, at + size);
    if (type === "dref") parts.push(dref);
    else if (["moov", "trak", "mdia", "minf", "dinf"].includes(type)) {
      const inner = withBox(body.subarray(8), dref);
      const box = new Uint8Array(8 + inner.length);
      box.set(body.subarray(0, 8));
      new DataView(box.buffer).setUint32(0, box.length);
      box.set(inner, 8);
      parts.push(box);
    } else parts.push(body);
    if (size < 8) break;
    at += size;
  }
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
