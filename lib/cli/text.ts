/**
 * Numbers and tables for people.
 *
 * @module
 */

/** Text of a file's own, without what would steer the terminal. */
export function plain(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ").trim();
}

/** Columns of one width each, two spaces apart; columns empty in every row are left out. */
export function table(
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string[] {
  const count = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from(
    { length: count },
    (_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  return rows.map((row) =>
    widths.flatMap((width, column) => {
      const cell = row[column] ?? "";
      if (width === 0) return [];
      return [right.includes(column) ? cell.padStart(width) : cell.padEnd(width)];
    }).join("  ").trimEnd()
  );
}

/** `H:MM:SS.mmm`, or `unknown`. */
export function clock(time: number | null | undefined): string {
  if (time === null || time === undefined) return "unknown";
  const all = Math.round(Math.abs(time) * 1000);
  const two = (n: number) => String(Math.floor(n) % 60).padStart(2, "0");
  const rest = String(all % 1000).padStart(3, "0");
  const hours = Math.floor(all / 3_600_000);
  return `${time < 0 ? "-" : ""}${hours}:${two(all / 60_000)}:${two(all / 1000)}.${rest}`;
}

/** `1.5 MiB`, or `unknown`. */
export function byteCount(count: number | null | undefined): string {
  if (count === null || count === undefined) return "unknown";
  if (count < 1024) return `${count} B`;
  const power = Math.min(4, Math.floor(Math.log2(count) / 10));
  return `${(count / 1024 ** power).toFixed(1)} ${["", "KiB", "MiB", "GiB", "TiB"][power]}`;
}

/** `128 kb/s`, or nothing. */
export function bitRate(rate: number | null | undefined): string {
  return rate ? `${Math.round(rate / 1000)} kb/s` : "";
}
