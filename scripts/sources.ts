/**
 * The module's own sources, as the checks read them.
 *
 * @module
 */
import { readdirSync } from "node:fs";

/** The TypeScript files below a folder. */
export function filesOf(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return filesOf(path);
    return path.endsWith(".ts") ? [path] : [];
  });
}

/** The code alone, its lines where they were: comments may name anything. */
export function withoutComments(text: string): string {
  return text.replace(/\/\*[^]*?\*\//g, (comment) => comment.replace(/[^\n]/g, " "))
    .replace(/(^|\s)\/\/[^\n]*/g, "$1");
}
