/**
 * A picture of a waveform.
 *
 * @module
 */
import type { Waveform } from "../tasks/waveform.ts";

const ROW_HEIGHT = 100;
const MARGIN = 2;

/** An SVG with a row for each channel, a unit wide for each point. */
export function waveformSvg({ duration, peaks }: Waveform): string {
  const width = Math.max(1, (peaks[0]?.length ?? 0) / 2);
  const height = Math.max(1, peaks.length) * ROW_HEIGHT;
  const rows = peaks.map((channel, c) => {
    const middle = (c + 0.5) * ROW_HEIGHT;
    const scale = ROW_HEIGHT / 2 - MARGIN;
    const y = (sample: number) => (middle - Math.max(-1, Math.min(1, sample)) * scale).toFixed(2);
    const points = channel.length / 2;
    const upper = Array.from({ length: points }, (_, i) => `${i + 0.5},${y(channel[i * 2 + 1])}`);
    const lower = Array.from({ length: points }, (_, i) => `${i + 0.5},${y(channel[i * 2])}`);
    return `  <polygon points="${[...upper, ...lower.reverse()].join(" ")}"/>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" ` +
    `preserveAspectRatio="none" fill="currentColor" stroke="currentColor" ` +
    `stroke-width="0.5" stroke-linejoin="round">`,
    `  <title>${duration.toFixed(3)} s</title>`,
    ...rows,
    "</svg>",
    "",
  ].join("\n");
}
