/** The rows of the table, with goals as multiples of the C program's time in the same run. */

/** One row of the table. */
export interface Case {
  readonly id: string;
  readonly title: string;
  readonly mode: string;
  readonly file: string;
  /** The target's format, for remuxing. */
  readonly format?: string;
  /** Repetitions inside one measurement, for what takes microseconds. */
  readonly repeat?: number;
  /** The reference's mode, where it has another name. */
  readonly against?: string;
  /** The limit as a multiple of C; for asynchronous work one for each runtime. */
  readonly goal?: number | { readonly deno: number; readonly bun: number };
  /** The goal is met, too, where a packet takes at most this many nanoseconds more than in C. */
  readonly perPacket?: number;
  /** The reference does comparable work with other counts: its answer is not compared. */
  readonly unlike?: boolean;
}

/** The rows; `kind` is a suffix of the files' names: "-quick" for small ones. */
export function cases(kind: string): Case[] {
  const large = `large${kind}.mp4`;
  const ts = `large${kind}.ts`;
  const small = ["aac", "ogg", "mp3", "wav", "webm"].map((ext): Case => ({
    id: `demux-${ext}`,
    title: `demux 1 h of ${ext === "ogg" ? "opus in ogg" : ext === "aac" ? "adts" : ext}`,
    mode: "demux",
    file: `hour${kind}.${ext}`,
    goal: 1.3,
  }));
  return [
    { id: "demux", title: "demux, metadata", mode: "demux", file: large, goal: 1 },
    ...small,
    {
      id: "copyto",
      title: "demux, copyTo one buffer",
      mode: "demux-copyto",
      against: "demux-copy",
      file: large,
      goal: 1.1,
    },
    {
      id: "copy",
      title: "demux, a fresh copy each",
      mode: "demux-copy",
      file: large,
      goal: 1.7,
    },
    {
      id: "remux-mkv",
      title: "remux mp4 to matroska, counted",
      mode: "remux-count",
      file: large,
      format: "matroska",
      goal: 1.05,
    },
    {
      id: "remux-fmp4",
      title: "remux mpegts to fMP4, counted",
      mode: "remux-count",
      file: ts,
      format: "fmp4",
      goal: 1.05,
    },
    {
      id: "remux-mkv-memory",
      title: "remux mp4 to matroska, in memory",
      mode: "remux-memory",
      file: large,
      format: "matroska",
      goal: 1.15,
    },
    {
      id: "remux-fmp4-memory",
      title: "remux mpegts to fMP4, in memory",
      mode: "remux-memory",
      file: ts,
      format: "fmp4",
      goal: 1.15,
    },
    { id: "probe", title: "probe", mode: "probe", file: "minute.mp4", repeat: 10, goal: 1.05 },
    ...[["one.mp4", "1 s mp4"], ["minute.mp4", "60 s mp4"], ["one.mkv", "1 s matroska"]].map(
      ([file, what]): Case => ({
        id: `headers-${file}`,
        title: `probe headers alone, ${what}`,
        mode: "headers",
        file,
        repeat: 100,
        goal: 1.5,
      }),
    ),
    ...[1, 2].map((threads): Case => ({
      id: threads === 1 ? "decode-one" : "decode-two",
      title: `decode 1080p h264 to frames, ${threads === 1 ? "1 thread" : "2 threads"}`,
      mode: "decode",
      file: `pictures${kind}.mp4`,
      format: String(threads),
      goal: 1.03,
    })),
    {
      id: "decode-rgba",
      title: "decode 1080p h264, copyTo RGBA",
      mode: "decode-rgba",
      file: `pictures${kind}.mp4`,
      format: "1",
    },
    {
      id: "pcm",
      title: "decode 10 min of aac to f32",
      mode: "pcm",
      file: `minutes${kind}.m4a`,
      goal: 1.5,
    },
    {
      id: "demux-path",
      title: "demux, a path",
      mode: "demux-path",
      file: large,
      goal: 1.25,
    },
    {
      id: "demux-path-async",
      title: "demux, async from a path",
      mode: "demux-path-async",
      against: "demux-path",
      file: large,
      goal: 1.25,
    },
    {
      id: "thumbnail",
      title: "a thumbnail of 1080p h264, beside spawning ffmpeg",
      mode: "thumbnail",
      file: `pictures${kind}.mp4`,
      repeat: kind === "" ? 50 : 10,
      goal: 0.2,
      unlike: true,
    },
    {
      id: "transcode",
      title: "transcode 1080p to 720p h264 and aac, beside ffmpeg",
      mode: "transcode",
      file: `movie${kind}.mp4`,
      goal: 1.05,
      unlike: true,
    },
    {
      id: "demux-async",
      title: "demux, async from a stream",
      mode: "demux-async",
      against: "demux",
      file: large,
      goal: 1.25,
    },
    {
      id: "remux-async",
      title: "remux to matroska, async from a stream",
      mode: "remux-async",
      against: "remux-count",
      file: large,
      format: "matroska",
      goal: 1.25,
    },
  ];
}
