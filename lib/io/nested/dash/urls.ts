/**
 * The names in a manifest, made whole as libavformat makes them, and bounded in all.
 *
 * @module
 */
import { brokenManifest } from "./types.ts";

const SCHEME = /^[a-z][a-z0-9+.-]*:/i;

/** A name, as seen from the file `base`. */
export function resolveUrl(base: string, name: string): string {
  if (name === "") return base;
  if (SCHEME.test(name)) return name;
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(base) && URL.canParse(name, base)) {
    return new URL(name, base).href;
  }
  if (name.startsWith("/")) return name;
  const end = base.search(/[?#]/);
  const path = end < 0 ? base : base.slice(0, end);
  return withoutDots(path.slice(0, path.lastIndexOf("/") + 1), name);
}

/** `folder/name`, where `./` and `../` at its beginning are taken out. */
function withoutDots(folder: string, name: string): string {
  let [base, rest] = [folder, name];
  for (;;) {
    if (rest.startsWith("./")) rest = rest.slice(2);
    else if (rest.startsWith("../") && /[^/]\/$/.test(base) && !/(^|\/)\.\.\/$/.test(base)) {
      rest = rest.slice(3);
      base = base.slice(0, base.lastIndexOf("/", base.length - 2) + 1);
    } else return base + rest;
  }
}

const MAX_SEGMENTS = 200_000;
const MAX_CHARACTERS = 64 * 1024 * 1024;

/** Limits of a manifest as a whole: it may claim any number of segments, of any names. */
export class ManifestBudget {
  #segments = MAX_SEGMENTS;
  #characters = MAX_CHARACTERS;

  /** Counts one name and returns it. */
  take(url: string): string {
    this.#characters -= url.length;
    if (this.#segments-- === 0) throw brokenManifest("the manifest names too many segments");
    if (this.#characters < 0) throw brokenManifest("the names of the segments are too long");
    return url;
  }
}
