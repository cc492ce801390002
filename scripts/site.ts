/**
 * The documentation as one static site: the guide, the decisions and the API reference.
 * A broken link or anchor is an error.
 *
 *     bun scripts/site.ts [FOLDER]     `.cache/site` by default
 */
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path/posix";
import process from "node:process";
import { fileURLToPath } from "node:url";

interface Markdown {
  html(text: string, options?: Record<string, unknown>): string;
}
declare const Bun: { readonly markdown: Markdown };

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const site = process.argv[2] ?? join(root, ".cache/site");

/** The guide's pages in reading order. Pages that are not listed follow by name. */
const order = [
  "getting-started",
  "inputs",
  "outputs",
  "probing-uploads",
  "remuxing-and-cutting",
  "hls-and-dash",
  "live-to-browsers",
  "own-packets",
  "frames",
  "webcodecs",
  "errors-aborts-limits",
  "threads-and-memory",
  "porting-from-c",
  "where-it-runs",
  "deploying",
  "command-line",
];

interface Page {
  /** The Markdown file, below the repository. */
  readonly source: string;
  /** The HTML file, below the site. */
  readonly target: string;
  readonly title: string;
  readonly text: string;
}

function page(source: string, target: string): Page {
  const text = readFileSync(join(root, source), "utf8");
  const title = /^# (.*)$/m.exec(text)?.[1] ?? source;
  return { source, target, title, text };
}

function markdownIn(folder: string): string[] {
  return readdirSync(join(root, folder)).filter((name) => name.endsWith(".md"))
    .map((name) => name.slice(0, -3));
}

const rank = (name: string) => (order.indexOf(name) + order.length + 1) % (order.length + 1);
const guide = markdownIn("docs").sort((a, b) => rank(a) - rank(b) || a.localeCompare(b))
  .map((name) => page(`docs/${name}.md`, `${name}.html`));
const decisions = markdownIn("docs/decisions").sort()
  .map((name) =>
    page(`docs/decisions/${name}.md`, `decisions/${name === "README" ? "index" : name}.html`)
  );
const others = ["ARCHITECTURE", "CONTRIBUTING", "SECURITY", "CHANGELOG"].map((name) =>
  page(`${name}.md`, `${name.toLowerCase()}.html`)
);
const home = page("README.md", "index.html");
const bench = page("bench/README.md", "benchmarks.html");
const pages = [home, ...guide, ...decisions, ...others, bench];
const targets = new Map(pages.map(({ source, target }) => [source, target]));

const problems: string[] = [];

/** A link of a page as the site has it; files that are no pages are named in text alone. */
function link(from: Page, href: string): string {
  if (/^[a-z]+:/.test(href) || href.startsWith("#")) return href;
  const [path, anchor] = href.split("#");
  const source = join(dirname(from.source), path);
  const suffix = anchor === undefined ? "" : `#${anchor}`;
  const target = targets.get(source) ?? targets.get(`${source.replace(/\/$/, "")}/README.md`);
  if (target !== undefined) return relative(dirname(from.target), target) + suffix;
  if (!existsSync(join(root, source))) problems.push(`${from.source}: no file ${href}`);
  return "";
}

function body(from: Page): string {
  const html = Bun.markdown.html(from.text.replace(/^<!--.*-->\n/gm, ""), {
    tables: true,
    headings: { ids: true },
  });
  return html.replace(/<a href="([^"]*)">(.*?)<\/a>/gs, (_all, href, text) => {
    const to = link(from, href);
    return to === "" ? text : `<a href="${to}">${text}</a>`;
  });
}

function navigation(from: Page): string {
  const to = (target: string) => relative(dirname(from.target), target) || ".";
  const item = ({ target, title }: Pick<Page, "target" | "title">) =>
    `<li${target === from.target ? ' class="here"' : ""}><a href="${to(target)}">${title}</a></li>`;
  const section = (name: string, items: readonly Pick<Page, "target" | "title">[]) =>
    `<h2>${name}</h2><ul>${items.map(item).join("")}</ul>`;
  return [
    `<a class="name" href="${to("index.html")}">@avio/avio</a>`,
    section("Guide", guide),
    section("Reference", [
      { target: "api/index.html", title: "API" },
      { target: "decisions/index.html", title: "Decisions" },
      ...others,
      { target: bench.target, title: "Benchmarks" },
    ]),
  ].join("\n");
}

const style = `
:root { color-scheme: light dark; --line: #8884; --soft: #8882; --link: #0b62b8; }
@media (prefers-color-scheme: dark) { :root { --link: #6db3f2; } }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.55 system-ui, sans-serif; display: grid;
  grid-template-columns: 15rem minmax(0, 56rem); gap: 2.5rem; padding: 1.5rem; }
nav { position: sticky; top: 1.5rem; align-self: start; max-height: calc(100vh - 3rem);
  overflow: auto; font-size: 14px; }
nav h2 { font-size: 12px; text-transform: uppercase; letter-spacing: .05em; margin: 1.2rem 0 .3rem; }
nav ul { list-style: none; margin: 0; padding: 0; }
nav li { padding: .12rem .5rem; border-left: 2px solid var(--line); }
nav li.here { border-color: var(--link); font-weight: 600; }
nav .name { font-weight: 700; font-size: 16px; }
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
h1 { line-height: 1.2; margin-top: 0; }
h2 { margin-top: 2.2rem; }
nav h2 { border: 0; }
code { font: .88em ui-monospace, monospace; background: var(--soft); padding: .1em .3em;
  border-radius: 3px; }
pre { background: var(--soft); padding: .8rem 1rem; font-size: 14.5px; overflow: auto; border-radius: 6px; }
pre code { background: none; padding: 0; }
table { border-collapse: collapse; display: block; overflow: auto; font-size: 15px; }
th, td { border: 1px solid var(--line); padding: .35rem .6rem; text-align: left;
  vertical-align: top; }
@media (max-width: 50rem) { body { display: block; padding: 1rem; }
  nav { position: static; max-height: none; margin-bottom: 2rem; } }
`;

function html(from: Page): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${from.title}${from === home ? "" : " · @avio/avio"}</title>
<link rel="stylesheet" href="${relative(dirname(from.target), "style.css")}">
<nav>${navigation(from)}</nav>
<main>
${body(from)}</main>
</html>
`;
}

rmSync(site, { recursive: true, force: true });
mkdirSync(site, { recursive: true });
writeFileSync(join(site, "style.css"), style.trimStart());
const written = new Map<string, string>();
for (const each of pages) {
  const path = join(site, each.target);
  mkdirSync(dirname(path), { recursive: true });
  const text = html(each);
  written.set(each.target, text);
  writeFileSync(path, text);
}
cpSync(join(root, "examples/play.html"), join(site, "examples/play.html"));

const deno = process.env.DENO ?? join(root, "node_modules/.bin/deno");
const modules = ["mod.ts", "webcodecs.ts", "lib/cli/main.ts"].filter((path) =>
  existsSync(join(root, path))
);
const api = spawnSync(
  deno,
  ["doc", "--html", "--name=@avio/avio", `--output=${join(site, "api")}`, ...modules],
  { cwd: root, encoding: "utf8" },
);
if (api.status !== 0) problems.push(`deno doc --html: ${api.stderr}`);

for (const [target, text] of written) {
  for (const [, href] of text.matchAll(/href="([^"]*)"/g)) {
    if (/^[a-z]+:/.test(href)) continue;
    const [path, anchor] = href.split("#");
    const file = path === "" ? target : join(dirname(target), path);
    if (!existsSync(join(site, file))) problems.push(`${target}: no page ${href}`);
    else if (anchor !== undefined && !written.get(file)?.includes(`id="${anchor}"`)) {
      problems.push(`${target}: no heading ${href}`);
    }
  }
}
for (const problem of new Set(problems)) console.log(problem);
if (problems.length > 0) process.exit(1);
console.log(
  `site: ${pages.length} pages and the API reference in ${relative(process.cwd(), site)}`,
);
