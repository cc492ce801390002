/**
 * The XML that a DASH manifest needs: elements, attributes, text. One pass, in linear time.
 *
 * @module
 */

/** An element. Names are without their prefix. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
  text: string;
}

const entities: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

// A reference longer than this is none: the search for its end stays short.
const MAX_REFERENCE = 12;
// Far beyond any manifest, and far below the stack of whatever walks the tree.
const MAX_DEPTH = 64;

function decode(text: string): string {
  if (!text.includes("&")) return text;
  const parts = text.split("&");
  let decoded = parts[0];
  for (const part of parts.slice(1)) {
    const end = part.slice(0, MAX_REFERENCE).indexOf(";");
    const known = end < 0 ? undefined : character(part.slice(0, end));
    decoded += known === undefined ? `&${part}` : known + part.slice(end + 1);
  }
  return decoded;
}

function character(name: string): string | undefined {
  if (!name.startsWith("#")) return Object.hasOwn(entities, name) ? entities[name] : undefined;
  const hex = name[1] === "x" || name[1] === "X";
  const digits = name.slice(hex ? 2 : 1);
  if (!(hex ? /^[0-9a-f]+$/i : /^\d+$/).test(digits)) return undefined;
  const code = parseInt(digits, hex ? 16 : 10);
  return code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}

const isSpace = (code: number) => code === 32 || (code >= 9 && code <= 13);

/** Parses a document; undefined where it is not well-formed or has no root element. */
export function parseXml(document: string): Element | undefined {
  const root: Element = { name: "", attributes: {}, children: [], text: "" };
  const open: Element[] = [root];
  let at = 0;
  while (at < document.length) {
    const parent = open[open.length - 1];
    const tag = document.indexOf("<", at);
    const textEnd = tag < 0 ? document.length : tag;
    if (textEnd > at) parent.text += decode(document.slice(at, textEnd));
    if (tag < 0) break;
    const markup = skipMarkup(document, tag);
    if (markup !== undefined) {
      if (markup.end < 0) return undefined;
      parent.text += markup.text;
      at = markup.end;
      continue;
    }
    if (document[tag + 1] === "/") {
      const end = document.indexOf(">", tag);
      if (end < 0 || open.length === 1) return undefined;
      if (localName(document.slice(tag + 2, end).trim()) !== parent.name) return undefined;
      open.pop();
      at = end + 1;
      continue;
    }
    const element = readTag(document, tag + 1);
    if (element === undefined || open.length > MAX_DEPTH) return undefined;
    const { name, attributes, empty } = element;
    const child: Element = { name, attributes, children: [], text: "" };
    parent.children.push(child);
    if (!empty) open.push(child);
    at = element.end;
  }
  return open.length === 1 ? root.children[0] : undefined;
}

/**
 * The end of a comment, an instruction, a CDATA section or a declaration at `at`, -1 where it has
 * none; undefined where there is no such markup.
 */
export function skipMarkup(
  document: string,
  at: number,
): { readonly end: number; readonly text: string } | undefined {
  const until = (opening: string, closing: string) => {
    const found = document.indexOf(closing, at + opening.length);
    return found < 0 ? -1 : found + closing.length;
  };
  if (document.startsWith("<!--", at)) return { end: until("<!--", "-->"), text: "" };
  if (document.startsWith("<?", at)) return { end: until("<?", "?>"), text: "" };
  if (document.startsWith("<![CDATA[", at)) {
    const end = until("<![CDATA[", "]]>");
    return { end, text: end < 0 ? "" : document.slice(at + 9, end - 3) };
  }
  return document.startsWith("<!", at) ? { end: until("<!", ">"), text: "" } : undefined;
}

interface Tag {
  readonly name: string;
  readonly attributes: Record<string, string>;
  readonly empty: boolean;
  /** The character after the tag. */
  readonly end: number;
}

/** A start tag, from its name on. */
function readTag(document: string, from: number): Tag | undefined {
  let at = from;
  const space = () => {
    while (at < document.length && isSpace(document.charCodeAt(at))) at++;
  };
  const word = () => {
    const start = at;
    while (at < document.length) {
      const code = document.charCodeAt(at);
      // `/`, `=`, `>`, quotes and `<` end a name.
      if (isSpace(code) || code === 47 || (code >= 60 && code <= 62)) break;
      if (code === 34 || code === 39) break;
      at++;
    }
    return document.slice(start, at);
  };
  const name = localName(word());
  if (name === "") return undefined;
  const attributes: [string, string][] = [];
  for (;;) {
    space();
    const next = document[at];
    if (next === ">") return tag(name, attributes, false, at + 1);
    if (next === "/" && document[at + 1] === ">") return tag(name, attributes, true, at + 2);
    const attribute = word();
    if (attribute === "") return undefined;
    space();
    if (document[at] !== "=") return undefined;
    at++;
    space();
    const quote = document[at];
    if (quote !== '"' && quote !== "'") return undefined;
    const end = document.indexOf(quote, at + 1);
    if (end < 0) return undefined;
    attributes.push([localName(attribute), decode(document.slice(at + 1, end))]);
    at = end + 1;
  }
}

function tag(name: string, attributes: [string, string][], empty: boolean, end: number): Tag {
  // Defined, not assigned: a manifest may name an attribute `__proto__`.
  return { name, attributes: Object.fromEntries(attributes), empty, end };
}

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}
