/**
 * The worker's dispatch: messages of the main thread become calls of a session.
 *
 * @module
 */
import type { MessagePort } from "node:worker_threads";
import { Control } from "../shared/control_block.ts";
import type { DecodeCommands } from "../shared/decode_protocol.ts";
import { RemoteFailure, toPlain } from "../shared/errors.ts";
import type { CommandMessage } from "../shared/protocol.ts";
import { NativeSession } from "./native_session.ts";
import { loadPart } from "./parts.ts";
import { WorkerSession } from "./worker_session.ts";

/** Returns the receiver of this thread's messages. One session is open at a time. */
export function serve(port: MessagePort): (message: CommandMessage) => void {
  let current: NativeSession | undefined;
  const run = ({ id, control, name, request }: CommandMessage, failure?: unknown) => {
    current ??= new NativeSession(new WorkerSession(port, control));
    const { session } = current;
    const { words } = session.control;
    Atomics.sub(words, Control.COMMANDS, 1);
    Atomics.store(words, Control.INSIDE, 1);
    try {
      if (Atomics.load(words, Control.PROCESS_ENDS) !== 0) throw new RemoteFailure();
      if (failure !== undefined) throw failure;
      const answer = current[name](request as never);
      session.post({ kind: "answer", id, answer }, samplesOf(answer));
    } catch (error) {
      session.post({ kind: "failed", id, error: toPlain(error) });
    } finally {
      if (name === "close") current = undefined;
      Atomics.store(words, Control.INSIDE, 0);
      Atomics.notify(words, Control.INSIDE);
    }
  };
  // Messages that came while a part was loaded: they keep their order.
  let waiting: CommandMessage[] | undefined;
  const receive = (message: CommandMessage) => {
    if (waiting !== undefined) return void waiting.push(message);
    const loading = loadPart(message.name);
    if (loading === undefined) return run(message);
    waiting = [];
    const resume = (failure?: unknown) => {
      const messages = waiting!;
      waiting = undefined;
      run(message, failure);
      messages.forEach(receive);
    };
    loading.then(() => resume(), resume);
  };
  return receive;
}

/** The memory of decoded samples, which moves to the main thread without a copy. */
function samplesOf(answer: unknown): ArrayBuffer[] {
  const { chunks = [] } = (answer ?? {}) as Partial<DecodeCommands["nextPcm"]["answer"]>;
  return chunks.map(({ samples }) => samples.buffer);
}
