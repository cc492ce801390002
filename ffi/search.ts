/**
 * Where the FFmpeg libraries may be, by platform.
 *
 * @module
 */
import type { Ffi } from "./types.ts";
import type { Majors } from "./layouts/types.ts";
import { majors } from "./layouts/versions.ts";

/** One place to try: the paths or names of the libraries of one FFmpeg. */
export interface Candidate extends Readonly<Record<keyof Majors, string>> {
  readonly majors: Majors;
}

function fileName(os: Ffi["os"], library: string, major: number): string {
  if (os === "windows") return `${library}-${major}.dll`;
  if (os === "darwin") return `lib${library}.${major}.dylib`;
  return `lib${library}.so.${major}`;
}

const usualFolders: Partial<Record<Ffi["os"], readonly string[]>> = {
  darwin: ["/opt/homebrew/lib", "/usr/local/lib", "/opt/local/lib"],
  linux: ["/usr/local/lib", "/home/linuxbrew/.linuxbrew/lib"],
  freebsd: ["/usr/local/lib"],
};

/** The candidates in the order to try: the override alone, or names first and then folders. */
export function candidates(ffi: Ffi, folder: string | undefined): Candidate[] {
  const folders = folder !== undefined ? [folder] : [
    "",
    ...(usualFolders[ffi.os] ?? []),
    ...nixFolders(ffi),
    ...windowsFolders(ffi),
  ];
  return folders.flatMap((prefix) =>
    majors.map((one) => {
      const path = (library: keyof Majors) => {
        const name = fileName(ffi.os, library, one[library]);
        return prefix === "" ? name : `${prefix.replace(/[\\/]$/, "")}/${name}`;
      };
      return {
        avformat: path("avformat"),
        avcodec: path("avcodec"),
        avutil: path("avutil"),
        swscale: path("swscale"),
        swresample: path("swresample"),
        majors: one,
      };
    })
  );
}

function nixFolders(ffi: Ffi): string[] {
  const profiles = ffi.os === "linux" || ffi.os === "darwin"
    ? ffi.environment("NIX_PROFILES")
    : undefined;
  return (profiles ?? "").split(" ").filter(Boolean).reverse().map((profile) => `${profile}/lib`);
}

function windowsFolders(ffi: Ffi): string[] {
  if (ffi.os !== "windows") return [];
  return (ffi.environment("PATH") ?? "").split(";").filter(Boolean);
}

const installCommands: Partial<Record<Ffi["os"], string>> = {
  linux:
    "apt install ffmpeg  (Debian, Ubuntu)  |  dnf install ffmpeg-free  (Fedora)  |  pacman -S ffmpeg  (Arch)  |  apk add ffmpeg-libs  (Alpine)",
  darwin: "brew install ffmpeg",
  windows: "winget install Gyan.FFmpeg.Shared",
  freebsd: "pkg install ffmpeg",
};

/** The command that installs FFmpeg on this platform. */
export function installCommand(os: Ffi["os"]): string {
  return installCommands[os] ?? "install FFmpeg's shared libraries";
}
