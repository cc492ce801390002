/**
 * The setup of a representation and its segments from one on, as one source that only goes forward;
 * and a representation that is one file, as it is.
 *
 * @module
 */
import { ownBytes } from "../../../../ffi/mod.ts";
import { AVERROR, AVError } from "../../../error.ts";
import { cannotResume, readSource } from "../../avio/check_callback_answers.ts";
import { AGAIN, type SourceSync } from "../../contract.ts";
import { RangeSource } from "../byte_range.ts";
import { folderAdvice } from "../names.ts";
import type { Part, Representation } from "./types.ts";

/** Asks for the files of a set; shared by all its representations. */
export interface SegmentOpener {
  /** The manifest's own name. */
  readonly name: string;
  /** The source of a file; undefined where it is refused, null where it is not there. */
  open(url: string): SourceSync | undefined | null;
  /** Told the bytes that were read. */
  count(bytes: number): void;
}

/** Files that could not be read, without which the reading went on. */
export interface SegmentProblems {
  /** Files that the hook refused. */
  readonly refused: string[];
  /** Files that are not there. */
  readonly missing: string[];
}

/** The source of one representation from the segment `first` on. */
export function segmentSource(
  { init, segments, isFile }: Pick<Representation, "init" | "segments" | "isFile">,
  first: number,
  opener: SegmentOpener,
  problems: SegmentProblems,
): SourceSync {
  if (isFile) return new WholeFile(segments[0].url, opener);
  const parts = init === undefined ? segments.slice(first) : [init, ...segments.slice(first)];
  return new Chain(parts, init !== undefined, opener, problems);
}

/** The error of a file that was refused. */
export function refusedSegment(url: string, { name }: SegmentOpener): AVError {
  return new AVError({
    code: AVERROR("EACCES"),
    operation: "io_open",
    detail: `opening ${JSON.stringify(url)} was refused by the open option` +
      folderAdvice(name, url),
  });
}

/** The error of a file that is not there. */
export function missingSegment(url: string, { name }: SegmentOpener): AVError {
  return new AVError({
    code: AVERROR("ENOENT"),
    operation: "io_open",
    detail: `${JSON.stringify(url)} is not there${folderAdvice(name, url)}`,
  });
}

class WholeFile implements SourceSync {
  readonly #opener: SegmentOpener;
  readonly #source: SourceSync;
  readonly size: number | undefined;
  readonly seekable: boolean;

  constructor(url: string, opener: SegmentOpener) {
    const source = opener.open(url);
    if (source === undefined) throw refusedSegment(url, opener);
    if (source === null) throw missingSegment(url, opener);
    this.#opener = opener;
    this.#source = source;
    this.size = source.size;
    this.seekable = source.seekable !== false;
  }

  read(into: Uint8Array, position: number): number | null | typeof AGAIN {
    const got = readSource(this.#source, ownBytes(into)!, position);
    if (typeof got === "number") this.#opener.count(got);
    return got;
  }

  close(): void {
    this.#source.close?.();
  }
}

class Chain implements SourceSync {
  readonly #parts: readonly Part[];
  readonly #hasInit: boolean;
  readonly #opener: SegmentOpener;
  readonly #problems: SegmentProblems;
  #next = 0;
  #source: SourceSync | undefined;
  #position = 0;
  readonly seekable = false;

  constructor(
    parts: readonly Part[],
    hasInit: boolean,
    opener: SegmentOpener,
    problems: SegmentProblems,
  ) {
    this.#parts = parts;
    this.#hasInit = hasInit;
    this.#opener = opener;
    this.#problems = problems;
  }

  read(given: Uint8Array): number | null {
    const into = ownBytes(given)!;
    for (;;) {
      const source = this.#source ?? this.#open();
      if (source === undefined) return null;
      const got = readSource(source, into, this.#position);
      if (got === AGAIN) {
        throw cannotResume(`reading ${JSON.stringify(this.#parts[this.#next - 1].url)}`);
      }
      if (got !== null && got > 0) {
        this.#position += got;
        this.#opener.count(got);
        return got;
      }
      this.close();
    }
  }

  /** The next part that is there; undefined after the last. */
  #open(): SourceSync | undefined {
    while (this.#next < this.#parts.length) {
      const index = this.#next++;
      const { url, range } = this.#parts[index];
      const source = this.#opener.open(url);
      if (source) {
        this.#position = 0;
        this.#source = range === undefined ? source : new RangeSource(source, range, false);
        return this.#source;
      }
      const isRefused = source === undefined;
      // Nothing can be read without the setup.
      if (index === 0 && this.#hasInit) {
        throw (isRefused ? refusedSegment : missingSegment)(url, this.#opener);
      }
      (isRefused ? this.#problems.refused : this.#problems.missing).push(url);
    }
    return undefined;
  }

  close(): void {
    const source = this.#source;
    this.#source = undefined;
    source?.close?.();
  }
}
