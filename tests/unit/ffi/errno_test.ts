import { constants, platform } from "node:os";
import { test } from "node:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { averrorTags } from "../../../ffi/averror.ts";
import { makeBytes, native } from "../../../ffi/mod.ts";
import { AVERROR, codeName } from "../../../lib/error.ts";

test("the numbers are those that libav was built with", () => {
  const { avutil } = native();
  for (const [name, text] of [["EIO", "Input/output error"], ["ENOSYS", "not implemented"]]) {
    const bytes = makeBytes(128);
    avutil.av_strerror(AVERROR(name), bytes, bytes.length);
    assertStringIncludes(new TextDecoder().decode(bytes), text);
  }
});

test("every name that libav's sources use has a number", () => {
  const used =
    "E2BIG EACCES EADDRINUSE EAGAIN EBADF EBUSY ECONNREFUSED ECONNRESET EDOM EEXIST EFAULT EFBIG " +
    "EILSEQ EINPROGRESS EINTR EINVAL EIO EMFILE EMSGSIZE ENETUNREACH ENODEV ENOENT ENOMEM ENOSPC " +
    "ENOSYS ENOTCONN ENOTSUP EPERM EPIPE EPROTONOSUPPORT ERANGE EROFS ESPIPE ETIMEDOUT EXDEV";
  for (const name of used.split(" ")) {
    assertEquals([name, codeName(AVERROR(name))], [name, name]);
    const { errno } = constants as { errno: Record<string, number> };
    assertEquals([name, AVERROR(name)], [name, -errno[name]]);
  }
  assertEquals(codeName(AVERROR("EWOULDBLOCK")), platform() === "win32" ? "EWOULDBLOCK" : "EAGAIN");
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
