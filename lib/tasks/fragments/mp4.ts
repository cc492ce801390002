/**
 * Fragmented mp4: `moov` ends what comes first, each `moof` with its `mdat` is a fragment.
 *
 * @module
 */
import { Bytes } from "./bytes.ts";
import { Boxes } from "./mp4_boxes.ts";
import { around, type Cutter, type Fragment, fragment } from "./types.ts";

interface Track {
  readonly id: number;
  readonly video: boolean;
  readonly timescale: number;
  /** Ticks of its own before its first edit. */
  readonly start: number;
  readonly defaultFlags: number;
}

interface Sample {
  readonly time: number | null;
  readonly keyframe: boolean;
}

const NOT_SYNC = 1 << 16;

/** Cuts what libavformat's mp4 muxer writes with `empty_moov`. */
export class Mp4Cutter implements Cutter {
  readonly #bytes = new Bytes();
  /** How far the boxes at the front have been looked at; all before are whole. */
  #seen = 0;
  /** The one that counts comes first. */
  #tracks: Track[] = [];
  #started = false;
  #moof: Sample | undefined;

  push(chunk: Uint8Array): Fragment[] {
    const bytes = this.#bytes;
    bytes.add(chunk);
    const cut: Fragment[] = [];
    for (;;) {
      const box = Boxes.at(bytes, this.#seen, bytes.length);
      if (box === undefined || box.end > bytes.length) return cut;
      this.#seen = box.end;
      if (box.type === "moov") {
        this.#tracks = tracksOf(box);
        this.#started = true;
        cut.push(...around("init", this.#take()));
      } else if (box.type === "moof" && this.#started) {
        this.#moof = firstSample(box, this.#tracks);
      } else if (box.type === "mdat" && this.#moof !== undefined) {
        const { time, keyframe } = this.#moof;
        this.#moof = undefined;
        cut.push(fragment(this.#take(), time, keyframe));
      }
    }
  }

  end(): Fragment[] {
    this.#seen = this.#bytes.length;
    return around(this.#started ? "trailer" : "init", this.#take());
  }

  #take(): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.take(this.#seen);
    this.#seen = 0;
    return taken;
  }
}

/** The tracks, the first video track before all others. */
function tracksOf(moov: Boxes): Track[] {
  const mvhd = moov.find("mvhd");
  const movieScale = mvhd?.u32(mvhd.version === 1 ? 20 : 12) ?? 1;
  const tracks = [...moov.children("trak")].flatMap((trak) => {
    const tkhd = trak.find("tkhd");
    const mdhd = trak.find("mdia", "mdhd");
    const hdlr = trak.find("mdia", "hdlr");
    if (!tkhd || !mdhd || !hdlr) return [];
    const id = tkhd.u32(tkhd.version === 1 ? 20 : 12);
    const timescale = mdhd.u32(mdhd.version === 1 ? 20 : 12);
    const trex = [...moov.find("mvex")?.children("trex") ?? []].find((one) => one.u32(4) === id);
    return [{
      id,
      video: hdlr.text(8) === "vide",
      timescale,
      start: editStart(trak, timescale / movieScale),
      defaultFlags: trex?.u32(20) ?? 0,
    }];
  });
  const first = tracks.find(({ video }) => video);
  return first === undefined ? tracks : [first, ...tracks.filter((track) => track !== first)];
}

/** The media time shown at 0: where the first edit begins, less the empty ones before it. */
function editStart(trak: Boxes, scale: number): number {
  const elst = trak.find("edts", "elst");
  if (!elst) return 0;
  const wide = elst.version === 1;
  let empty = 0;
  for (let i = 0; i < elst.u32(4); i++) {
    const at = 8 + i * (wide ? 20 : 12);
    const time = wide ? elst.i64(at + 8) : elst.i32(at + 4);
    if (time >= 0) return time - empty;
    empty += (wide ? elst.u64(at) : elst.u32(at)) * scale;
  }
  return 0;
}

/** When the first sample of the first of these tracks that has one is shown. */
function firstSample(moof: Boxes, tracks: readonly Track[]): Sample {
  for (const track of tracks) {
    const found = sampleOf(moof, track);
    if (found) return { ...found, keyframe: found.keyframe && (track.video || !tracks[0].video) };
  }
  return { time: null, keyframe: false };
}

function sampleOf(moof: Boxes, track: Track): Sample | undefined {
  for (const traf of moof.children("traf")) {
    const tfhd = traf.find("tfhd");
    const tfdt = traf.find("tfdt");
    if (!tfhd || !tfdt || tfhd.u32(4) !== track.id) continue;
    const decode = tfdt.version === 1 ? tfdt.u64(4) : tfdt.u32(4);
    for (const trun of traf.children("trun")) {
      if (trun.u32(4) === 0) continue;
      const { flags, offset } = runStart(trun, tfhdFlags(tfhd) ?? track.defaultFlags);
      const time = (decode + offset - track.start) / track.timescale;
      return { time, keyframe: (flags & NOT_SYNC) === 0 };
    }
  }
  return undefined;
}

/** `default_sample_flags`, behind the optional fields that precede it. */
function tfhdFlags(tfhd: Boxes): number | undefined {
  const { flags } = tfhd;
  if ((flags & 0x20) === 0) return undefined;
  const before = (flags & 1 ? 8 : 0) + (flags & 2 ? 4 : 0) + (flags & 8 ? 4 : 0) +
    (flags & 0x10 ? 4 : 0);
  return tfhd.u32(8 + before);
}

/** The first sample's flags, and ticks from decoding it to showing it. */
function runStart(trun: Boxes, defaultFlags: number): { flags: number; offset: number } {
  const { flags } = trun;
  let at = 8 + (flags & 1 ? 4 : 0);
  let first: number | undefined;
  if (flags & 4) {
    first = trun.u32(at);
    at += 4;
  }
  at += (flags & 0x100 ? 4 : 0) + (flags & 0x200 ? 4 : 0);
  if (flags & 0x400) {
    first ??= trun.u32(at);
    at += 4;
  }
  return {
    flags: first ?? defaultFlags,
    offset: flags & 0x800 ? (trun.version === 0 ? trun.u32(at) : trun.i32(at)) : 0,
  };
}
