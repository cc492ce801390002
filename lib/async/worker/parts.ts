/**
 * Parts of the worker that most sessions do without, each loaded before the first command that
 * needs it: together they are a third of what a worker would load.
 *
 * @module
 */
import type { CommandName } from "../shared/protocol.ts";

/** A module that is loaded later. */
class Part<Module> {
  readonly #import: () => Promise<Module>;
  #module: Module | undefined;

  constructor(load: () => Promise<Module>) {
    this.#import = load;
  }

  /** Loads the module; undefined where that is done. */
  load(): Promise<void> | undefined {
    if (this.#module !== undefined) return undefined;
    return this.#import().then((module) => void (this.#module = module));
  }

  /** The module. Throws where it is not loaded. */
  get(): Module {
    if (this.#module === undefined) throw new Error("a part of the worker is not loaded");
    return this.#module;
  }
}

const copying = new Part(() => import("./copy_commands.ts"));
const decoding = new Part(() => import("./decode_session.ts"));
const transcoding = new Part(() => import("./transcode_command.ts"));

const partOf: Partial<Record<CommandName, Part<unknown>>> = {
  remux: copying,
  concat: copying,
  openReader: decoding,
  transcode: transcoding,
};

/** Loads what a command needs; undefined where it is there. */
export function loadPart(name: CommandName): Promise<void> | undefined {
  return partOf[name]?.load();
}

/** The parts, for the commands that {@link loadPart} was called for. */
export const loaded = {
  copying: () => copying.get(),
  decoding: () => decoding.get(),
  transcoding: () => transcoding.get(),
} as const;
