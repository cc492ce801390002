/**
 * Checks of the options of a transcoding.
 *
 * @module
 */
import { quoted } from "../../check.ts";
import { pixelFormat } from "../pixel_format.ts";
import type { TranscodeSyncOptions } from "./options.ts";

const MAX_SIDE = 32768;
const fits = ["contain", "cover", "fill"];

function assertTarget(what: string, value: unknown): asserts value is object | undefined {
  if (value === undefined || value === "copy" || value === false) return;
  if (typeof value === "object" && value !== null) return;
  throw new TypeError(
    `transcode: ${what} must be an object, "copy" or false, not ${JSON.stringify(value)}`,
  );
}

function assertWhole(what: string, value: unknown, most: number): void {
  if (value === undefined) return;
  if (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most) return;
  throw new RangeError(
    `transcode: ${what} must be a whole number from 1 to ${most}, not ${quoted(value)}`,
  );
}

function assertName(what: string, value: unknown): void {
  if (value === undefined || (typeof value === "string" && value !== "")) return;
  throw new TypeError(`transcode: ${what} must be a name, not ${JSON.stringify(value)}`);
}

/** Throws a TypeError or a RangeError that names the option. */
export function assertTargets({ video, audio }: TranscodeSyncOptions): void {
  assertTarget("video", video);
  assertTarget("audio", audio);
  if (typeof video === "object") {
    const { codec, width, height, fit, frameRate, bitRate } = video;
    assertName("video.codec", codec);
    assertWhole("video.width", width, MAX_SIDE);
    assertWhole("video.height", height, MAX_SIDE);
    assertWhole("video.bitRate", bitRate, 2 ** 40);
    if (fit !== undefined && !fits.includes(fit)) {
      throw new TypeError(
        `transcode: video.fit must be ${fits.join(", ")}, not ${JSON.stringify(fit)}`,
      );
    }
    const rate = typeof frameRate === "object" ? frameRate.num / frameRate.den : frameRate;
    if (rate !== undefined && !(typeof rate === "number" && rate > 0 && rate <= 1000)) {
      throw new RangeError(
        `transcode: video.frameRate must be above 0 and at most 1000, not ${quoted(rate)}`,
      );
    }
    if (video.pixelFormat !== undefined) pixelFormat(video.pixelFormat);
  }
  if (typeof audio === "object") {
    const { codec, sampleRate, channels, bitRate } = audio;
    assertName("audio.codec", codec);
    assertWhole("audio.sampleRate", sampleRate, 768_000);
    assertWhole("audio.channels", channels, 64);
    assertWhole("audio.bitRate", bitRate, 2 ** 40);
  }
}
