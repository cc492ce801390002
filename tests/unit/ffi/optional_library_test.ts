import { test } from "node:test";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { LibraryNotFoundError, native, UnsupportedVersionError } from "../../../ffi/mod.ts";
import { openOptional } from "../../../ffi/optional_library.ts";
import { openLoader } from "../../../ffi/loader.ts";
import { candidates } from "../../../ffi/search.ts";
import { swscale } from "../../../ffi/symbols.ts";

test("libswscale and libswresample are of the same FFmpeg as the libraries that are loaded", () => {
  const lib = native();
  const here = candidates(lib.ffi, openLoader(lib.ffi), undefined).find(({ majors }) =>
    majors.avutil === lib.versions.avutil[0]
  );
  assert(here !== undefined);
  assertEquals(lib.swscale().swscale_version() >>> 16, here.majors.swscale);
  assertEquals(lib.swresample().swresample_version() >>> 16, here.majors.swresample);
  assert(lib.swscale() === lib.swscale(), "opened once");
});

test("a missing libswscale is an error that names it", () => {
  const { ffi } = native();
  const [nowhere] = candidates(ffi, openLoader(ffi), "/nonexistent");
  const error = assertThrows(
    () => openOptional(ffi, nowhere, "swscale", swscale),
    LibraryNotFoundError,
  ) as LibraryNotFoundError;
  assertStringIncludes(error.message, "libswscale was not found");
  assertStringIncludes(error.message, "/nonexistent/libswscale");
  assertEquals(error.tried.length, 1);
});

test("a libswscale of another FFmpeg is refused", () => {
  const { ffi, paths, versions } = native();
  const here = candidates(ffi, openLoader(ffi), undefined).find(({ majors }) =>
    majors.avutil === versions.avutil[0]
  )!;
  const path = paths.avutil.replace("avutil", "swscale")
    .replace(String(here.majors.avutil), String(here.majors.swscale));
  const wrong = { ...here, path: () => path, majors: { ...here.majors, swscale: 1 } };
  assertThrows(() => openOptional(ffi, wrong, "swscale", swscale), UnsupportedVersionError);
});
