/**
 * The setup bytes of audio codecs, between libav's and those of the codec registry, and the headers
 * of ADTS.
 *
 * @module
 */

const STREAM_INFO_SIZE = 34;
const LAST_BLOCK = 0x80;
const FLAC = [0x66, 0x4c, 0x61, 0x43];

/** FLAC's description: the marker and a block of stream information. */
export function flacDescription(extradata: Uint8Array): Uint8Array<ArrayBuffer> {
  if (FLAC.every((byte, i) => extradata[i] === byte)) return extradata.slice();
  return Uint8Array.from([...FLAC, LAST_BLOCK, 0, 0, STREAM_INFO_SIZE, ...extradata]);
}

/** The description that the registry wants; undefined for codecs without one. */
export function audioDescription(
  codec: string,
  extradata: Uint8Array | null | undefined,
): Uint8Array<ArrayBuffer> | undefined {
  if (!extradata || extradata.length === 0) return undefined;
  if (codec === "flac") return flacDescription(extradata);
  return codec === "aac" || codec === "opus" || codec === "vorbis" ? extradata.slice() : undefined;
}

const ADTS_SIZE = 7;

/** An AAC packet behind the ADTS header of its `AudioSpecificConfig`. */
export function withAdtsHeader(
  packet: Uint8Array,
  config: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const objectType = config[0] >> 3;
  const frequency = (config[0] & 7) << 1 | config[1] >> 7;
  const channels = config[1] >> 3 & 15;
  const size = packet.length + ADTS_SIZE;
  const result = new Uint8Array(size);
  result.set([
    0xff,
    0xf1,
    (objectType - 1) << 6 | frequency << 2 | channels >> 2,
    (channels & 3) << 6 | size >> 11,
    size >> 3 & 255,
    (size & 7) << 5 | 0x1f,
    0xfc,
  ]);
  result.set(packet, ADTS_SIZE);
  return result;
}
