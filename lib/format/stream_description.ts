/**
 * A stream's description as it was when it was read, once: getters of the program's run only then.
 *
 * @module
 */
import { copyBytes } from "../../ffi/mod.ts";
import { nameOf, takeBytes, takeList, takeTimeBase } from "../check.ts";
import { plainDictionary } from "../dictionary.ts";
import type { Rational } from "../rational.ts";
import type { StreamDescription } from "./parameters.ts";
import { carryOrigin } from "./parameter_source.ts";
import type { Stream } from "./types.ts";
import { isWebConfig, streamOfConfig, type WebDecoderConfig } from "./web_codecs.ts";

const numberFields = [
  "width",
  "height",
  "videoDelay",
  "sampleRate",
  "channels",
  "frameSize",
  "initialPadding",
  "blockAlign",
  "bitsPerCodedSample",
] as const;
const textFields = [
  "pixelFormat",
  "fieldOrder",
  "chromaLocation",
  "channelLayout",
  "sampleFormat",
] as const;
const rationalFields = ["sampleAspectRatio", "frameRate", "averageFrameRate"] as const;
const colorFields = ["range", "primaries", "transfer", "space"] as const;

const MAX_INT32 = 2 ** 31 - 1;

type Absent = null | undefined;

function isAbsent(value: unknown): value is Absent {
  return value === null || value === undefined;
}

function refused(field: string, expected: string, value: unknown): TypeError {
  return new TypeError(`addStream: ${field}: expected ${expected}, not ${nameOf(value)}`);
}

function numberOf<T extends number | Absent>(field: string, value: T): T {
  if (isAbsent(value)) return value;
  if (Number.isInteger(value) && Math.abs(value) <= MAX_INT32) return value;
  const given = typeof value === "number" ? value : nameOf(value);
  throw new RangeError(`addStream: ${field}: expected a whole number below 2^31, not ${given}`);
}

function textOf<T extends string | Absent>(field: string, value: T): T {
  if (isAbsent(value) || typeof value === "string") return value;
  throw refused(field, "a string", value);
}

function listOf<T>(field: string, value: Iterable<T>): T[] {
  if (typeof value === "string" || typeof value?.[Symbol.iterator] !== "function") {
    throw refused(field, "an array", value);
  }
  return takeList(field, value);
}

function textsOf(field: string, value: Iterable<string>): string[] {
  const texts = listOf(field, value);
  for (const text of texts) {
    if (typeof text !== "string") throw refused(field, "an array of strings", text);
  }
  return texts;
}

function rationalOf(field: string, value: Rational | Absent): Rational | Absent {
  if (isAbsent(value)) return value;
  const { num, den } = value;
  return { num: numberOf(`${field}.num`, num), den: numberOf(`${field}.den`, den) };
}

function codecOf(codec: (Stream | StreamDescription)["codec"]): StreamDescription["codec"] {
  if (typeof codec === "string") return codec;
  if (typeof codec !== "object" || codec === null) {
    throw refused("codec", "libav's name for it, or an object with a name", codec);
  }
  const { name, tag, profile, level } = codec;
  if (typeof name !== "string") throw refused("codec.name", "a string", name);
  return {
    name,
    tag: textOf("codec.tag", tag),
    profile: textOf("codec.profile", profile),
    level: numberOf("codec.level", level),
  };
}

function colorOf(color: StreamDescription["color"]): StreamDescription["color"] {
  if (isAbsent(color)) return undefined;
  return Object.fromEntries(
    colorFields.map((field) => [field, textOf(`color.${field}`, color[field])]),
  );
}

/**
 * Reads a description; a TypeError or a RangeError names what is wrong with it. Its bytes are
 * copies.
 */
export function snapshotStream(
  from: Stream | StreamDescription | WebDecoderConfig,
): StreamDescription {
  if (typeof from !== "object" || from === null) {
    throw new TypeError(`addStream: expected a stream or its description, not ${nameOf(from)}`);
  }
  if (isWebConfig(from)) return snapshotStream(streamOfConfig(from));
  const given = from as StreamDescription;
  const { type, timeBase, extradata, bitRate, disposition, metadata } = given;
  if (!isAbsent(bitRate) && !Number.isSafeInteger(bitRate)) {
    throw refused("bitRate", "a whole number of bits a second", bitRate);
  }
  const plain: StreamDescription = {
    type,
    codec: codecOf(given.codec),
    bitRate,
    timeBase: takeTimeBase("addStream: timeBase", timeBase ?? { num: 1, den: 1000 }),
    disposition: isAbsent(disposition) ? undefined : textsOf("disposition", disposition),
    metadata: metadata && plainDictionary("addStream: metadata", metadata),
    color: colorOf(given.color),
    ...Object.fromEntries(numberFields.map((field) => [field, numberOf(field, given[field])])),
    ...Object.fromEntries(textFields.map((field) => [field, textOf(field, given[field])])),
    ...Object.fromEntries(rationalFields.map((field) => [field, rationalOf(field, given[field])])),
  };
  const sideData = listOf("sideData", given.sideData ?? []).map((entry) => {
    if (typeof entry !== "object" || entry === null) {
      throw refused("sideData", "objects with type and data", entry);
    }
    return { type: entry.type, data: entry.data };
  });
  // Copied when nothing of the program's runs any more.
  plain.extradata = extradata && copyBytes(takeBytes("addStream: extradata", extradata));
  plain.sideData = sideData.map(({ type, data }) => ({
    type,
    data: copyBytes(takeBytes("addStream: sideData", data)),
  }));
  carryOrigin(plain, from);
  return plain;
}
