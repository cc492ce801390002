/**
 * The worker's dispatch: messages of the main thread become calls of a session or a codec.
 *
 * @module
 */
import type { MessagePort } from "node:worker_threads";
import type { CodecCommands } from "../shared/codec_protocol.ts";
import { Control } from "../shared/control_block.ts";
import type { DecodeCommands } from "../shared/decode_protocol.ts";
import { toPlain } from "../shared/errors.ts";
import type { CommandMessage } from "../shared/protocol.ts";
import { CodecServer } from "./codec_server.ts";
import { NativeSession } from "./native_session.ts";
import { WorkerSession } from "./worker_session.ts";

/** Returns the receiver of this thread's messages. One session is open at a time. */
export function serve(port: MessagePort): (message: CommandMessage | CodecCommands) => void {
  const codecs = new CodecServer(port);
  let current: NativeSession | undefined;
  return (message) => {
    if ("commands" in message) return codecs.receive(message.commands);
    const { id, control, name, request } = message;
    current ??= new NativeSession(new WorkerSession(port, control));
    const { session } = current;
    Atomics.sub(session.control.words, Control.COMMANDS, 1);
    try {
      const answer = current[name](request as never);
      session.post({ kind: "answer", id, answer }, samplesOf(answer));
    } catch (error) {
      session.post({ kind: "failed", id, error: toPlain(error) });
    } finally {
      if (name === "close") current = undefined;
    }
  };
}

/** The memory of decoded samples, which moves to the main thread without a copy. */
function samplesOf(answer: unknown): ArrayBuffer[] {
  const { chunks = [] } = (answer ?? {}) as Partial<DecodeCommands["nextPcm"]["answer"]>;
  return chunks.map(({ samples }) => samples.buffer);
}
