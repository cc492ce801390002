/**
 * The files of a session: its input or output, and the files that its hook opened.
 *
 * @module
 */
import { lendBytes, makeBytes, partOf } from "../../../ffi/mod.ts";
import type { OpenRequest, Sink, Source } from "../../io/contract.ts";
import { assertKept, checkedSize, sourceAnswer } from "../../io/avio/check_callback_answers.ts";
import { hasNoTimeout } from "../../io/internal.ts";
import { SinkPump } from "./sink_pump.ts";
import { SourcePump } from "./source_pump.ts";
import { assertSink, assertSource } from "./endpoints.ts";
import { discardedAfter, discardInput, discardOutput } from "./discard_endpoints.ts";
import { assertHookResult } from "../../io/nested/hook_call.ts";
import { OpenAnswer } from "../shared/open_answer.ts";
import {
  MAIN_INPUT,
  MAIN_OUTPUT,
  type Question,
  type RemoteInput,
  type RemoteOutput,
} from "../shared/protocol.ts";
import { Answer, Control } from "../shared/control_block.ts";
import { Ring } from "../shared/ring.ts";
import type { PumpSession } from "./pump_session.ts";

/** The files of one session, by number. */
export class SessionFiles {
  readonly #session: PumpSession;
  readonly #files = new Map<number, SourcePump | SinkPump>();
  readonly #rings: Ring[] = [];
  #finished = false;

  constructor(session: PumpSession) {
    this.#session = session;
  }

  /** The session's input. It may take `timeout` milliseconds to open. */
  async read(source: Source, bytes: number, timeout?: number): Promise<RemoteInput> {
    const ring = this.#ring(bytes);
    const pump = await this.#startSource(MAIN_INPUT, ring, source, timeout);
    const { seekable, name } = pump.source;
    const size = checkedSize(pump.source.size, "source");
    return { kind: "ring", ring: ring.shared, size, seekable: seekable !== false, name };
  }

  /** The session's output. */
  write(sink: Sink, bytes: number): RemoteOutput {
    const ring = this.#ring(bytes);
    const { onMarker } = this.#session.options;
    this.#start(MAIN_OUTPUT, new SinkPump(this.#session, ring, sink, onMarker));
    return {
      kind: "ring",
      ring: ring.shared,
      seekable: sink.seekable !== false,
      readable: typeof sink.read === "function",
      name: sink.name,
      markers: onMarker !== undefined,
      noTimeout: hasNoTimeout(sink),
    };
  }

  #ring(bytes: number): Ring {
    const ring = Ring.acquire(bytes);
    this.#rings.push(ring);
    return ring;
  }

  /** Bytes that the session's own sink has taken. */
  get taken(): number {
    const file = this.#files.get(MAIN_OUTPUT);
    return file instanceof SinkPump ? file.taken : 0;
  }

  /**
   * The output is complete: once its sink has everything, closing it is no abort. A sink may take
   * `timeout` milliseconds for one chunk.
   */
  async finish(timeout?: number): Promise<void> {
    await this.drained(timeout);
    this.#finished = true;
  }

  /** Resolves when the sinks have taken everything there is. */
  async drained(timeout?: number): Promise<void> {
    for (const file of this.#files.values()) {
      if (file instanceof SinkPump) await file.empty(timeout);
    }
  }

  /** Lets go of everything; the first error comes out, after all are closed. */
  async close(reason: unknown, released: boolean): Promise<void> {
    const unfinished = this.#finished ? undefined : { reason };
    const results = await Promise.allSettled(
      [...this.#files.values()].map((file) =>
        file instanceof SinkPump ? file.close(unfinished) : file.close()
      ),
    );
    this.#files.clear();
    // Where the worker has let go of everything, and the sources and sinks here have as well.
    if (released) { for (const ring of this.#rings.splice(0)) Ring.recycle(ring); }
    for (const result of results) if (result.status === "rejected") throw result.reason;
  }

  /** Answers what the worker asks and waits for. */
  answer(question: Question): void {
    this.#answer(question).then(
      (numbers) => this.#reply(Answer.DONE, numbers),
      (error) => {
        this.#session.fail(error);
        this.#reply(Answer.FAILED, [0, 0]);
      },
    );
  }

  #reply(state: number, numbers: readonly [number, number]): void {
    const { control } = this.#session;
    control.numbers.set(numbers);
    control.store(Control.ANSWER, state);
    this.#session.notifyWorker();
  }

  async #answer(question: Question): Promise<readonly [number, number]> {
    switch (question.ask) {
      case "open":
        return await this.#open(question);
      case "close":
        return await this.#close(question.file);
      case "select":
        return [this.#session.options.selectStream?.(question.stream) ? 1 : 0, 0];
      case "readBack":
        return await this.#readBack(question);
    }
  }

  async #open(
    { file, url, write, options, hook, ring: shared }: Question & { ask: "open" },
  ): Promise<readonly [number, number]> {
    const request: OpenRequest = { write, options };
    const answer = await this.#session.options[hook]?.(url, request);
    if (answer === undefined) {
      return [0, request.missing === true ? OpenAnswer.MISSING : OpenAnswer.REFUSED];
    }
    assertHookResult(url, answer, write ? "write" : "read");
    if (this.#session.signal.aborted) {
      // The answer came too late: it is closed here.
      if ("write" in answer) await discardOutput(answer, this.#session.signal.reason);
      else await discardInput(answer);
      return [0, OpenAnswer.REFUSED];
    }
    try {
      if (write) assertSink(answer as Sink);
      else assertSource(answer as Source);
    } catch (error) {
      throw await discardedAfter(error, answer as Source);
    }
    const ring = new Ring(shared);
    if (write) {
      const sink = answer as Sink;
      this.#start(file, new SinkPump(this.#session, ring, sink));
      return [
        0,
        sink.seekable === false
          ? OpenAnswer.STREAM
          : sink.read
          ? OpenAnswer.SEEKABLE_READABLE
          : OpenAnswer.SEEKABLE,
      ];
    }
    const { source } = await this.#startSource(file, ring, answer as Source);
    return [
      checkedSize(source.size, "source") ?? -1,
      source.seekable === false ? OpenAnswer.STREAM : OpenAnswer.SEEKABLE,
    ];
  }

  async #close(number: number): Promise<readonly [number, number]> {
    const file = this.#files.get(number);
    if (file instanceof SinkPump) await file.empty();
    await file?.close();
    this.#files.delete(number);
    return [0, 0];
  }

  async #readBack(
    { file, position, into, length }: Question & { ask: "readBack" },
  ): Promise<readonly [number, number]> {
    const pump = this.#files.get(file);
    if (!(pump instanceof SinkPump) || pump.sink.read === undefined) return [0, 0];
    await pump.empty();
    const bytes = makeBytes(length);
    const answer = await pump.sink.read(lendBytes(bytes), position, this.#session.signal);
    const got = sourceAnswer(answer, length);
    assertKept(bytes, length);
    if (typeof got !== "number") return [0, 0];
    new Uint8Array(into).set(partOf(bytes, 0, got));
    return [got, 0];
  }

  async #startSource(
    number: number,
    ring: Ring,
    source: Source,
    timeout?: number,
  ): Promise<SourcePump> {
    const pump = new SourcePump(this.#session, ring, source);
    // Known before it is opened: one that cannot be opened is closed as well.
    this.#files.set(number, pump);
    await pump.open(timeout);
    this.#start(number, pump);
    return pump;
  }

  #start(number: number, file: SourcePump | SinkPump): void {
    this.#files.set(number, file);
    // It ends with the session and reports its errors there: no caller awaits it.
    file.run();
  }
}
