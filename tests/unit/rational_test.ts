import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { native } from "../../ffi/mod.ts";
import { packRational, type Rational, Rescaler } from "../../lib/rational.ts";
import { Random } from "../support/mutate.ts";

const bases: Rational[] = [
  { num: 1, den: 1000 },
  { num: 1, den: 90_000 },
  { num: 1, den: 44_100 },
  { num: 1, den: 1_000_000 },
  { num: 1001, den: 30_000 },
  { num: 1, den: 14_112_000 },
  { num: 1, den: 2_147_483_647 },
  { num: 3, den: 1 },
];

test("Rescaler gives what av_rescale_q gives, wherever it gives anything", () => {
  const { avutil } = native();
  const random = new Random(11);
  let exact = 0;
  let passed = 0;
  for (const from of bases) {
    for (const to of bases) {
      const rescaler = new Rescaler(from, to);
      const compare = (value: number) => {
        const got = rescaler.rescale(value);
        if (got === undefined) return passed++;
        exact++;
        // -0 is 0 to C.
        const expected = avutil.av_rescale_q(value, packRational(from), packRational(to));
        assertEquals(got + 0, expected, `${value} of ${JSON.stringify([from, to])}`);
      };
      for (let value = -40; value <= 40; value++) compare(value);
      for (let bits = 4; bits < 53; bits++) {
        const value = random.below(2 ** 30) * 2 ** (bits - 30);
        compare(Math.trunc(value));
        compare(-Math.trunc(value));
        compare(2 ** bits - 1);
      }
    }
  }
  assert(exact > 10_000 && passed > 100, `${exact} compared, ${passed} left to libavutil`);
});
