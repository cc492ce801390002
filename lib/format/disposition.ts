/**
 * The bits of `AVStream.disposition`, by the names libav gives them.
 *
 * @module
 */

const bits: Readonly<Record<string, number>> = {
  default: 1 << 0,
  dub: 1 << 1,
  original: 1 << 2,
  comment: 1 << 3,
  lyrics: 1 << 4,
  karaoke: 1 << 5,
  forced: 1 << 6,
  hearing_impaired: 1 << 7,
  visual_impaired: 1 << 8,
  clean_effects: 1 << 9,
  attached_pic: 1 << 10,
  timed_thumbnails: 1 << 11,
  non_diegetic: 1 << 12,
  captions: 1 << 16,
  descriptions: 1 << 17,
  metadata: 1 << 18,
  dependent: 1 << 19,
  still_image: 1 << 20,
  multilayer: 1 << 21,
};

/** The names of the bits that are set. */
export function dispositionNames(value: number): string[] {
  return Object.keys(bits).filter((name) => (value & bits[name]) !== 0);
}

/** The bits of the names; a RangeError names one that is unknown. */
export function dispositionBits(names: readonly string[]): number {
  return names.reduce((value, name) => {
    const bit = Object.hasOwn(bits, name) ? bits[name] : undefined;
    if (bit === undefined) {
      throw new RangeError(
        `unknown disposition ${JSON.stringify(name)}; known: ${Object.keys(bits).join(", ")}`,
      );
    }
    return value | bit;
  }, 0);
}
