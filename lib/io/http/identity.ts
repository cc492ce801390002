/**
 * Telling whether two answers are parts of one and the same file.
 *
 * @module
 */

/** The file's identity in the first answer. */
export interface Identity {
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
  /** The `If-Range` validator; undefined without a strong one (RFC 9110, 13.1.5). */
  readonly ifRange: string | undefined;
}

/** The validators among an answer's headers. */
export function identityOf(headers: Headers): Identity {
  const etag = headers.get("etag") ?? undefined;
  const lastModified = headers.get("last-modified") ?? undefined;
  let ifRange: string | undefined;
  if (etag !== undefined) {
    if (!etag.startsWith("W/")) ifRange = etag;
  } else if (lastModified !== undefined) {
    // A date stands for one version only if a second has passed since.
    const age = Date.parse(headers.get("date") ?? "") - Date.parse(lastModified);
    if (age >= 1000) ifRange = lastModified;
  }
  return { etag, lastModified, ifRange };
}

/** How a later answer contradicts the first one; undefined where it does not. */
export function difference(first: Identity, later: Identity): string | undefined {
  if (first.etag !== undefined && later.etag !== undefined) {
    return first.etag === later.etag ? undefined : `ETag ${first.etag} became ${later.etag}`;
  }
  const { lastModified: before } = first;
  const { lastModified: after } = later;
  if (before === undefined || after === undefined || before === after) return undefined;
  return `Last-Modified ${before} became ${after}`;
}
