/**
 * The name of a tee, `[f=mpegts:select=v]a.ts|b.mkv`: taken apart and put together again just as
 * libavformat reads it (`av_get_token`, `av_opt_get_key_value`).
 *
 * @module
 */

/** One output of a tee. */
export interface Slave {
  /** As libavformat looks them up: it does not tell capitals. */
  readonly options: Record<string, string>;
  readonly name: string;
}

const WHITESPACE = " \n\t\r";

/** The outputs that a name stands for. Throws a TypeError where its options cannot be read. */
export function parseTee(text: string): Slave[] {
  const slaves: Slave[] = [];
  for (let at = 0; at < text.length;) {
    const { value, next } = token(text, at, "|");
    slaves.push(slaveOf(value));
    at = next + 1;
  }
  if (slaves.length === 0) throw new TypeError("tee: the name holds no output");
  return slaves;
}

/** The name that stands for these outputs. */
export function formatTee(slaves: readonly Slave[]): string {
  return slaves.map(({ options, name }) => {
    const pairs = Object.entries(options).map(([key, value]) => `${key}=${escaped(value)}`);
    return escaped(`[${pairs.join(":")}]${name}`);
  }).join("|");
}

const escaped = (text: string) => text.replace(/[\\':\]| \n\t\r]/g, "\\$&");

/** A slave's own text: its options in brackets, and its name. */
function slaveOf(text: string): Slave {
  const options: Record<string, string> = {};
  if (!text.startsWith("[")) return { options, name: text };
  if (text[1] === "]") return { options, name: text.slice(2) };
  const key = /[ \n\t\r]*(?:([\w./-]+)[ \n\t\r]*)?=/y;
  for (let at = 1;;) {
    key.lastIndex = at;
    const match = key.exec(text);
    if (match === null) {
      throw new TypeError(`tee: no option was found near ${JSON.stringify(text.slice(at))}`);
    }
    const { value, next } = token(text, key.lastIndex, ":]");
    // libavformat reads on behind the end of the text.
    if (next === text.length) {
      throw new TypeError(`tee: the options of ${JSON.stringify(text)} are not closed by "]"`);
    }
    const [, found = ""] = match;
    const name = /^bsfs/i.test(found) ? found : found.toLowerCase();
    delete options[name];
    options[name] = value;
    if (text[next] === "]") return { options, name: text.slice(next + 1) };
    at = next + 1;
  }
}

/** The text before one of `ends`: without quotes, escapes and the white space around it. */
function token(text: string, from: number, ends: string): { value: string; next: number } {
  let at = from;
  let value = "";
  // Up to here, white space is what was written.
  let kept = 0;
  while (at < text.length && WHITESPACE.includes(text[at])) at++;
  while (at < text.length && !ends.includes(text[at])) {
    const one = text[at++];
    if (one === "\\" && at < text.length) {
      value += text[at++];
      kept = value.length;
    } else if (one === "'") {
      const end = text.indexOf("'", at);
      value += text.slice(at, end < 0 ? undefined : end);
      at = end < 0 ? text.length : end + 1;
      if (end >= 0) kept = value.length;
    } else value += one;
  }
  let length = value.length;
  while (length > kept && WHITESPACE.includes(value[length - 1])) length--;
  return { value: value.slice(0, length), next: at };
}
