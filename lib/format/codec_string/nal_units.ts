/**
 * The NAL units of H.264 and H.265, in packets and in extradata.
 *
 * @module
 */

/** The units of some bytes, each without its start code or length. */
export interface NalUnits {
  /** True where start codes divide them. */
  readonly isAnnexB: boolean;
  readonly units: Uint8Array[];
}

/** True for bytes that begin with a start code. */
export function isAnnexB(bytes: Uint8Array): boolean {
  return bytes[0] === 0 && bytes[1] === 0 && (bytes[2] === 1 || bytes[2] === 0 && bytes[3] === 1);
}

/** The units of extradata: of Annex B, or of a box `avcC` or `hvcC`. */
export function nalUnits(bytes: Uint8Array, boxed: string): NalUnits {
  if (isAnnexB(bytes)) return { isAnnexB: true, units: annexBUnits(bytes) };
  return { isAnnexB: false, units: boxed === "avcC" ? avcUnits(bytes) : hevcUnits(bytes) };
}

/** The units between start codes. */
export function annexBUnits(bytes: Uint8Array): Uint8Array[] {
  const units: Uint8Array[] = [];
  let begin = -1;
  const add = (end: number) => {
    if (begin < 0) return;
    // Zeros before a start code belong to no unit.
    while (end > begin && bytes[end - 1] === 0) end--;
    if (end > begin) units.push(bytes.subarray(begin, end));
  };
  for (let at = 0; at + 2 < bytes.length;) {
    if (bytes[at + 2] > 1) at += 3;
    else if (bytes[at] === 0 && bytes[at + 1] === 0 && bytes[at + 2] === 1) {
      add(at);
      begin = at += 3;
    } else at++;
  }
  add(bytes.length);
  return units;
}

function avcUnits(bytes: Uint8Array): Uint8Array[] {
  const units: Uint8Array[] = [];
  let at = 5;
  for (const mask of [0x1f, 0xff]) {
    let count = bytes[at++] & mask;
    for (; count > 0 && at + 2 <= bytes.length; count--) at = addUnit(units, bytes, at);
  }
  return units;
}

function hevcUnits(bytes: Uint8Array): Uint8Array[] {
  const units: Uint8Array[] = [];
  let at = 23;
  for (let arrays = bytes[22] ?? 0; arrays > 0 && at + 3 <= bytes.length; arrays--) {
    let count = bytes[at + 1] << 8 | bytes[at + 2];
    at += 3;
    for (; count > 0 && at + 2 <= bytes.length; count--) at = addUnit(units, bytes, at);
  }
  return units;
}

function addUnit(units: Uint8Array[], bytes: Uint8Array, at: number): number {
  const length = bytes[at] << 8 | bytes[at + 1];
  const unit = bytes.subarray(at + 2, at + 2 + length);
  if (unit.length > 0) units.push(unit);
  return at + 2 + length;
}
