/**
 * Reading the command line: what is wrong with it is always a {@link UsageError}.
 *
 * @module
 */
import { didYouMean, nearest } from "../suggest.ts";
import { parseArgs, type ParseArgsConfig } from "node:util";

/** The command line is wrong: exit 2. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** A command of the command line. */
export interface Command {
  /** The words after `avio`. */
  readonly usage: string;
  /** One line about it. */
  readonly summary: string;
  /** Its options, one line each. */
  readonly details?: readonly string[];
  /** Does it; answers the exit code. */
  run(args: string[]): number | Promise<number>;
}

/** `parseArgs` of node:util, with positionals allowed and its complaint as a {@link UsageError}. */
export function parse<T extends NonNullable<ParseArgsConfig["options"]>>(
  args: string[],
  options: T,
  names: readonly string[],
) {
  const parsed = parseSome(args, options, names);
  const { positionals } = parsed;
  if (positionals.length > names.length) {
    throw new UsageError(`unexpected argument ${JSON.stringify(positionals[names.length])}`);
  }
  return parsed;
}

/** The same, with as many positionals as there are names or more. */
export function parseSome<T extends NonNullable<ParseArgsConfig["options"]>>(
  args: string[],
  options: T,
  names: readonly string[],
) {
  const parsed = parseOrExplain(args, options);
  const { length } = parsed.positionals;
  if (length < names.length) throw new UsageError(`${names.slice(length).join(" and ")} missing`);
  return parsed;
}

function parseOrExplain<T extends NonNullable<ParseArgsConfig["options"]>>(
  args: string[],
  options: T,
) {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const [, option] =
      /^Option '(?:-\w, )?(--?[\w-]+)(?: <value>)?' argument is ambiguous/.exec(message) ?? [];
    if (option !== undefined) {
      const how = option.startsWith("--") ? `; one that begins with - is ${option}=-1` : "";
      throw new UsageError(`${option} takes a value${how}`);
    }
    const unknown = /^Unknown option '--?([^']+)'/.exec(message)?.[1];
    const near = unknown === undefined ? undefined : nearest(unknown, Object.keys(options));
    throw new UsageError(
      `${message.split(/\. |\n/)[0]}${didYouMean(near === undefined ? undefined : `--${near}`)}`,
    );
  }
}

/** Seconds, from `12.5` or `[HH:]MM:SS[.s]`. */
export function seconds(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^(\d+:){0,2}(\d+(\.\d*)?|\.\d+)$/.test(text)) {
    throw new UsageError(
      `${option} takes seconds or HH:MM:SS, not ${JSON.stringify(text)}`,
    );
  }
  return text.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
}

/** The seconds of `--start` and `--end`, as far as they are given. */
export function range(values: { readonly start?: string; readonly end?: string }) {
  const start = seconds("--start", values.start);
  const end = seconds("--end", values.end);
  if (end !== undefined && end <= (start ?? 0)) {
    throw new UsageError("--end is not after --start");
  }
  return { ...(start !== undefined && { start }), ...(end !== undefined && { end }) };
}

/** A whole number above 0. */
export function wholeNumber(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text) && Number(text) > 0) return Number(text);
  throw new UsageError(`${option} takes a whole number above 0, not ${JSON.stringify(text)}`);
}

/** Bits a second, with k or M for thousands or millions. */
export function bitsPerSecond(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, number, unit] = /^(\d+(?:\.\d+)?)([kM]?)$/.exec(text) ?? [];
  const bits = Math.round(Number(number) * (unit === "M" ? 1e6 : unit === "k" ? 1e3 : 1));
  if (bits > 0) return bits;
  throw new UsageError(`${option} takes bits a second, such as 800k, not ${JSON.stringify(text)}`);
}

/** `key=value`, as often as given. */
export function pairs(option: string, texts: readonly string[] = []): Record<string, string> {
  const found: Record<string, string> = {};
  for (const text of texts) {
    const at = text.indexOf("=");
    if (at < 1) throw new UsageError(`${option} takes key=value, not ${JSON.stringify(text)}`);
    found[text.slice(0, at)] = text.slice(at + 1);
  }
  return found;
}
