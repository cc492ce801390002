/**
 * Setup bytes made from a stream's parameters.
 *
 * @module
 */

const LOW_COMPLEXITY = 2n;
const EXPLICIT_RATE = 15;
const rates = [
  ...[96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350],
];
const MAX_RATE = 2 ** 24;

/**
 * The AudioSpecificConfig of AAC-LC (ISO/IEC 14496-3, 1.6.2.1); undefined for a number of channels
 * that it has no configuration for, or an impossible rate.
 */
export function audioSpecificConfig(
  sampleRate: number,
  channels: number,
): Uint8Array | undefined {
  const configuration = channels === 8 ? 7 : channels <= 6 ? channels : 0;
  if (configuration < 1 || sampleRate < 1 || sampleRate >= MAX_RATE) return undefined;
  const known = rates.indexOf(sampleRate);
  const index = known < 0 ? EXPLICIT_RATE : known;
  let bits = LOW_COMPLEXITY << 4n | BigInt(index);
  if (known < 0) bits = bits << 24n | BigInt(sampleRate);
  // The channels, and three flags that are off.
  bits = (bits << 4n | BigInt(configuration)) << 3n;
  const bytes = new Uint8Array(known < 0 ? 5 : 2);
  for (let at = bytes.length - 1; at >= 0; at--, bits >>= 8n) bytes[at] = Number(bits & 255n);
  return bytes;
}

// RFC 7845, 5.1.1.2: streams, those of them with two channels, and the order of the channels.
const opusMappings: readonly [streams: number, coupled: number, order: readonly number[]][] = [
  [1, 0, [0]],
  [1, 1, [0, 1]],
  [2, 1, [0, 2, 1]],
  [2, 2, [0, 1, 2, 3]],
  [3, 2, [0, 4, 1, 2, 3]],
  [4, 2, [0, 4, 1, 2, 3, 5]],
  [4, 3, [0, 4, 1, 2, 3, 5, 6]],
  [5, 3, [0, 6, 1, 2, 3, 4, 5, 7]],
];
const MAX_STEREO = 2;

/**
 * An OpusHead (RFC 7845, 5.1) in the order of Vorbis's channels; undefined beyond 8 channels.
 * `preSkip`: samples at 48 kHz to drop at the start.
 */
export function opusHead(
  channels: number,
  sampleRate: number,
  preSkip: number,
): Uint8Array | undefined {
  const mapping = opusMappings[channels - 1];
  if (mapping === undefined) return undefined;
  const [streams, coupled, order] = mapping;
  const isMapped = channels > MAX_STEREO;
  const bytes = new Uint8Array(isMapped ? 21 + order.length : 19);
  bytes.set(new TextEncoder().encode("OpusHead"));
  const view = new DataView(bytes.buffer);
  view.setUint8(8, 1);
  view.setUint8(9, channels);
  view.setUint16(10, Math.min(preSkip, 0xffff), true);
  view.setUint32(12, sampleRate, true);
  if (isMapped) bytes.set([1, streams, coupled, ...order], 18);
  return bytes;
}
