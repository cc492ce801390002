/**
 * The fate of each stream: copied, encoded again, or left out.
 *
 * @module
 */
import { type Native, native, NULL } from "../../../ffi/mod.ts";
import {
  chooseStreams,
  defaultExclusion,
  type DroppedStream,
  holdsCoverOnly,
  pictureCodec,
  reasonOf,
  UNREAD,
} from "../../format/remux/choose_streams.ts";
import { AVError } from "../../error.ts";
import { selectStreams } from "../../format/stream_selection.ts";
import { constantName } from "../../format/struct_values.ts";
import type { Stream } from "../../format/types.ts";
import { guessMuxer } from "../../io/nested/muxer_guess.ts";
import { decoderNames } from "../codecs.ts";
import type { AudioTarget, TranscodeSyncOptions, VideoTarget } from "./options.ts";

const AVFMT_GLOBALHEADER = 0x40;

/** A stream that is encoded again. */
export type EncodedPlan =
  | { readonly stream: Stream & { type: "video" }; readonly target: VideoTarget }
  | { readonly stream: Stream & { type: "audio" }; readonly target: AudioTarget };

/** The streams of the output in its order. */
export interface Plan {
  /** Copied as they are. */
  readonly copied: readonly Stream[];
  readonly encoded: readonly EncodedPlan[];
  /** All of them, in the order of the output. */
  readonly order: readonly Stream[];
  readonly dropped: readonly DroppedStream[];
  /** True where the format wants setup bytes in its header. */
  readonly globalHeader: boolean;
}

interface PlanOptions
  extends Pick<TranscodeSyncOptions, "video" | "audio" | "streams" | "unsupported" | "options"> {
  readonly format: string | undefined;
  readonly name: string | undefined;
  /** The streams that the demuxer was told to read; default all. */
  readonly readable?: ReadonlySet<number> | undefined;
  readonly open?: TranscodeSyncOptions["open"];
}

/** Decides on every stream. Throws where nothing is left. */
export function planStreams(all: readonly Stream[], options: PlanOptions): Plan {
  const { streams: selection } = options;
  const format = formatOf(options);
  const isUnread = ({ index }: Stream) =>
    selection === undefined && options.readable?.has(index) === false;
  const wanted = selection === undefined
    ? all.filter((stream) => !isUnread(stream))
    : selectStreams(selection, all);
  const dropped = all.filter(isUnread).map(({ index, type, codec }): DroppedStream => ({
    index,
    type,
    codec: codec.name,
    reason: UNREAD,
  }));
  const encoded: EncodedPlan[] = [];
  const copies: Stream[] = [];
  for (const stream of wanted) {
    const target = targetOf(stream, options);
    if (target === false) {
      const { index, type, codec } = stream;
      dropped.push({ index, type, codec: codec.name, reason: `${type} is not wanted` });
    } else if (
      typeof target === "object" && target.codec !== undefined && changes(stream, target)
    ) {
      encoded.push({ stream, target } as EncodedPlan);
    } else if (target !== "copy" && format.uncompressed && isCompressedSound(stream)) {
      const inFormat = { ...target as AudioTarget, codec: format.audio };
      encoded.push({ stream, target: inFormat } as EncodedPlan);
    } else copies.push(stream);
  }
  let copied: readonly Stream[] = [];
  if (copies.length > 0) {
    const isEncoded = (stream: Stream) => replacement(stream, options, format) !== undefined;
    const sounds = [...encoded.map(({ stream }) => stream), ...copies.filter(isEncoded)];
    const chosen = chooseCopies(copies, options, {
      others: encoded.length > 0,
      coverBeside: format.coverOnly && sounds.some(({ type }) => type === "audio"),
    });
    // One that changes keeps its codec where the format holds that.
    const kept = (stream: Stream) => {
      const target = targetOf(stream, options);
      if (typeof target !== "object" || !changes(stream, target)) return true;
      encoded.push({ stream, target } as EncodedPlan);
      return false;
    };
    copied = chosen.streams.filter(kept);
    for (const reason of chosen.dropped) {
      const stream = all[reason.index];
      const target = replacement(stream, options, format);
      if (target === undefined) dropped.push(reason);
      else encoded.push({ stream, target } as EncodedPlan);
    }
  }
  for (const plan of encoded.splice(0)) {
    const lack = lackOf(plan.stream);
    if (lack === undefined) encoded.push(plan);
    else if (options.unsupported === "error") {
      throw new RangeError(`transcode: stream ${plan.stream.index} cannot be decoded: ${lack}`);
    } else {
      const { index, type, codec } = plan.stream;
      dropped.push({ index, type, codec: codec.name, reason: lack });
    }
  }
  const kept = new Set([...copied, ...encoded.map(({ stream }) => stream)]);
  const order = wanted.filter((stream) => kept.has(stream));
  if (order.length === 0 && all.length > 0) {
    const why = dropped.map(({ index, reason }) => `stream ${index}: ${reason}`).join("; ");
    throw new RangeError(`transcode: no stream is left (${why || "none was chosen"})`);
  }
  return { copied, encoded, order, dropped, globalHeader: format.globalHeader };
}

interface Beside {
  /** True where other streams are encoded. */
  readonly others: boolean;
  /** True where a cover is taken beside sound that is encoded, though not by itself. */
  readonly coverBeside: boolean;
}

/** Those that the format takes as they are; a refusal of all of them is told of each. */
function chooseCopies(
  copies: readonly Stream[],
  options: PlanOptions,
  { others, coverBeside }: Beside,
) {
  const { format, name, open, options: settings, unsupported } = options;
  const choice = { format, name, open, options: settings };
  // A selection that is empty of what is left over has the default's rules on data tracks.
  const byName = options.streams !== undefined;
  const of = (streams: readonly Stream[]) =>
    chooseStreams(streams, {
      ...choice,
      unsupported: unsupported === "error" ? "error" : "drop",
      ...(byName && { streams: () => true }),
    });
  try {
    return of(copies);
  } catch (error) {
    const media = copies.some((stream) => isMedia(stream));
    if (!others && !media || unsupported === "error") throw error;
    // None can be copied: those that can be encoded again still are.
    const lack = defaultExclusion(choice);
    const isKept = ({ isCoverArt, codec }: Stream) =>
      coverBeside && isCoverArt && COVER_CODEC.test(codec.name);
    const dropped = copies.filter((stream) => !isKept(stream)).map((stream) => ({
      index: stream.index,
      type: stream.type,
      codec: stream.codec.name,
      reason: lack(stream) ?? (error instanceof AVError ? reasonOf(error, stream) : String(error)),
    }));
    return { streams: copies.filter(isKept), dropped };
  }
}

/** The codecs of pictures in ID3 tags and in FLAC that every player shows. */
const COVER_CODEC = /^(mjpeg|png)$/;

function isMedia({ type, isCoverArt }: Stream): boolean {
  return (type === "video" || type === "audio") && !isCoverArt;
}

function isCompressedSound({ type, codec }: Stream): boolean {
  return type === "audio" && !codec.name.startsWith("pcm_");
}

function targetOf(
  stream: Stream,
  { video, audio }: PlanOptions,
): VideoTarget | AudioTarget | "copy" | false | undefined {
  if (stream.type === "video") return stream.isCoverArt && video !== false ? "copy" : video;
  return stream.type === "audio" ? audio : undefined;
}

/** True where anything that is asked for differs from what there is. */
function changes(stream: Stream, target: VideoTarget | AudioTarget): boolean {
  const { codec, bitRate, options, ...rest } = target;
  if (codec !== undefined && codec !== stream.codec.name) return true;
  if (bitRate !== undefined || options !== undefined) return true;
  const asked = rest as VideoTarget & AudioTarget;
  if (stream.type === "video") {
    const { width, height, frameRate, pixelFormat } = asked;
    return (width ?? stream.width) !== stream.width ||
      (height ?? stream.height) !== stream.height ||
      frameRate !== undefined || (pixelFormat ?? stream.pixelFormat) !== stream.pixelFormat;
  }
  if (stream.type !== "audio") return false;
  const { sampleRate, channels } = asked;
  return (sampleRate ?? stream.sampleRate) !== stream.sampleRate ||
    (channels ?? stream.channels) !== stream.channels;
}

/** Why a stream cannot be decoded, in a few words. */
function lackOf(stream: Stream): string | undefined {
  const { name } = stream.codec;
  if (decoderNames(name).length === 0) return `there is no decoder of ${name}`;
  const known = stream.type === "video"
    ? stream.width > 0 && stream.height > 0
    : stream.type === "audio" && stream.sampleRate > 0 && stream.channels > 0;
  return known ? undefined : "its parameters were not found: raise probeSize and analyzeDuration";
}

interface OutputFormat {
  readonly video: string | undefined;
  readonly audio: string | undefined;
  readonly globalHeader: boolean;
  /** True where sound is stored as samples, though other codecs can be. */
  readonly uncompressed: boolean;
  /** True where the only picture is a cover. */
  readonly coverOnly: boolean;
}

/** Formats that programs take for samples alone, whatever libavformat can put into them. */
const uncompressed: ReadonlySet<string> = new Set(["wav", "w64", "aiff", "au"]);

function formatOf({ format, name }: PlanOptions): OutputFormat {
  const lib: Native = native();
  const guess = guessMuxer(format, name ?? "");
  if (guess === undefined) {
    const none = { video: undefined, audio: undefined };
    return { ...none, globalHeader: true, uncompressed: false, coverOnly: false };
  }
  const struct = lib.struct("AVOutputFormat", guess.pointer);
  const codec = (field: "video_codec" | "audio_codec") => {
    const id = struct.number(field);
    const at = id === 0 ? NULL : lib.avcodec.avcodec_get_name(id);
    return constantName(lib, at) ?? undefined;
  };
  const picture = guess.name === "image2" ? pictureCodec(name ?? "") : undefined;
  return {
    video: picture ?? codec("video_codec"),
    audio: codec("audio_codec"),
    uncompressed: uncompressed.has(guess.name),
    coverOnly: holdsCoverOnly(guess),
    globalHeader: (struct.number("flags") & AVFMT_GLOBALHEADER) !== 0,
  };
}

/**
 * The codec of the format for a stream that it does not take as it is, where none was asked for.
 */
function replacement(
  stream: Stream,
  { video, audio }: PlanOptions,
  format: OutputFormat,
): VideoTarget | AudioTarget | undefined {
  if (stream.isCoverArt || stream.type === "video" && format.coverOnly) return undefined;
  const given = stream.type === "video" ? video : stream.type === "audio" ? audio : "copy";
  if (given === "copy" || given === false) return undefined;
  const codec = stream.type === "video" ? format.video : format.audio;
  return codec === undefined ? undefined : { ...given, codec };
}
