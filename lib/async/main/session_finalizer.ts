/**
 * The end of a forgotten object: the finalizers of asynchronous demuxers, muxers and tasks, and the
 * resources that they release.
 *
 * A finalizer holds nothing that leads back to its object, so a demuxer without `close` can be
 * collected; its session, worker and native memory then end here.
 *
 * @module
 */
import { native, PointerSlot } from "../../../ffi/mod.ts";
import { DisposedError } from "../../error.ts";
import type { RemoteStream } from "../shared/protocol.ts";
import type { PacketSlot } from "../../format/packet.ts";
import type { Sink, Source } from "../../io/contract.ts";
import type { WorkerHandle } from "./worker_pool.ts";
import type { Abortable, WeakAbortListener } from "./pinnable_ref.ts";

/** The resources that a finalizer ends, without a reference back to the session. */
export interface SessionResources {
  readonly handle: WorkerHandle;
  /** True as soon as native memory may be gone. */
  over: boolean;
  /** Packets that the worker frees: their loans end first. */
  slots: readonly PacketSlot[];
  /** The session where it is alive after all, held by what it waits for. */
  readonly session: WeakRef<Abortable>;
  /** On the signal of the program's, which may live on. */
  listening?: WeakAbortListener;
  /** Weakly: what a program's own source or sink holds on to may well be the owner itself. */
  readonly files: WeakRef<Source | Sink>[];
}

const FORGOTTEN = -1;

/** Ends the loans of its packets, and the listener on the program's signal. */
export function endLoans(resources: SessionResources): void {
  resources.over = true;
  resources.listening?.stop();
  for (const slot of resources.slots) slot.disown();
}

/** Ends the session of a registered object when the object is collected. */
export const sessionFinalizer: FinalizationRegistry<SessionResources> = new FinalizationRegistry<
  SessionResources
>((resources) => {
  if (resources.over) return;
  const reason = new DisposedError(
    "the demuxer, muxer or task was collected without being closed: call close() or use `await using`",
  );
  const session = resources.session.deref();
  // The session is alive: it aborts as by hand, and recycles its worker itself.
  if (session !== undefined) return session.abort(reason);
  endLoans(resources);
  resources.handle.closeAndRecycle(FORGOTTEN, () => {
    for (const weak of resources.files) {
      const file = weak.deref();
      if (file === undefined) continue;
      Promise.resolve("write" in file ? file.abort?.(reason) : undefined)
        .then(() => file.close?.()).catch(() => {});
    }
  });
});

/** Native memory of a muxer that its worker has not taken over yet. */
export interface MuxerAllocations {
  streams: RemoteStream[];
  /** Packets that wait to be queued; the task that queues one frees it. */
  readonly packets: Set<PacketSlot>;
}

/** Frees the allocations of a forgotten muxer. */
export const muxerFinalizer: FinalizationRegistry<MuxerAllocations> = new FinalizationRegistry<
  MuxerAllocations
>((allocations) => {
  freeStreams(allocations);
  for (const slot of allocations.packets) slot.free();
});

/** Frees the parameters of streams that wait for the header. */
export function freeStreams(allocations: MuxerAllocations): void {
  const { avcodec } = native();
  for (const { parameters } of allocations.streams) {
    avcodec.avcodec_parameters_free(new PointerSlot(parameters).bytes);
  }
  allocations.streams = [];
}
