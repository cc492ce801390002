/**
 * A transport stream without an end, made while it is read: one file again and again, its clocks
 * and continuity counters going on.
 *
 * @module
 */
const PACKET = 188;
const CLOCK_HERTZ = 90_000;

interface Clock {
  readonly at: number;
  readonly kind: "pcr" | "stamp";
  readonly value: number;
}

function readStamp(bytes: Uint8Array, at: number): number {
  return ((bytes[at] >> 1) & 7) * 2 ** 30 + (bytes[at + 1] << 22) +
    ((bytes[at + 2] >> 1) << 15) + (bytes[at + 3] << 7) + (bytes[at + 4] >> 1);
}

function writeStamp(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = (bytes[at] & 0xf1) | (Math.floor(value / 2 ** 30) & 7) << 1;
  bytes[at + 1] = (value >>> 22) & 255;
  bytes[at + 2] = ((value >>> 14) & 254) | 1;
  bytes[at + 3] = (value >>> 7) & 255;
  bytes[at + 4] = ((value << 1) & 254) | 1;
}

function readPcr(bytes: Uint8Array, at: number): number {
  return bytes[at] * 2 ** 25 + (bytes[at + 1] << 17) + (bytes[at + 2] << 9) +
    (bytes[at + 3] << 1) + (bytes[at + 4] >> 7);
}

function writePcr(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = Math.floor(value / 2 ** 25) & 255;
  bytes[at + 1] = (value >>> 17) & 255;
  bytes[at + 2] = (value >>> 9) & 255;
  bytes[at + 3] = (value >>> 1) & 255;
  bytes[at + 4] = (bytes[at + 4] & 0x7f) | (value & 1) << 7;
}

/**
 * Makes the file's next round each time it is called; `seconds`: how long one round lasts. With
 * `reuse`, so many buffers are filled in turn: the stream's own garbage is not measured then.
 */
export function rounds(file: Uint8Array, seconds: number, reuse = 0): () => Uint8Array {
  const buffers: Uint8Array[] = [];
  const clocks: Clock[] = [];
  const counted = new Map<number, number>();
  for (let at = 0; at + PACKET <= file.length; at += PACKET) {
    if (file[at] !== 0x47) throw new Error("no transport stream");
    const pid = (file[at + 1] & 31) << 8 | file[at + 2];
    const control = (file[at + 3] >> 4) & 3;
    if (control & 1) counted.set(pid, (counted.get(pid) ?? 0) + 1);
    let payload = at + 4;
    if (control & 2) {
      const length = file[at + 4];
      if (length > 0 && file[at + 5] & 0x10) {
        clocks.push({ at: at + 6, kind: "pcr", value: readPcr(file, at + 6) });
      }
      payload += 1 + length;
    }
    const start = (file[at + 1] & 0x40) !== 0;
    if (!(control & 1) || !start || payload + 19 > at + PACKET) continue;
    if (file[payload] !== 0 || file[payload + 1] !== 0 || file[payload + 2] !== 1) continue;
    const flags = file[payload + 7] >> 6;
    for (let i = 0; i < (flags === 3 ? 2 : flags === 2 ? 1 : 0); i++) {
      const place = payload + 9 + i * 5;
      clocks.push({ at: place, kind: "stamp", value: readStamp(file, place) });
    }
  }
  let round = 0;
  return () => {
    const bytes = reuse === 0
      ? new Uint8Array(file.length)
      : buffers[round % reuse] ??= new Uint8Array(file.length);
    bytes.set(file);
    for (let at = 0; at + PACKET <= bytes.length; at += PACKET) {
      const pid = (bytes[at + 1] & 31) << 8 | bytes[at + 2];
      const counter = (bytes[at + 3] & 15) + round * (counted.get(pid) ?? 0);
      bytes[at + 3] = (bytes[at + 3] & 0xf0) | (counter & 15);
    }
    const later = round * seconds * CLOCK_HERTZ;
    for (const { at, kind, value } of clocks) {
      (kind === "pcr" ? writePcr : writeStamp)(bytes, at, value + later);
    }
    round++;
    return bytes;
  };
}

/** The same as a stream of at least `bytes`, and how much of it was pulled. */
export function endlessStream(
  file: Uint8Array,
  { seconds = 1.2, bytes = Infinity, chunk = 65536 }: {
    seconds?: number;
    bytes?: number;
    chunk?: number;
  } = {},
): { readonly stream: ReadableStream<Uint8Array>; readonly counter: { pulled: number } } {
  const next = rounds(file, seconds, 8);
  const counter = { pulled: 0 };
  let rest = new Uint8Array(0);
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (rest.length === 0) {
        if (counter.pulled >= bytes) return controller.close();
        rest = next() as Uint8Array<ArrayBuffer>;
      }
      const part = rest.subarray(0, chunk);
      rest = rest.subarray(chunk);
      counter.pulled += part.length;
      controller.enqueue(part);
    },
  }, { highWaterMark: 0 });
  return { stream, counter };
}
