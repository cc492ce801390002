/**
 * `Range` and `Content-Range` (RFC 9110, section 14). Ends are exclusive here.
 *
 * @module
 */

/** The parsed `Content-Range`. */
export interface ContentRange {
  /** First byte; undefined in `bytes * /N`, the answer to what is out of range. */
  readonly start: number | undefined;
  /** One past the last byte. */
  readonly end: number | undefined;
  /** Bytes of the whole file; undefined where the server does not know. */
  readonly size: number | undefined;
}

/** The `Range` header for `start` up to `end`, or to the end of the file. */
export function rangeHeader(start: number, end: number | undefined): string {
  return `bytes=${start}-${end === undefined ? "" : end - 1}`;
}

/** Reads `Content-Range`; undefined where it is missing or makes no sense. */
export function parseContentRange(header: string | null): ContentRange | undefined {
  const match = /^\s*bytes\s+(?:(\d+)-(\d+)|\*)\/(\d+|\*)\s*$/i.exec(header ?? "");
  if (match === null) return undefined;
  const size = match[3] === "*" ? undefined : Number(match[3]);
  const start = match[1] === undefined ? undefined : Number(match[1]);
  const end = match[2] === undefined ? undefined : Number(match[2]) + 1;
  if ([size, start, end].some((value) => value !== undefined && !Number.isSafeInteger(value))) {
    return undefined;
  }
  if (start === undefined || end === undefined) {
    return size === undefined ? undefined : { start, end, size };
  }
  return end <= start || (size !== undefined && end > size) ? undefined : { start, end, size };
}

/** `Content-Length` as a number; undefined where it is missing or is none. */
export function contentLength(headers: Headers): number | undefined {
  const text = headers.get("content-length");
  if (text === null || !/^\d+$/.test(text)) return undefined;
  const length = Number(text);
  return Number.isSafeInteger(length) ? length : undefined;
}
