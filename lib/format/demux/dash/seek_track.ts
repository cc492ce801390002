/**
 * Moves a track: the manifest tells the segment, and reading on from there the keyframe.
 *
 * @module
 */
import type { PacketQueue } from "./packet_queue.ts";
import type { Track } from "./track.ts";

/** Where a track is moved to. */
export interface SeekGoal {
  /** Seconds on the clock of the packets. */
  readonly seconds: number;
  /** True where any packet will do, and not only a keyframe. */
  readonly any: boolean;
  /** The outer index of the stream that decides. */
  readonly stream?: number;
}

// Times are sought in microseconds.
const TOLERANCE_SECONDS = 1e-6;
const VIDEO = 0;

interface Position {
  readonly piece: number;
  readonly segment: number;
}

/**
 * Leaves in `queue` the last keyframe at or before the time and all that follows it, as far as it
 * was read, and at the beginning of the media the first packets. Returns the keyframe's time.
 */
export function seekTrack(track: Track, queue: PacketQueue, goal: SeekGoal): number | null {
  const decides = decidingStream(track, goal.stream);
  let position: Position | undefined = likelyPosition(track, goal.seconds);
  let first = true;
  while (position !== undefined) {
    const { piece, segment } = position;
    const { isFile } = track.pieces[piece].representation;
    // The first try in a file is by its index, the second from its beginning.
    const moved: boolean = isFile && first && track.seekInFile(piece, goal.seconds);
    if (!moved) track.open(piece, segment);
    queue.clear();
    const landed = readUpTo(track, queue, goal, decides);
    if (landed !== null) return landed;
    if (!moved) position = before(track, position);
    first = !moved;
  }
  return null;
}

function decidingStream(track: Track, stream: number | undefined): number {
  const asked = track.streams.indexOf(stream ?? -1);
  if (asked >= 0) return asked;
  const { core } = track;
  const video = track.streams.findIndex((_, index) => {
    const at = core.stream(index).at("codecpar");
    return core.native.struct("AVCodecParameters", at).number("codec_type") === VIDEO;
  });
  return Math.max(0, video);
}

/** The last segment that begins at or before the time. */
function likelyPosition(track: Track, seconds: number): Position {
  let found: Position = { piece: 0, segment: 0 };
  for (const [piece, { representation, shift }] of track.pieces.entries()) {
    const { segments } = representation;
    for (let segment = segments.length - 1; segment >= 0; segment--) {
      if (segments[segment].start + shift > seconds + TOLERANCE_SECONDS) continue;
      found = { piece, segment };
      break;
    }
  }
  return found;
}

function before(track: Track, { piece, segment }: Position): Position | undefined {
  if (segment > 0) return { piece, segment: segment - 1 };
  if (piece === 0) return undefined;
  return { piece: piece - 1, segment: track.pieces[piece - 1].representation.segments.length - 1 };
}

/** Reads up to the time; the time of the last keyframe before it, null where there is none. */
function readUpTo(
  track: Track,
  queue: PacketQueue,
  { seconds, any }: SeekGoal,
  decides: number,
): number | null {
  const latest = seconds + TOLERANCE_SECONDS;
  let landed: number | null = null;
  while (track.read()) {
    const { decoded, shown, slot } = track;
    const isDeciding = slot.streamIndex === decides;
    const begins = isDeciding && (any || slot.isKeyframe) && shown !== null && shown <= latest;
    queue.push(decoded, (packet) => track.moveTo(packet));
    if (begins) {
      queue.keepLast();
      landed = Math.min(shown, decoded ?? shown);
    }
    if (isDeciding && decoded !== null && decoded > latest) break;
  }
  return landed;
}
