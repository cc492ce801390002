/**
 * `mp4a.40.N` and `mp4v.20.N`: the MPEG-4 names of RFC 6381.
 *
 * @module
 */
import { BitReader } from "./bits.ts";
import type { CodecDescription } from "./types.ts";

const escapeType = 31;
const lastObjectType = 95;
const mpeg2LowComplexity = 128;

/**
 * The name of an AAC stream, from its `AudioSpecificConfig`, else from FFmpeg's profile.
 *
 * Explicitly signalled SBR and PS stay `mp4a.40.5` and `mp4a.40.29`; implicit ones are
 * `mp4a.40.2`, as the header says.
 */
export function aacString(codec: CodecDescription): string | null {
  const type = objectType(codec.extradata);
  if (type !== null) return `mp4a.40.${type}`;
  if (codec.profile === mpeg2LowComplexity) return "mp4a.67";
  const fromProfile = codec.profile + 1; // FFmpeg counts from zero
  return fromProfile > 0 && fromProfile <= lastObjectType ? `mp4a.40.${fromProfile}` : null;
}

function objectType(config: Uint8Array | null): number | null {
  if (config === null) return null;
  const bits = new BitReader(config);
  let type = bits.read(5);
  if (type === escapeType) type = 32 + bits.read(6);
  return bits.overrun || type === 0 ? null : type;
}

/** The name of an MPEG-4 Visual stream, from its visual object sequence header. */
export function mpeg4VideoString(codec: CodecDescription): string | null {
  const bytes = codec.extradata ?? new Uint8Array();
  for (let i = 0; i + 4 < bytes.length; i++) {
    const found = bytes[i] === 0 && bytes[i + 1] === 0 && bytes[i + 2] === 1 &&
      bytes[i + 3] === 0xb0;
    if (found) return `mp4v.20.${bytes[i + 4]}`;
  }
  return null;
}
