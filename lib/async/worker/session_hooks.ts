/**
 * Hooks of the main thread and its outputs, as libav's half of a session takes them.
 *
 * @module
 */
import type { LogLine } from "../../log/capture.ts";
import type { Hooks } from "../shared/remote.ts";
import type { Marker } from "../../io/avio/marker.ts";
import type { RemoteOutput } from "../shared/protocol.ts";
import type { WorkerSession } from "./worker_session.ts";

/** The options `open` and `onLog`, where the main thread has them. */
export function sessionHooks(session: WorkerSession, { open, log }: Hooks) {
  return {
    open: open ? session.open : undefined,
    onLog: log ? (line: LogLine) => session.log(line) : undefined,
  };
}

/** Those that a task's demuxers have for themselves. */
export function inputHooks(session: WorkerSession, { open, log }: Hooks) {
  return {
    ...(open && { open: session.inputOpen }),
    ...(log && { onLog: (line: LogLine) => session.log(line, "onInputLog") }),
  };
}

/** The sink of an output, and the option `onMarker` where it wants markers. */
export function sessionSink(session: WorkerSession, output: RemoteOutput) {
  const sink = session.sink(output);
  const onMarker = (marker: Marker) =>
    typeof sink === "object" ? sink.mark?.(marker) : session.post({ kind: "marker", marker });
  return { sink, onMarker: output.markers ? onMarker : undefined };
}
