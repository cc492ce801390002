import { test } from "node:test";
import { assertEquals } from "@std/assert";
import {
  type CodecDescription,
  codecString,
} from "../../../../lib/format/codec_string/codec_string.ts";

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/[0-9a-f]{2}/gi) ?? [], (pair) => parseInt(pair, 16));
}

function codec(name: string, extradata = "", more: Partial<CodecDescription> = {}) {
  const header = extradata === "" ? null : bytes(extradata);
  return { name, tag: "", profile: -99, level: -99, extradata: header, ...more };
}

const bt2020 = { range: "tv", primaries: "bt2020", transfer: "smpte2084", space: "bt2020nc" };
const x265 = "0000 0140 010c 01ff ff04 0800 0003 009e 0800 0003 0000 1e95 9809 0000 0001 4201 " +
  "0104 0800 0003 009e 0800 0003 0000 1e90 0410 20b2 cacd 2499 5e02 dc08 0800 1000";

const vectors: [string, CodecDescription, string | null][] = [
  // H.264
  ["RFC 6381's avcC", codec("h264", "01 42 e0 1e ff e1 00 00"), "avc1.42e01e"],
  ["High avcC", codec("h264", "01 64 00 28 ff e1", { tag: "avc1" }), "avc1.640028"],
  ["avc3", codec("h264", "01 64 00 1f ff", { tag: "avc3" }), "avc3.64001f"],
  ["Annex B", codec("h264", "000000 01 09f0 000001 67 4d401f da01"), "avc1.4d401f"],
  [
    "Annex B, tag of a TS",
    codec("h264", "000001 67 64001f", { tag: "[27][0][0][0]" }),
    "avc1.64001f",
  ],
  ["numbers", codec("h264", "", { profile: 100, level: 31 }), "avc1.64001f"],
  ["constrained baseline", codec("h264", "", { profile: 66 | 512, level: 30 }), "avc1.42401e"],
  ["High 10 Intra", codec("h264", "", { profile: 110 | 2048, level: 41 }), "avc1.6e1029"],
  ["numbers, short avcC", codec("h264", "01 64", { profile: 77, level: 30 }), "avc1.4d001e"],
  ["no numbers", codec("h264"), null],
  // HEVC
  [
    "ISO 14496-15's hev1",
    codec("hevc", "01 01 40000000 b00000000000 5d f000", { tag: "hev1" }),
    "hev1.1.2.L93.B0",
  ],
  ["Main", codec("hevc", "01 01 60000000 900000000000 5d f000"), "hvc1.1.6.L93.90"],
  ["Main 10", codec("hevc", "0102 2000 0000 b000 0000 0000 78f0 00fc"), "hvc1.2.4.L120.B0"],
  ["High tier", codec("hevc", "01 22 20000000 000000000000 99 f0"), "hvc1.2.4.H153"],
  ["profile space", codec("hevc", "01 41 60000000 b00001000000 5d f0"), "hvc1.A1.6.L93.B0.0.1"],
  ["range extensions", codec("hevc", "0104 0800 0000 9e08 0000 0000 1ef0"), "hvc1.4.10.L30.9E.8"],
  ["Annex B with escapes", codec("hevc", x265), "hvc1.4.10.L30.9E.8"],
  ["no header", codec("hevc", "", { profile: 1, level: 93 }), null],
  // AV1
  ["av1C, Main 4.0", codec("av1", "81 08 0c 00"), "av01.0.08M.08"],
  ["av1C, High tier", codec("av1", "81 2d cc 00"), "av01.1.13H.10"],
  ["av1C, monochrome", codec("av1", "81 04 5c 00"), "av01.0.04M.10.1.110.01.01.01.0"],
  ["av1C, 12 bit 4:2:2", codec("av1", "81 49 68 00"), "av01.2.09M.12.0.100.01.01.01.0"],
  [
    "the AV1 binding's HDR example",
    codec("av1", "81 04 4e 00", { color: bt2020 }),
    "av01.0.04M.10.0.112.09.16.09.0",
  ],
  [
    "av1C with a sequence header",
    codec("av1", "8105 4c00 0a0e 0000 002c d59f 3fc0 2f85 0912 0904"),
    "av01.0.05M.10.0.110.09.18.09.0",
  ],
  ["sequence header", codec("av1", "0a0b 0000 0004 3cfe cc4a f900 40"), "av01.0.00M.08"],
  // A 4:4:4 header: the defaults do not cover it.
  ["av1C, 4:4:4", codec("av1", "81 24 00 00"), "av01.1.04M.08.0.000.01.01.01.0"],
  ["no header", codec("av1", "", { profile: 0, level: 8 }), null],
  // VP8, VP9
  ["VP8", codec("vp8"), "vp8"],
  ["vpcC", codec("vp9", "01000000 02 15 a2 09 10 09 0000"), "vp09.02.21.10"],
  ["WebM features", codec("vp9", "010100 02010a 030108 040101"), "vp09.00.10.08"],
  ["WebM features, level 4.1", codec("vp9", "010102 020129 03010a"), "vp09.02.41.10"],
  ["no level", codec("vp9", "", { profile: 0, pixelFormat: "yuv420p" }), "vp09.00.10.08"],
  ["numbers", codec("vp9", "", { profile: 2, level: 31, bitDepth: 12 }), "vp09.02.31.12"],
  ["10 bit", codec("vp9", "", { profile: 2, pixelFormat: "yuv420p10le" }), "vp09.02.10.10"],
  ["no profile", codec("vp9", "", { pixelFormat: "yuv444p12le" }), "vp09.03.10.12"],
  ["nothing known", codec("vp9"), null],
  // AAC
  ["AAC-LC", codec("aac", "12 10", { tag: "mp4a" }), "mp4a.40.2"],
  ["implicit SBR", codec("aac", "1190 56e5 00", { profile: 1 }), "mp4a.40.2"],
  ["HE-AAC", codec("aac", "2b 92 08 00"), "mp4a.40.5"],
  ["HE-AAC v2", codec("aac", "eb 8a 08 00"), "mp4a.40.29"],
  ["AAC-ELD, escaped", codec("aac", "f8 e8 50 00"), "mp4a.40.39"],
  ["xHE-AAC, escaped", codec("aac", "f9 46 43 22"), "mp4a.40.42"],
  ["ADTS", codec("aac", "", { profile: 1 }), "mp4a.40.2"],
  ["ADTS, HE", codec("aac", "", { profile: 4 }), "mp4a.40.5"],
  ["MPEG-2 AAC-LC", codec("aac", "", { profile: 128 }), "mp4a.67"],
  ["no profile", codec("aac"), null],
  // Other audio
  ["MP3", codec("mp3"), "mp3"],
  ["MP3 in MP4", codec("mp3", "", { tag: "mp4a" }), "mp4a.6B"],
  ["Opus", codec("opus", "4f707573"), "opus"],
  ["Vorbis", codec("vorbis"), "vorbis"],
  ["FLAC", codec("flac"), "flac"],
  ["ALAC", codec("alac"), "alac"],
  ["AC-3", codec("ac3"), "ac-3"],
  ["E-AC-3", codec("eac3"), "ec-3"],
  ["DTS", codec("dts"), "dtsc"],
  ["DTS-HD", codec("dts", "", { tag: "dtsh" }), "dtsh"],
  ["PCM", codec("pcm_s16le"), null],
  ["TrueHD", codec("truehd"), null],
  // Other video
  ["RFC 6381's MPEG-4 Visual", codec("mpeg4", "000001b0 09 000001b5"), "mp4v.20.9"],
  ["MPEG-4 ASP", codec("mpeg4", "000001b0 f5 000001b5", { tag: "XVID" }), "mp4v.20.245"],
  ["MPEG-4 without a sequence", codec("mpeg4", "00000100 00000120"), null],
  ["ProRes", codec("prores", "", { tag: "apch" }), "apch"],
  ["ProRes by profile", codec("prores", "", { profile: 4 }), "ap4h"],
  ["ProRes unknown", codec("prores"), null],
  ["Motion JPEG", codec("mjpeg"), null],
  // Subtitles
  ["WebVTT", codec("webvtt"), "wvtt"],
  ["TTML", codec("ttml"), "stpp"],
  ["3GPP text", codec("mov_text"), "tx3g"],
  // Not a codec
  ["unknown", codec("nonsense"), null],
  // By the tag, the configuration record or FFmpeg's numbers
  ["WebVTT of mp4, unknown to FFmpeg", codec("none", "", { tag: "wvtt" }), "wvtt"],
  ["TTML of mp4, unknown to FFmpeg", codec("none", "", { tag: "stpp" }), "stpp"],
  ["AC-4", codec("ac4", "", { tag: "ac-4" }), "ac-4"],
  ["AC-4, unknown to FFmpeg", codec("none", "", { tag: "ac-4" }), "ac-4"],
  ["MPEG-H", codec("mpegh_3d_audio", "01 0d 06", { tag: "mhm1" }), "mhm1.0x0D"],
  ["MPEG-H without a record", codec("mpegh_3d_audio", "", { tag: "mhm1" }), "mhm1"],
  ["VVC, vvcC", codec("vvc", "ff 00 51 5f 01 02 33 00", { tag: "vvc1" }), "vvc1.1.L51"],
  ["VVC, vvcC, in band", codec("vvc", "ff 00 51 5f 01 03 33 00", { tag: "vvi1" }), "vvi1.1.H51"],
  ["VVC, Annex B", codec("vvc", "000001 0079 00 0d 02 33 00"), "vvc1.1.L51"],
  ["VVC, numbers", codec("vvc", "", { profile: 1, level: 83 }), "vvc1.1.L83"],
  ["VVC, nothing known", codec("vvc"), null],
  ["MPEG-2 in mp4", codec("mpeg2video", "", { tag: "mp4v", profile: 4 }), "mp4v.61"],
  ["MPEG-1 in mp4", codec("mpeg1video", "", { tag: "mp4v" }), "mp4v.6A"],
  ["MPEG-2 elsewhere", codec("mpeg2video", "", { tag: "[2][0][0][0]" }), null],
  ["MPEG-4 by numbers", codec("mpeg4", "", { tag: "mp4v", profile: 0, level: 1 }), "mp4v.20.1"],
  ["MPEG-4 of mp4, nothing known", codec("mpeg4", "", { tag: "mp4v" }), "mp4v.20"],
  [
    "Dolby Vision",
    codec("hevc", "", { tag: "dvh1", dolbyVision: { profile: 5, level: 6 } }),
    "dvh1.05.06",
  ],
  [
    "Dolby Vision that HEVC decodes as well",
    codec("hevc", x265, { tag: "hvc1", dolbyVision: { profile: 8, level: 4 } }),
    codecString(codec("hevc", x265, { tag: "hvc1" })),
  ],
  [
    "Dolby Vision, in band",
    codec("hevc", "", { tag: "dvhe", dolbyVision: { profile: 7, level: 6 } }),
    "dvhe.07.06",
  ],
  ["a property of objects", codec("constructor"), null],
];

for (const [title, description, expected] of vectors) {
  test(`codec string of ${description.name}: ${title}`, () => {
    assertEquals(codecString(description), expected);
  });
}

function assertAnswers(description: CodecDescription): void {
  const answer = codecString(description);
  assertEquals(answer === null || /^[\w.-]+$/.test(answer), true, `${answer}`);
  assertEquals(/undefined|NaN/.test(`${answer}`), false, `${answer}`);
}

test("a header cut anywhere gives a name or null", () => {
  for (const [, description] of vectors) {
    const { extradata } = description;
    if (extradata === null) continue;
    for (let length = 0; length < extradata.length; length++) {
      assertAnswers({ ...description, extradata: extradata.slice(0, length) });
    }
  }
});

test("a header with any byte damaged gives a name or null", () => {
  for (const [, description] of vectors) {
    const { extradata } = description;
    if (extradata === null) continue;
    for (let at = 0; at < extradata.length; at++) {
      for (const value of [0x00, 0x01, 0x7f, 0x80, 0xff]) {
        const damaged = extradata.slice();
        damaged[at] = value;
        assertAnswers({ ...description, extradata: damaged });
      }
    }
  }
});

test("a header of one byte repeated gives a name or null", () => {
  for (const name of ["h264", "hevc", "av1", "vp9", "aac", "mpeg4"]) {
    for (let value = 0; value < 256; value++) {
      assertAnswers({ ...codec(name), extradata: new Uint8Array(64).fill(value) });
    }
  }
});
