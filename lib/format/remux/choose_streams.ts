/**
 * The streams of an input that a remux copies.
 *
 * @module
 */
import { native } from "../../../ffi/mod.ts";
import { AVERROR, AVError } from "../../error.ts";
import { guessMuxer, type MuxerGuess } from "../../io/nested/muxer_guess.ts";
import { strictAdvice } from "../mux/advice.ts";
import { isFragmentable } from "../mux/fragment_options.ts";
import { selectStreams, type StreamSelection } from "../stream_selection.ts";
import type { Stream } from "../types.ts";
import { headerError, type HeaderOptions } from "./header_trial.ts";

/** A stream of the input that is not in the output. */
export interface DroppedStream {
  /** Its index in the input. */
  readonly index: number;
  /** The kind of stream. */
  readonly type: Stream["type"];
  /** The codec's name. */
  readonly codec: string;
  /** Why it is not in the output, in a few words. */
  readonly reason: string;
}

/** The streams of the output in its order, and those that are left out. */
export interface ChosenStreams {
  readonly streams: readonly Stream[];
  readonly dropped: readonly DroppedStream[];
}

/** The options that choose the streams. */
export interface ChoiceOptions extends HeaderOptions {
  readonly streams?: StreamSelection | undefined;
  readonly unsupported?: "drop" | "error" | undefined;
  /** The streams that the demuxer was told to read; default all. */
  readonly readable?: ReadonlySet<number> | undefined;
  /** True for mp4 and mov whose source only goes forward: its chapter tracks are not told. */
  readonly chaptersUnknown?: boolean;
  /** True where the output goes out in pieces. */
  readonly live?: boolean;
}

/** The streams named, or by default every one that the format holds and that is media. */
export function chooseStreams(all: readonly Stream[], options: ChoiceOptions): ChosenStreams {
  const { streams: selection } = options;
  const dropped: DroppedStream[] = [];
  const drop = (stream: Stream, reason: string) => {
    const { index, type, codec } = stream;
    dropped.push({ index, type, codec: codec.name, reason });
  };
  let streams: readonly Stream[];
  if (selection === undefined) {
    const { unwanted, unheld } = exclusions(options);
    streams = all.filter((stream) => {
      const lack = unwanted(stream);
      const reason = lack ?? unheld(stream);
      if (reason === undefined) return true;
      if (lack === undefined && options.unsupported === "error") throw refused(stream, reason);
      drop(stream, reason);
      return false;
    });
  } else streams = selectStreams(selection, all);
  const { unsupported = selection === undefined ? "drop" : "error" } = options;
  const excluded = dropped.length;
  if (unsupported === "drop") streams = fitting(streams, options, drop);
  // A cover alone is not what was asked for, unless leaving out was; a picture's file is no format
  // of sound.
  const coverAlone = options.unsupported === undefined && selection === undefined &&
    dropped.slice(excluded).some(isSoundOrPicture) && streams.every(({ isCoverArt }) => isCoverArt);
  if (coverAlone || streams.length === 0 && all.length > 0) throw nothingLeft(dropped);
  return { streams, dropped: dropped.sort((a, b) => a.index - b.index) };
}

function isSoundOrPicture({ type }: DroppedStream): boolean {
  return type === "audio" || type === "video";
}

function nothingLeft(dropped: readonly DroppedStream[]): AVError {
  const why = dropped.map(({ index, codec, reason }) => `stream ${index} (${codec}): ${reason}`);
  return headerRefused(`no stream is left to copy${why.length > 0 ? `; ${why.join("; ")}` : ""}`);
}

function refused({ index, codec }: Stream, reason: string): AVError {
  return headerRefused(`stream ${index} (${codec.name}): ${reason}`);
}

function headerRefused(detail: string): AVError {
  return new AVError({ code: AVERROR("EINVAL"), operation: "avformat_write_header", detail });
}

/** The reason for a stream that the demuxer was told to leave out. */
export const UNREAD = '"input.streams" does not name it';

const AV_CODEC_ID_NONE = 0;
const AV_CODEC_ID_PNG = 61;
/** Formats that would write a cover among their pictures, where it stands for a moving picture. */
const withoutCover: ReadonlySet<string> = new Set([
  "mpegts",
  "hls",
  "dash",
  "segment",
  "stream_segment,ssegment",
]);
const withAttachments: ReadonlySet<string> = new Set(["matroska"]);

type ExclusionOptions = Pick<
  ChoiceOptions,
  "format" | "name" | "options" | "chaptersUnknown" | "live" | "readable"
>;
type Reason = (stream: Stream) => string | undefined;

/** Why a stream is left out where none is named; undefined for one that is wanted. */
export function defaultExclusion(options: ExclusionOptions): Reason {
  const { unwanted, unheld } = exclusions(options);
  return (stream) => unwanted(stream) ?? unheld(stream);
}

/** The same: `unwanted` for what a stream is, `unheld` where the format cannot hold it. */
function exclusions(options: ExclusionOptions): { unwanted: Reason; unheld: Reason } {
  const guess = guessMuxer(options.format, options.name ?? "");
  const name = guess?.name ?? options.format ?? "the format";
  const lib = native();
  const format = guess && lib.struct("AVOutputFormat", guess.pointer);
  // Muxers of segments and the like name no codec at all.
  const kinds = ["video_codec", "audio_codec", "subtitle_codec"] as const;
  const has = (codec: typeof kinds[number]) => format?.number(codec) !== AV_CODEC_ID_NONE;
  const holds = (codec: "video_codec" | "audio_codec") => has(codec) || !kinds.some(has);
  const noCover = options.live === true || withoutCover.has(name) ||
    isFragmented(name, String(options.options?.movflags ?? ""));
  const coverOnly = guess !== undefined && holdsCoverOnly(guess);
  const picture = name === "image2" ? pictureCodec(options.name ?? "") : undefined;
  const unwanted: Reason = ({ index, type, disposition, codec }) => {
    if (options.readable?.has(index) === false) return UNREAD;
    // The demuxer goes back to tell a chapter track, and calls it data then. Subtitles are tx3g.
    const isChapters = options.chaptersUnknown && type === "subtitle" && codec.tag === "text";
    if (type === "data" || isChapters) {
      return 'data and chapter tracks are copied only where "streams" names them';
    }
    // Pictures of chapters have the disposition as well.
    if (disposition.includes("attached_pic") && noCover) {
      return `cover art has no place in ${name} that is played as it comes`;
    }
    return undefined;
  };
  const unheld: Reason = ({ type, codec, isCoverArt }) => {
    if (type === "video" && coverOnly && !isCoverArt) return `${name} holds no picture but covers`;
    if (type === "attachment" && !withAttachments.has(name)) return `${name} has no attachments`;
    if (type === "subtitle" && name === "image2") return `${name} has no subtitles`;
    if (type === "video" && picture !== undefined && codec.name !== picture) {
      return `the output's name is that of a picture in ${picture}, and this is ${codec.name}`;
    }
    if (type === "video" && !holds("video_codec")) return withoutVideo(name);
    if (type === "audio" && !holds("audio_codec")) return `${name} has no audio`;
    return undefined;
  };
  return { unwanted, unheld };
}

/** The muxer of .mka files is called matroska, too. */
function withoutVideo(format: string): string {
  return format === "matroska"
    ? 'a file named .mka is for sound alone; the format "matroska" holds pictures as well'
    : `${format} has no video`;
}

/** Codecs of pictures, by the extension of their files. */
const pictures: Readonly<Record<string, string>> = {
  jpg: "mjpeg",
  jpeg: "mjpeg",
  png: "png",
  bmp: "bmp",
  gif: "gif",
  webp: "webp",
  tif: "tiff",
  tiff: "tiff",
};

/** The codec that a picture's file name stands for. */
export function pictureCodec(name: string): string | undefined {
  const extension = /\.(\w+)$/.exec(name)?.[1].toLowerCase() ?? "";
  return Object.hasOwn(pictures, extension) ? pictures[extension] : undefined;
}

/** True for a format of sound whose one picture is a cover, such as mp3 and flac. */
export function holdsCoverOnly({ pointer }: MuxerGuess): boolean {
  const struct = native().struct("AVOutputFormat", pointer);
  const hasSound = struct.number("audio_codec") !== AV_CODEC_ID_NONE;
  return hasSound && struct.number("video_codec") === AV_CODEC_ID_PNG;
}

function isFragmented(format: string, movflags: string): boolean {
  return isFragmentable(format) && /(^|[+|])(frag_\w+|empty_moov)/.test(movflags);
}

/** The most of the streams, from the first on, that the muxer takes together. */
function fitting(
  streams: readonly Stream[],
  options: HeaderOptions,
  drop: (stream: Stream, reason: string) => void,
): readonly Stream[] {
  const error = streams.length === 0 ? undefined : headerError(options, streams);
  if (error === undefined) return streams;
  const chosen = new Set<Stream>();
  const inOrder = () => streams.filter((stream) => chosen.has(stream));
  let waiting = [...streams].sort((a, b) => rank(a) - rank(b));
  // A cover may be taken only once the sound is there: as long as a round takes one, another
  // follows.
  for (let taken = -1; taken < chosen.size && waiting.length > 0;) {
    taken = chosen.size;
    waiting = waiting.filter((stream) => {
      chosen.add(stream);
      if (headerError(options, inOrder()) === undefined) return false;
      chosen.delete(stream);
      return true;
    });
  }
  // Where nothing fits, the reason is not the streams', or all of them share it.
  if (chosen.size === 0) throw noneFits(error, streams);
  for (const stream of waiting) {
    const why = headerError(options, [...inOrder(), stream]);
    drop(stream, why === undefined ? "the format refuses it" : reasonOf(why, stream));
  }
  return inOrder();
}

function noneFits({ code, operation, log, message, cause }: AVError, streams: readonly Stream[]) {
  const names = streams.map(({ index, codec }) => `${index} (${codec.name})`).join(", ");
  // The function and the code are at the beginning of every AVError's message.
  const { length } = new AVError({ code, operation }).message;
  const reason = log.at(-1) === undefined ? message.slice(length) : `: ${log.at(-1)}`;
  const detail = `the format refuses the streams ${names}${reason}`;
  return new AVError({ code, operation, log, detail, cause });
}

function rank({ type, isCoverArt, disposition }: Stream): number {
  if (isCoverArt) return 3;
  if (type !== "video" && type !== "audio") return 2;
  return disposition.includes("default") ? 0 : 1;
}

/** The muxer's own words, without its number for the stream. */
export function reasonOf({ log, message }: AVError, stream: Stream): string {
  const words = (strictAdvice(log) ?? log.at(-1) ?? message)
    .replace(/ ?(in|for)? stream #?\d+(:\d+)?/i, "").replace(/\s+/g, " ").trim();
  if (/(sample rate|dimensions) not set/.test(words)) {
    return `its parameters were not found (${words}): raise probeSize and analyzeDuration`;
  }
  return `the format does not take ${stream.codec.name}: ${words}`;
}
