/**
 * A file that the worker of a session reads itself.
 *
 * @module
 */
import { FileSource, readsFileDirectly } from "../../io/sources/file_source.ts";

/** The part of a worker's session that its files use. */
interface FileSession {
  readonly inputsEnded: boolean;
  throwIfAborted(): void;
  notifyMain(): void;
}

/** A file that ends where the inputs of the session end. */
export class PathSource extends FileSource {
  readonly #session: FileSession;

  constructor(current: FileSession, path: string) {
    super(path);
    this.#session = current;
    readsFileDirectly(this, () => this.#goesOn());
  }

  override read(into: Uint8Array, position: number): number {
    return this.#goesOn() ? super.read(into, position) : 0;
  }

  #goesOn(): boolean {
    this.#session.throwIfAborted();
    if (this.#session.inputsEnded) return false;
    // A pipe may take its time, and what was read before is wanted meanwhile.
    if (!this.seekable) this.#session.notifyMain();
    return true;
  }
}
