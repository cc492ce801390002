/** Bars: one group a row, one bar a contender, in multiples of C. */

/** One group of bars. */
export interface Group {
  readonly title: string;
  readonly goal?: number;
  readonly bars: readonly { readonly name: string; readonly ratio: number }[];
}

const left = 190;
const width = 560;
const barHeight = 13;
const most = 4;

const colours: Record<string, string> = {
  C: "#8a8f98",
  Deno: "#2f6f4f",
  Bun: "#c2703d",
  Node: "#8a7a2c",
};

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** An SVG picture; a bar longer than four times C is cut, and says its number. */
export function chart(title: string, groups: readonly Group[]): string {
  const scale = width / most;
  const parts: string[] = [];
  let y = 54;
  for (const { title, goal, bars } of groups) {
    parts.push(`<text x="16" y="${y}" font-weight="600">${escape(title)}</text>`);
    const top = y + 6;
    y = top;
    if (goal !== undefined) {
      const x = (left + goal * scale).toFixed(1);
      // Under the bars' numbers.
      parts.push(
        `<path d="M${x} ${top - 2}v${bars.length * barHeight + 2}" stroke="#b3261e" ` +
          `stroke-width="1.5" stroke-dasharray="3 2"/>`,
      );
    }
    for (const { name, ratio } of bars) {
      const length = Math.min(ratio, most) * scale;
      parts.push(
        `<text x="${left - 8}" y="${y + 10}" text-anchor="end" fill="#444">${escape(name)}</text>`,
        `<rect x="${left}" y="${y}" width="${length.toFixed(1)}" height="${
          barHeight - 3
        }" rx="2" ` +
          `fill="${colours[name] ?? "#b9c3d0"}"/>`,
        `<text x="${(left + length + 6).toFixed(1)}" y="${y + 10}" fill="#444">${
          ratio > most ? "→ " : ""
        }${ratio.toFixed(2)}</text>`,
      );
      y += barHeight;
    }
    y += 22;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${left + width + 70}" height="${y}" ` +
    `font-family="DejaVu Sans, Helvetica, Arial, sans-serif" font-size="11">\n` +
    `<rect width="100%" height="100%" fill="#fff"/>\n` +
    `<text x="16" y="24" font-size="14" font-weight="700">${escape(title)}</text>\n` +
    `${parts.join("\n")}\n</svg>\n`;
}
