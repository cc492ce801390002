/**
 * The little XML that a DASH manifest needs: elements, attributes, text.
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

function decode(text: string): string {
  return text.replace(/&(#x[0-9a-f]+|#\d+|\w+);/gi, (whole, name: string) => {
    if (!name.startsWith("#")) return entities[name] ?? whole;
    const code = /^#x/i.test(name) ? parseInt(name.slice(2), 16) : Number(name.slice(1));
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

const token =
  /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!\[CDATA\[([\s\S]*?)\]\]>|<![^>]*>|<\/[^>]*>|<([^\s/>]+)((?:[^>"']|"[^"]*"|'[^']*')*?)(\/?)>|[^<]+/g;

/** Parses a document; undefined where there is no root element or it is not closed. */
export function parseXml(document: string): Element | undefined {
  const root: Element = { name: "", attributes: {}, children: [], text: "" };
  const open: Element[] = [root];
  for (const [whole, cdata, name, attributes, empty] of document.matchAll(token)) {
    const parent = open[open.length - 1];
    if (name !== undefined) {
      const element: Element = {
        name: local(name),
        attributes: readAttributes(attributes),
        children: [],
        text: "",
      };
      parent.children.push(element);
      if (empty === "") open.push(element);
    } else if (whole.startsWith("</")) {
      if (open.length === 1) return undefined;
      open.pop();
    } else if (cdata !== undefined) parent.text += cdata;
    else if (!whole.startsWith("<")) parent.text += decode(whole);
  }
  return open.length === 1 ? root.children[0] : undefined;
}

function local(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

function readAttributes(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (
    const [, name, double, single] of text.matchAll(/([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)
  ) {
    found[local(name)] = decode(double ?? single);
  }
  return found;
}
