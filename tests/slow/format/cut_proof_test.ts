/** No picture of a cut differs from the original's, whatever the codec and the container. */
import { test } from "node:test";
import {
  codings,
  keyframes,
  original,
  parts,
  pictures,
  proveCut,
} from "../../support/cut_proof.ts";

for (const coding of codings) {
  for (const container of coding.containers) {
    test(`cuts of ${coding.name} in ${container} decode as the original does`, () => {
      const path = original(coding, container);
      const whole = pictures(path);
      const keys = keyframes(path);
      for (const part of parts(keys)) proveCut(path, container, part, whole, keys);
    });
  }
}
