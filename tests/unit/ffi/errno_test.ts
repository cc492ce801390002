import { constants, platform } from "node:os";
import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { averrorTags } from "../../../ffi/averror.ts";
import { errnoTables } from "../../../ffi/errno.ts";

test("the running platform agrees with its errno table", () => {
  const name = platform();
  if (name !== "linux" && name !== "darwin") return;
  const native = constants.errno as Readonly<Record<string, number>>;
  let compared = 0;
  for (const [key, value] of Object.entries(errnoTables[name])) {
    if (native[key] === undefined) continue;
    assertEquals([key, value], [key, native[key]]);
    compared++;
  }
  assertEquals(compared > 40, true);
});

test("errno numbers that differ between platforms", () => {
  const { linux, darwin, windows } = errnoTables;
  assertEquals([linux.EAGAIN, darwin.EAGAIN, windows.EAGAIN], [11, 35, 11]);
  assertEquals([linux.EDEADLK, darwin.EDEADLK, windows.EDEADLK], [35, 11, 36]);
  assertEquals([linux.ENOSYS, darwin.ENOSYS, windows.ENOSYS], [38, 78, 40]);
  assertEquals([linux.ETIMEDOUT, darwin.ETIMEDOUT, windows.ETIMEDOUT], [110, 60, 138]);
  assertEquals([linux.ECANCELED, darwin.ECANCELED, windows.ECANCELED], [125, 89, 105]);
});

test("FFmpeg's own error codes", () => {
  assertEquals(averrorTags.AVERROR_EOF, -541478725);
  assertEquals(averrorTags.AVERROR_INVALIDDATA, -1094995529);
  assertEquals(averrorTags.AVERROR_EXIT, -1414092869);
  assertEquals(averrorTags.AVERROR_PROTOCOL_NOT_FOUND, -1330794744);
  assertEquals(averrorTags.AVERROR_DEMUXER_NOT_FOUND, -1296385272);
  assertEquals(averrorTags.AVERROR_HTTP_NOT_FOUND, -875574520);
  assertEquals(averrorTags.AVERROR_EXPERIMENTAL, -733130664);
});

test("every FFmpeg error code is a negative int32 of its own", () => {
  const values = Object.values(averrorTags);
  assertEquals(new Set(values).size, values.length);
  for (const value of values) assertEquals([value, value < 0], [value | 0, true]);
});
