/**
 * Every path that the search for FFmpeg tried, and the answer, for the error that lists them.
 *
 * @module
 */
import type { Majors } from "./layouts/types.ts";
import type { Candidate } from "./search.ts";

/** The record of one search. */
export class SearchLog {
  readonly #lines: { text: string; missing?: { readonly folder: string; names: string[] } }[] = [];
  /** Folders that have some of the libraries, one sentence each. */
  readonly partials: string[] = [];

  /** No file there. Names of one folder share a line. */
  missing({ folder, name }: Candidate, library: keyof Majors): undefined {
    const there = folder ?? "";
    const last = this.#lines.at(-1)?.missing;
    if (last?.folder === there) last.names.push(name(library));
    else this.#lines.push({ text: "", missing: { folder: there, names: [name(library)] } });
  }

  /** A file that did not open. */
  failed(path: string, error: unknown): undefined {
    this.#lines.push({ text: `${path}: ${(error as Error).message.split("\n")[0]}` });
  }

  /** `opened` was opened, a library beside it was not. */
  partial(opened: string, missing: string): void {
    this.partials.push(`${opened} opened, ${missing} did not`);
  }

  /** One line a file or folder. */
  get tried(): string[] {
    return this.#lines.map(({ text, missing }) => {
      if (missing === undefined) return text;
      const names = missing.names.join(", ");
      return missing.folder === ""
        ? `${names}: the system's loader has none of them`
        : `${missing.folder}/${names}: no such file`;
    });
  }
}
