/**
 * Seeded damage: the same seed and the same files give the same bytes, on every runtime.
 *
 * @module
 */

/** A seeded source of numbers (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A float in [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** An integer in [0, below). */
  below(below: number): number {
    return Math.floor(this.next() * below);
  }

  /** One of them. */
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }
}

type Mutation = (bytes: Uint8Array, random: Random, other: Uint8Array) => Uint8Array;

const interesting = [0, 1, 0x7f, 0x80, 0xff];
const lengths = [0, 1, 7, 8, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffff0];

/** Most of a container's structure is near its front. */
function place(bytes: Uint8Array, random: Random): number {
  const reach = random.next() < 0.7 ? Math.min(bytes.length, 4096) : bytes.length;
  return random.below(Math.max(1, reach));
}

const mutations: Record<string, Mutation> = {
  flipBits(bytes, random) {
    const copy = bytes.slice();
    for (let i = random.below(16); i >= 0; i--) copy[place(copy, random)] ^= 1 << random.below(8);
    return copy;
  },
  setBytes(bytes, random) {
    const copy = bytes.slice();
    for (let i = random.below(8); i >= 0; i--) copy[place(copy, random)] = random.pick(interesting);
    return copy;
  },
  truncate(bytes, random) {
    return bytes.slice(0, random.below(bytes.length + 1));
  },
  lengthField(bytes, random) {
    const copy = bytes.slice();
    const at = Math.min(place(copy, random), Math.max(0, copy.length - 4));
    if (copy.length < 4) return copy;
    const value = random.next() < 0.5
      ? random.pick(lengths)
      : new DataView(copy.buffer).getUint32(at) + random.below(33) - 16;
    new DataView(copy.buffer).setUint32(at, value >>> 0, random.next() < 0.5);
    return copy;
  },
  duplicate(bytes, random) {
    const from = place(bytes, random);
    const part = bytes.subarray(from, from + 8 + random.below(2048));
    const to = place(bytes, random);
    return joined(bytes.subarray(0, to), part, bytes.subarray(to));
  },
  remove(bytes, random) {
    const from = place(bytes, random);
    return joined(bytes.subarray(0, from), bytes.subarray(from + 1 + random.below(512)));
  },
  splice(bytes, random, other) {
    const from = place(other, random);
    const part = other.subarray(from, from + random.below(8192));
    const to = place(bytes, random);
    return joined(
      bytes.subarray(0, to),
      part,
      bytes.subarray(to + (random.next() < 0.5 ? part.length : 0)),
    );
  },
  swapTail(bytes, random, other) {
    return joined(bytes.subarray(0, place(bytes, random)), other.subarray(place(other, random)));
  },
};

function joined(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A damaged input, and what was done to which file. */
export interface Damaged {
  readonly bytes: Uint8Array;
  readonly recipe: string;
}

/** Files that a fuzzer starts from. */
export interface Seedling {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The damaged input of a seed. */
export function damage(files: readonly Seedling[], seed: number): Damaged {
  const random = new Random(seed);
  const file = random.pick(files);
  const other = random.pick(files);
  let { bytes } = file;
  const done: string[] = [];
  for (let i = 1 + random.below(3); i > 0; i--) {
    const name = random.pick(Object.keys(mutations));
    bytes = mutations[name](bytes, random, other.bytes);
    done.push(name);
  }
  return { bytes, recipe: `${file.name} (+ ${other.name}): ${done.join(", ")}` };
}
