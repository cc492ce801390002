/**
 * Matroska and WebM: what comes before the first cluster is the init, each cluster is a fragment.
 *
 * @module
 */
import { Bytes } from "./bytes.ts";
import { type Element, elementAt, elements, find, Id, unsigned } from "./matroska_elements.ts";
import { around, type Cutter, type Fragment, fragment } from "./types.ts";

const VIDEO = 1;
const KEYFRAME = 0x80;
const NANOSECONDS = 1e9;
const DEFAULT_SCALE = 1e6;

/** The elements that end a cluster of unknown size: all others of its level. */
const besideClusters: ReadonlySet<number> = new Set([
  Id.CLUSTER,
  Id.CUES,
  Id.TAGS,
  Id.SEEK_HEAD,
  Id.INFO,
  Id.TRACKS,
  Id.CHAPTERS,
  Id.ATTACHMENTS,
  Id.EBML,
  Id.SEGMENT,
]);

/** Cuts what libavformat's matroska muxer writes. */
export class MatroskaCutter implements Cutter {
  readonly #bytes = new Bytes();
  /** How far the elements at the front have been looked at; all before are whole. */
  #seen = 0;
  /** Seconds of a tick. */
  #tick = DEFAULT_SCALE / NANOSECONDS;
  /** The track whose blocks tell time and keyframe. */
  #track: { readonly number: number; readonly video: boolean } | undefined;
  /** Seconds that a track's decoder needs first: its blocks are that much later than shown. */
  readonly #delays = new Map<number, number>();
  #started = false;
  /** How far the children of a cluster of unknown size have been looked at. */
  #inside = 0;

  push(chunk: Uint8Array): Fragment[] {
    this.#bytes.add(chunk);
    const cut: Fragment[] = [];
    for (;;) {
      const element = elementAt(this.#bytes, this.#seen, this.#bytes.length);
      if (element === undefined) break;
      if (element.id === Id.CLUSTER && !this.#started) {
        this.#started = true;
        cut.push(...around("init", this.#take(this.#seen)));
        continue;
      }
      // The segment has no end of its own here: what it holds is looked at one by one.
      if (element.id === Id.SEGMENT) {
        this.#seen = element.body;
        continue;
      }
      const end = this.#endOf(element);
      if (end === undefined) break;
      this.#seen = end;
      if (element.id === Id.INFO) this.#readScale({ ...element, end });
      else if (element.id === Id.TRACKS) this.#readTracks({ ...element, end });
      else if (element.id === Id.CLUSTER) cut.push(this.#cluster({ ...element, end }));
    }
    // A header is written at once: it is whole here, whether a cluster follows or not.
    if (this.#track !== undefined && !this.#started && this.#seen === this.#bytes.length) {
      this.#started = true;
      cut.push(...around("init", this.#take(this.#seen)));
    }
    return cut;
  }

  end(): Fragment[] {
    const { length } = this.#bytes;
    const last = elementAt(this.#bytes, this.#seen, length);
    const cut = last?.id === Id.CLUSTER && last.end === undefined
      ? [this.#cluster({ ...last, end: this.#seen = length })]
      : [];
    return [...cut, ...around(this.#started ? "trailer" : "init", this.#take(this.#bytes.length))];
  }

  #take(length: number): Uint8Array<ArrayBuffer> {
    this.#seen = 0;
    this.#inside = 0;
    return this.#bytes.take(length);
  }

  /** Where it ends, once all of it is here. */
  #endOf({ id, body, end }: Element): number | undefined {
    const { length } = this.#bytes;
    if (end !== undefined) return end <= length ? end : undefined;
    if (id !== Id.CLUSTER) throw new Error("fragments: only a cluster may be of unknown size");
    let at = Math.max(body, this.#inside);
    for (;;) {
      const child = elementAt(this.#bytes, at, length);
      if (child === undefined) break;
      if (besideClusters.has(child.id)) return at;
      if (child.end === undefined || child.end > length) break;
      at = child.end;
    }
    this.#inside = at;
    return undefined;
  }

  #readScale(info: Element & { end: number }): void {
    const scale = find(this.#bytes, info, Id.TIMESTAMP_SCALE);
    if (scale) this.#tick = unsigned(this.#bytes, scale) / NANOSECONDS;
  }

  #readTracks(tracks: Element & { end: number }): void {
    for (const entry of elements(this.#bytes, tracks)) {
      if (entry.id !== Id.TRACK_ENTRY) continue;
      const given = find(this.#bytes, entry, Id.TRACK_NUMBER);
      const type = find(this.#bytes, entry, Id.TRACK_TYPE);
      if (!given || !type) continue;
      const number = unsigned(this.#bytes, given);
      const delay = find(this.#bytes, entry, Id.CODEC_DELAY);
      if (delay) this.#delays.set(number, unsigned(this.#bytes, delay) / NANOSECONDS);
      const video = unsigned(this.#bytes, type) === VIDEO;
      if (this.#track === undefined || (video && !this.#track.video)) {
        this.#track = { number, video };
      }
    }
  }

  #cluster(cluster: Element & { end: number }): Fragment {
    const found = this.#firstBlock(cluster);
    return fragment(this.#take(cluster.end), found?.time ?? null, found?.keyframe ?? false);
  }

  #firstBlock(cluster: Element & { end: number }): { time: number; keyframe: boolean } | undefined {
    const bytes = this.#bytes;
    const track = this.#track;
    const timestamp = find(bytes, cluster, Id.TIMESTAMP);
    if (!timestamp || !track) return undefined;
    const start = unsigned(bytes, timestamp);
    let other: { time: number; keyframe: boolean } | undefined;
    for (const child of elements(bytes, cluster)) {
      const group = child.id === Id.BLOCK_GROUP;
      if (!group && child.id !== Id.SIMPLE_BLOCK) continue;
      const block = group ? find(bytes, child, Id.BLOCK) : child;
      if (!block) continue;
      const { length, value } = blockTrack(bytes, block.body);
      const at = block.body + length;
      const time = (start + (bytes.u16(at) << 16 >> 16)) * this.#tick -
        (this.#delays.get(value) ?? 0);
      if (value !== track.number) {
        other ??= { time, keyframe: !track.video };
        continue;
      }
      const key = group
        ? find(bytes, child, Id.REFERENCE_BLOCK) === undefined
        : (bytes.u8(at + 2) & KEYFRAME) !== 0;
      return { time, keyframe: !track.video || key };
    }
    return other;
  }
}

/** A block begins with its track's number, of variable length. */
function blockTrack(bytes: Bytes, at: number): { length: number; value: number } {
  const first = bytes.u8(at);
  const length = Math.clz32(first) - 23;
  let value = first & (0xff >> length);
  for (let i = 1; i < length; i++) value = value * 256 + bytes.u8(at + i);
  return { length, value };
}
