/**
 * The names a muxer of many files is given, and what of them the program sees.
 *
 * @module
 */

/**
 * Put before every name a muxer is given, and taken off again before the hook sees it. For a name
 * that looks like a file, libavformat writes `NAME.tmp` and renames it, and deletes old segments,
 * on the disk itself; for one that looks like HTTP it asks, also to delete (`method: "DELETE"`).
 */
export const URL_PREFIX = "http://avio.invalid/";

/** How libavformat asks for a resource through its own cipher. */
const CRYPTO = /^crypto[:+]/;

/** A URL without libavformat's cipher before it. */
export function withoutCrypto(url: string): string {
  return url.replace(CRYPTO, "");
}

/**
 * How an input by path and the files beside it are opened: names count from the hook's folder. An
 * empty text where the URL is not one of those files.
 */
export function folderAdvice(input: string | undefined, url: string): string {
  const [, folder, name] = /^(.*[/\\])([^/\\]+)$/s.exec(input ?? "") ?? [];
  if (folder === undefined || !url.startsWith(folder) || /^[a-z][a-z0-9+.-]+:/i.test(url)) {
    return "";
  }
  const [path, base] = [folder.slice(0, -1) || folder, name].map((text) => JSON.stringify(text));
  return `; to read it with the files of its folder, give open: directory(${path}) and ` +
    `name: ${base} (to a remux: input: { name: ${base} })`;
}

/** A URL, or a line that holds some, as the program knows it. */
export function plainName(text: string): string {
  return text.replaceAll(URL_PREFIX, "");
}
