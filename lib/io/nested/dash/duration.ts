/**
 * Durations of a manifest, as ISO 8601 writes them.
 *
 * @module
 */

// The calendar's mean lengths: a manifest has years and months of 0, or means no more than this.
const SECONDS: Readonly<Record<string, number>> = {
  Y: 365.2425 * 86400,
  W: 7 * 86400,
  D: 86400,
  H: 3600,
  S: 1,
};
const MONTH = SECONDS.Y / 12;

/** Seconds of a duration such as `P0Y0M0DT1H2M3.5S`; undefined for anything else. */
export function isoSeconds(text: string): number | undefined {
  const trimmed = text.trim();
  if (!/^P[\dYMWDTHS.,]{2,128}$/.test(trimmed)) return undefined;
  let total = 0;
  let time = false;
  let digits = "";
  for (const character of trimmed.slice(1)) {
    if (/[\d.,]/.test(character)) {
      digits += character === "," ? "." : character;
      continue;
    }
    if (character === "T") {
      if (time || digits !== "") return undefined;
      time = true;
      continue;
    }
    const value = Number(digits);
    if (digits === "" || !Number.isFinite(value)) return undefined;
    total += value * (character === "M" ? time ? 60 : MONTH : SECONDS[character]);
    digits = "";
  }
  return digits === "" ? total : undefined;
}
