/**
 * The bits of `AVStream.disposition`, by the names libav gives them.
 *
 * @module
 */

const bits: Readonly<Record<string, number>> = {
  default: 0x0001,
  dub: 0x0002,
  original: 0x0004,
  comment: 0x0008,
  lyrics: 0x0010,
  karaoke: 0x0020,
  forced: 0x0040,
  hearing_impaired: 0x0080,
  visual_impaired: 0x0100,
  clean_effects: 0x0200,
  attached_pic: 0x0400,
  timed_thumbnails: 0x0800,
  non_diegetic: 0x1000,
  captions: 0x10000,
  descriptions: 0x20000,
  metadata: 0x40000,
  dependent: 0x80000,
  still_image: 0x100000,
  multilayer: 0x200000,
};

/** The names of the bits that are set. */
export function dispositionNames(value: number): string[] {
  return Object.keys(bits).filter((name) => (value & bits[name]) !== 0);
}

/** The bits of the names; a RangeError names one that is unknown. */
export function dispositionBits(names: readonly string[]): number {
  return names.reduce((value, name) => {
    const bit = bits[name];
    if (bit === undefined) {
      throw new RangeError(
        `unknown disposition ${JSON.stringify(name)}; known: ${Object.keys(bits).join(", ")}`,
      );
    }
    return value | bit;
  }, 0);
}
