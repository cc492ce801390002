/**
 * The picture of a trace.
 *
 * @module
 */
import { byteCount } from "./text.ts";

/** One callback. */
export interface Call {
  readonly operation: "read" | "seek" | "size";
  /** Where it read from, or moved to; for `size` the size. Null where there was no answer. */
  readonly position: number | null;
  /** Bytes that a read gave. */
  readonly bytes: number;
  /** Milliseconds since the input was opened. */
  readonly time: number;
}

const width = 960;
const height = 540;
const left = 90;
const right = 20;
const top = 60;
const bottom = 60;
const read = "#1668a8";
const seek = "#d1495b";

/** Round numbers up to `most`, about five of them; steps are 1, 2 or 5 (or powers of two). */
export function ticks(most: number, binary: boolean): number[] {
  const rough = Math.max(most, 1) / 5;
  const base = binary ? 2 : 10;
  const power = base ** Math.floor(Math.log(rough) / Math.log(base));
  const step = Math.max(
    1,
    binary ? power : [1, 2, 5, 10].map((n) => n * power)
      .find((n) => n >= rough) ?? power,
  );
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step);
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`)
    // deno-lint-ignore no-control-regex
    .replace(/[\u0000-\u001f]/g, " ");
}

/** An SVG of the offset against the number of the call. */
export function picture(calls: readonly Call[], name: string): string {
  const reads = calls.filter(({ operation }) => operation === "read");
  const highest = Math.max(
    1,
    calls.reduce((most, { position, bytes }) => Math.max(most, (position ?? 0) + bytes), 0),
  );
  const count = Math.max(1, calls.length);
  const x = (call: number) => left + (call / count) * (width - left - right);
  const y = (offset: number) => height - bottom - (offset / highest) * (height - top - bottom);
  const at = (value: number) => value.toFixed(2);
  const column = Math.max(1, (width - left - right) / count);

  const readMarks: string[] = [];
  const seekMarks: string[] = [];
  let position = 0;
  for (const [i, call] of calls.entries()) {
    const middle = x(i + 0.5);
    const place = call.position ?? position;
    if (call.operation === "read") {
      // Even a short read is seen.
      const end = Math.min(y(place + call.bytes), y(place) - 1.5);
      readMarks.push(`M${at(middle)} ${at(y(place))}V${at(end)}`);
      position = place + call.bytes;
    } else if (call.operation === "seek") {
      seekMarks.push(`M${at(middle)} ${at(y(position))}V${at(y(place))}`);
      seekMarks.push(`M${at(middle - 3)} ${at(y(place))}h6`);
      position = place;
    }
  }

  const bytes = reads.reduce((sum, call) => sum + call.bytes, 0);
  const seeks = calls.filter(({ operation }) => operation === "seek").length;
  const summary = `${reads.length} reads, ${byteCount(bytes)}; ${seeks} seeks; ` +
    `${calls.length - reads.length - seeks} questions for the size`;
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
    `viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" fill="#333">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="${left}" y="24" font-size="16">${escape(name)}</text>`,
    `<text x="${left}" y="44">${escape(summary)}</text>`,
    ...legend(),
  ];
  for (const offset of ticks(highest, true)) {
    const line = at(y(offset));
    lines.push(
      `<path d="M${left} ${line}H${width - right}" stroke="#ddd"/>`,
      `<text x="${left - 8}" y="${line}" dy="4" text-anchor="end">${byteCount(offset)}</text>`,
    );
  }
  for (const call of ticks(count, false)) {
    const line = at(x(call));
    lines.push(
      `<path d="M${line} ${height - bottom}v5" stroke="#999"/>`,
      `<text x="${line}" y="${height - bottom + 20}" text-anchor="middle">${call}</text>`,
    );
  }
  const middle = (top + height - bottom) / 2;
  lines.push(
    `<path d="M${left} ${top}V${height - bottom}H${width - right}" fill="none" stroke="#999"/>`,
    `<text x="${(left + width - right) / 2}" y="${height - 14}" text-anchor="middle">call</text>`,
    `<text x="18" y="${middle}" text-anchor="middle" transform="rotate(-90 18 ${middle})">` +
      "offset in the input</text>",
    `<path class="seeks" d="${seekMarks.join("")}" stroke="${seek}" stroke-width="1.5"/>`,
    `<path class="reads" d="${readMarks.join("")}" stroke="${read}" ` +
      `stroke-width="${at(Math.min(8, column * 0.8))}"/>`,
    "</svg>",
    "",
  );
  return lines.join("\n");
}

function legend(): string[] {
  return ([["read", read], ["seek", seek]] as const).flatMap(([text, color], i) => {
    const at = width - right - 150 + i * 80;
    return [
      `<rect x="${at}" y="14" width="12" height="12" fill="${color}"/>`,
      `<text x="${at + 18}" y="24">${text}</text>`,
    ];
  });
}
