/**
 * The errors for libraries that are not there: what was tried, and what to do.
 *
 * @module
 */
import { LibraryNotFoundError } from "./errors.ts";
import type { SearchLog } from "./search_log.ts";
import type { Ffi } from "./types.ts";

/** The FFmpegs that this module knows. */
export const SUPPORTED = "FFmpeg 4.3 to 9.0 (libavformat 58 to 63)";

const installCommands: Partial<Record<Ffi["os"], string>> = {
  linux:
    "apt install ffmpeg  (Debian, Ubuntu)  |  dnf install ffmpeg-free  (Fedora)  |  pacman -S ffmpeg  (Arch)  |  apk add ffmpeg-libs  (Alpine)",
  darwin: "brew install ffmpeg",
  windows: "winget install Gyan.FFmpeg.Shared",
  freebsd: "pkg install ffmpeg",
  android: "pkg install ffmpeg  (Termux)",
};

function installCommand({ os }: Ffi): string {
  return installCommands[os] ?? "install FFmpeg's shared libraries";
}

/** No FFmpeg was found; `folder` is what `AVIO_LIBRARY_PATH` holds. */
export function noLibraries(
  ffi: Ffi,
  folder: string | undefined,
  { tried, partials }: SearchLog,
): LibraryNotFoundError {
  const musl = folder !== undefined && tried.some((line) => line.includes("(needed by "));
  return new LibraryNotFoundError(
    [
      `FFmpeg's libraries were not found${
        folder === undefined ? "" : ` in AVIO_LIBRARY_PATH=${folder}`
      }.`,
      `Supported: ${SUPPORTED}: libavformat, libavcodec and libavutil of the same FFmpeg.`,
      `Install them: ${installCommand(ffi)}`,
      "Or set AVIO_LIBRARY_PATH to the folder that holds them (Deno: --allow-env=AVIO_LIBRARY_PATH).",
      // musl takes no library that was opened by its path for one that another needs by name.
      ...(musl
        ? [`On musl set LD_LIBRARY_PATH=${folder} as well, before the program starts.`]
        : []),
      ...partials,
      "Tried:",
      ...tried.map((line) => `  ${line}`),
    ].join("\n"),
    tried,
  );
}

/** One library beside those that are loaded is missing; `need` says which, and what for. */
export function noOptionalLibrary(ffi: Ffi, need: string, tried: string): LibraryNotFoundError {
  return new LibraryNotFoundError(
    [
      need,
      `Install it: ${installCommand(ffi)}`,
      "Or set AVIO_LIBRARY_PATH to a folder that holds all of FFmpeg's libraries.",
      "Tried:",
      `  ${tried}`,
    ].join("\n"),
    [tried],
  );
}
