/**
 * Reads a DASH manifest: a track each representation, merged by time.
 *
 * @module
 */
import { AV_NOPTS_VALUE, NULL, type Pointer } from "../../../../ffi/mod.ts";
import { writeDictionary } from "../../../dictionary.ts";
import { AVERROR, AVError } from "../../../error.ts";
import { openInput } from "../../../io/input.ts";
import { release, releasedAfter } from "../../../io/avio/release.ts";
import { openThroughHook } from "../../../io/nested/hook_call.ts";
import type { DashInput } from "../../../io/nested/prepare_input.ts";
import { brokenManifest, type Kind, type Manifest } from "../../../io/nested/dash/types.ts";
import type { SegmentOpener } from "../../../io/nested/dash/segment_source.ts";
import { FormatCore } from "../../format_context.ts";
import type { PacketSlot } from "../../packet.ts";
import type { DemuxerSyncOptions } from "../options.ts";
import { addOuterStream } from "./outer_streams.ts";
import type { SeekOptions } from "../seek.ts";
import { type SeekGoal, seekTrack } from "./seek_track.ts";
import { PacketQueue } from "./packet_queue.ts";
import { Track, type TrackPiece } from "./track.ts";

const MICROSECONDS = 1_000_000;
// Beyond any media, and within what a time in microseconds holds.
const MAX_SECONDS = 1e12;

/** A track with the packets that a seek has read ahead, and how far it has come. */
interface Reading {
  readonly track: Track;
  readonly kind: Kind;
  readonly queue: PacketQueue;
  /** Seconds of the last packet. */
  at: number;
}

/** The tracks of a manifest behind one context, which shows their streams. */
export class DashReader {
  readonly format = { name: "dash", longName: "Dynamic Adaptive Streaming over HTTP" };
  readonly core: FormatCore;
  readonly #readings: Reading[] = [];

  /** Opens every representation; `slot` is released with the context. */
  constructor(dash: DashInput, options: DemuxerSyncOptions, slot: PacketSlot) {
    const { manifest, bytes } = dash;
    const { signal, timeout, maxBytes, onLog } = options;
    const io = openInput(bytes, { signal, timeout, maxBytes });
    const { avformat } = io.core.native;
    const pointer = avformat.avformat_alloc_context();
    if (pointer === NULL) {
      const error = new AVError({ code: AVERROR("ENOMEM"), operation: "avformat_alloc_context" });
      throw releasedAfter(error, () => release(io.core.releaseSteps()));
    }
    this.core = new FormatCore({
      kind: "demuxer",
      io: io.core,
      pointer,
      onLog,
      free: (at) => avformat.avformat_free_context(at),
      freeExtra: () => {
        slot.free();
        this.#free();
      },
    });
    try {
      this.#countBytes(bytes.length);
      this.#open(dash, options);
      this.#describe(manifest);
    } catch (error) {
      throw releasedAfter(error, () => this.core.release());
    }
  }

  #countBytes(bytes: number): void {
    this.core.io.countTransferred(bytes);
    this.core.io.assertWithin();
  }

  #open({ manifest, name, open }: DashInput, options: DemuxerSyncOptions): void {
    const { signal, timeout } = options;
    const opener: SegmentOpener = {
      name,
      // The hook must not end the context that waits for it.
      open: (url) => {
        const { io, nested } = this.core;
        const source = io.runUserCode(() => openThroughHook(open, url, { signal, timeout }));
        if (source === null) nested.missing.add(url);
        return source;
      },
      count: (bytes) => this.#countBytes(bytes),
    };
    const inner = trackOptions(options);
    for (const pieces of tracksOf(manifest)) {
      const { representation } = pieces[0];
      const track = new Track({ pieces, opener, options: inner });
      const queue = new PacketQueue();
      this.#readings.push({ track, kind: representation.kind, queue, at: -Infinity });
      this.#addStreams(track);
    }
  }

  /** Reads only the tracks that have one of these streams. */
  want(wanted: ReadonlySet<number>): void {
    for (const { track } of this.#readings) {
      track.isWanted = track.streams.some((index) => wanted.has(index));
    }
  }

  /** Shows the streams of a track that are not shown yet. */
  #addStreams(track: Track): void {
    const { representation, shift } = track.pieces[0];
    const count = track.core.struct.number("nb_streams");
    const id = this.#readings.findIndex((one) => one.track === track);
    for (let index = track.streams.length; index < count; index++) {
      track.streams.push(
        addOuterStream(this.core, track.core, index, { representation, shift, id }),
      );
    }
  }

  #describe({ duration, metadata }: Manifest): void {
    const { struct, native } = this.core;
    if (duration !== undefined) struct.set("duration", Math.round(duration * MICROSECONDS));
    const starts = this.#readings.flatMap(({ track }) =>
      track.streams.flatMap((index) => {
        const stream = this.core.stream(index);
        const ticks = stream.number("start_time");
        if (ticks === AV_NOPTS_VALUE) return [];
        return [ticks * stream.number("time_base.num") / stream.number("time_base.den")];
      })
    );
    if (starts.length > 0) {
      struct.set("start_time", Math.round(Math.min(...starts) * MICROSECONDS));
    }
    struct.set("probe_score", 100);
    writeDictionary(native, struct.pointer, struct.offset("metadata"), metadata);
  }

  /** The next packet of any track, into one that is empty; false at the end. */
  read(packet: Pointer): boolean {
    for (;;) {
      const reading = this.#next();
      if (reading === undefined) return false;
      const { track, queue } = reading;
      if (queue.shift(packet, reading)) return true;
      if (!this.#guarded(() => track.read())) continue;
      if (track.slot.streamIndex >= track.streams.length) this.#addStreams(track);
      reading.at = track.decoded ?? reading.at;
      track.moveTo(packet);
      return true;
    }
  }

  /** The track that is behind all others. */
  #next(): Reading | undefined {
    let first: Reading | undefined;
    for (const reading of this.#readings) {
      const { track, queue } = reading;
      if (!track.isWanted || (track.ended && queue.length === 0)) continue;
      if (first === undefined || reading.at < first.at) first = reading;
    }
    return first;
  }

  /** An error that a callback of a track threw ends the whole context. */
  #guarded<T>(run: () => T): T {
    try {
      return run();
    } catch (error) {
      if (this.#readings.some(({ track }) => track.isPoisoned)) {
        this.core.io.poison(error);
        this.core.io.throwIfFailed("av_read_frame");
      }
      throw error;
    }
  }

  /** Moves to a time in seconds: every track to its last keyframe at or before that. */
  seek(position: number, { stream, mode }: SeekOptions): void {
    if (mode === "byte") {
      throw new TypeError("seek: a DASH manifest has no byte positions; give a time in seconds");
    }
    if (this.core.io.poisoned) this.core.io.throwIfFailed("avformat_seek_file");
    const seconds = Math.max(-MAX_SECONDS, Math.min(position, MAX_SECONDS));
    const any = mode === "any";
    const wanted = this.#readings.filter(({ track }) => track.isWanted);
    const lead = wanted.find(({ track }) => track.streams.includes(stream ?? -1)) ??
      wanted.find(({ kind }) => kind === "video") ?? wanted[0];
    if (lead === undefined) return;
    this.#guarded(() => {
      const goal: SeekGoal = { seconds, any };
      const begins = this.#seekOne(lead, { ...goal, stream }) ?? seconds;
      for (const reading of wanted) {
        if (reading !== lead) this.#seekOne(reading, { ...goal, seconds: begins });
      }
    });
  }

  #seekOne(reading: Reading, goal: SeekGoal): number | null {
    reading.at = -Infinity;
    reading.queue.clear();
    return seekTrack(reading.track, reading.queue, goal);
  }

  #free(): void {
    let failed: { readonly error: unknown } | undefined;
    for (const { track, queue } of this.#readings) {
      try {
        queue.clear();
        track.free();
      } catch (error) {
        failed ??= { error };
      }
    }
    if (failed) throw failed.error;
  }
}

/** Options of a track: it opens nothing, and its bytes are counted with the others'. */
function trackOptions(options: DemuxerSyncOptions): DemuxerSyncOptions {
  const { open: _, name: __, format: ___, streams: ____, maxBytes: _____, ...rest } = options;
  const { cenc_decryption_key: key, ...others } = rest.options ?? {};
  // The name that libavformat's own DASH demuxer has for the option of its tracks.
  return { ...rest, options: key === undefined ? others : { ...others, decryption_key: key } };
}

/** The representations of all periods, joined by their order. */
function tracksOf({ periods }: Manifest): TrackPiece[][] {
  const kinds = periods.map(({ representations }) =>
    representations.map(({ kind }) => kind).join()
  );
  const other = kinds.findIndex((kind) => kind !== kinds[0]);
  if (other > 0) {
    throw brokenManifest(
      `the periods have other representations (${kinds[0]}; ${kinds[other]}): read the periods ` +
        "one by one, each as a manifest of its own",
    );
  }
  return periods[0].representations.map((_, index) =>
    periods.map(({ start, representations }) => {
      const representation = representations[index];
      // One period keeps the times of its files, as in libavformat.
      return { representation, shift: periods.length === 1 ? 0 : start - representation.origin };
    })
  );
}
