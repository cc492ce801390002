/**
 * MPEG transport streams: the tables at the start are the init; a fragment begins with a picture
 * that can be decoded by itself, or without video every so many seconds.
 *
 * @module
 */
import { Bytes } from "./bytes.ts";
import { elementaryStreams, programMap } from "./mpegts_tables.ts";
import { around, type Cutter, type Fragment, fragment } from "./types.ts";

const PACKET = 188;
const SYNC = 0x47;
const PAT = 0;
const NIT = 0x10;
const SDT = 0x11;
const NULL_PACKET = 0x1fff;
const TICKS = 90_000;
const WRAP = 2 ** 33;
const START_CODE = 1;

const tables: ReadonlySet<number> = new Set([PAT, NIT, SDT, NULL_PACKET]);

/** Cuts what libavformat's mpegts muxer writes. */
export class MpegtsCutter implements Cutter {
  readonly #bytes = new Bytes();
  readonly #longest: number | undefined;
  readonly #withoutVideo: number;
  #seen = 0;
  /** Where the tables right before `#seen` begin, if there are any. */
  #tables: number | undefined;
  #mapPid: number | undefined;
  #streams: NonNullable<ReturnType<typeof elementaryStreams>> = [];
  #started = false;
  /** Of the fragment that is being gathered. */
  #first: { readonly time: number | null; readonly keyframe: boolean } | undefined;
  #lastTime: number | undefined;

  /** `longest` and `withoutVideo` in seconds. */
  constructor({ longest, withoutVideo }: { longest?: number; withoutVideo: number }) {
    this.#longest = longest;
    this.#withoutVideo = withoutVideo;
  }

  push(chunk: Uint8Array): Fragment[] {
    this.#bytes.add(chunk);
    const cut: Fragment[] = [];
    while (this.#bytes.length - this.#seen >= PACKET) {
      if (this.#bytes.u8(this.#seen) !== SYNC) {
        throw new Error("fragments: this is no transport stream in packets of 188 bytes");
      }
      cut.push(...this.#packet());
      this.#seen += PACKET;
    }
    return cut;
  }

  end(): Fragment[] {
    if (!this.#started) return around("init", this.#take(this.#bytes.length));
    return this.#bytes.length > 0 ? [this.#fragment(this.#bytes.length)] : [];
  }

  #packet(): Fragment[] {
    const bytes = this.#bytes;
    const at = this.#seen;
    const pid = bytes.u16(at + 1) & 0x1fff;
    if (tables.has(pid) || pid === this.#mapPid) {
      this.#tables ??= at;
      if (pid === PAT) this.#mapPid = programMap(bytes, at) ?? this.#mapPid;
      else if (pid === this.#mapPid) this.#streams = elementaryStreams(bytes, at) ?? this.#streams;
      return [];
    }
    const before = this.#tables ?? at;
    this.#tables = undefined;
    if (!this.#started) {
      this.#started = true;
      const init = around("init", this.#take(at));
      this.#look(pid);
      return init;
    }
    const found = this.#start(pid);
    if (found === undefined) return [];
    const cut = this.#first !== undefined && before > 0 && this.#cutsAt(found)
      ? [this.#fragment(before)]
      : [];
    this.#first ??= found;
    return cut;
  }

  #look(pid: number): void {
    const found = this.#start(pid);
    if (found) this.#first = found;
  }

  get #primary(): { readonly pid: number; readonly video: boolean } | undefined {
    return this.#streams.find(({ video }) => video) ?? this.#streams[0];
  }

  #cutsAt({ time, keyframe }: { time: number | null; keyframe: boolean }): boolean {
    const video = this.#primary?.video === true;
    if (video && keyframe) return true;
    const longest = this.#longest ?? (video ? undefined : this.#withoutVideo);
    const start = this.#first?.time ?? null;
    return longest !== undefined && time !== null && start !== null && time - start >= longest;
  }

  /** The fragment that begins with the packet at `#seen`, if its stream counts. */
  #start(pid: number): { time: number | null; keyframe: boolean } | undefined {
    const bytes = this.#bytes;
    const at = this.#seen;
    const primary = this.#primary;
    const unitStart = (bytes.u8(at + 1) & 0x40) !== 0;
    if (pid !== primary?.pid || !unitStart) return undefined;
    const control = bytes.u8(at + 3) & 0x30;
    const adapted = (control & 0x20) !== 0;
    const adaptation = adapted ? bytes.u8(at + 4) : 0;
    const random = adaptation > 0 && (bytes.u8(at + 5) & 0x40) !== 0;
    const pes = at + 4 + (adapted ? 1 + adaptation : 0);
    const room = at + PACKET - pes;
    let time: number | null = null;
    if ((control & 0x10) !== 0 && room >= 14 && bytes.u32(pes) >>> 8 === START_CODE) {
      if ((bytes.u8(pes + 7) & 0x80) !== 0) time = this.#unwrap(timestamp(bytes, pes + 9));
    }
    return { time, keyframe: !primary.video || random };
  }

  /** The clock begins again after 26 hours; the time here goes on. */
  #unwrap(ticks: number): number {
    const last = this.#lastTime;
    const turns = last === undefined ? 0 : Math.round((last - ticks) / WRAP);
    this.#lastTime = ticks + turns * WRAP;
    return this.#lastTime / TICKS;
  }

  #fragment(length: number): Fragment {
    const { time = null, keyframe = false } = this.#first ?? {};
    this.#first = undefined;
    return fragment(this.#take(length), time, keyframe);
  }

  #take(length: number): Uint8Array<ArrayBuffer> {
    this.#seen = Math.max(0, this.#seen - length);
    return this.#bytes.take(length);
  }
}

/** 33 bits in five bytes. */
function timestamp(bytes: Bytes, at: number): number {
  return ((bytes.u8(at) >> 1) & 7) * 2 ** 30 + (bytes.u16(at + 1) >> 1) * 2 ** 15 +
    (bytes.u16(at + 3) >> 1);
}
