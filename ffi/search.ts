/**
 * Where the FFmpeg libraries may be, by platform.
 *
 * @module
 */
import type { Loader } from "./loader.ts";
import type { Ffi } from "./types.ts";
import type { Majors } from "./layouts/types.ts";
import { majors } from "./layouts/versions.ts";

/** The libraries of one FFmpeg, as one folder or the system's loader has them. */
export interface Candidate {
  readonly majors: Majors;
  /** The folder; undefined where the system's loader knows the way. */
  readonly folder: string | undefined;
  /** The file's name, without a folder. */
  name(library: keyof Majors): string;
  /** The absolute path of a library; undefined where there is none. */
  path(library: keyof Majors): string | undefined;
}

function fileName(os: Ffi["os"], library: string, major: number): string {
  if (os === "windows") return `${library}-${major}.dll`;
  if (os === "darwin") return `lib${library}.${major}.dylib`;
  return `lib${library}.so.${major}`;
}

const triplets: Readonly<Record<string, string>> = {
  x86_64: "x86_64-linux-gnu",
  aarch64: "aarch64-linux-gnu",
};

/** Homebrew's own folder, and those of versions that it does not link into it. */
function homebrew(prefix: string): string[] {
  const kegs = [
    "ffmpeg",
    "ffmpeg-full",
    "ffmpeg@8",
    "ffmpeg@7",
    "ffmpeg@6",
    "ffmpeg@5",
    "ffmpeg@4",
  ];
  return [`${prefix}/lib`, ...kegs.map((keg) => `${prefix}/opt/${keg}/lib`)];
}

function usualFolders({ os, arch }: Ffi): string[] {
  switch (os) {
    case "linux": {
      const triplet = triplets[arch];
      const system = ["/usr/local/lib64", "/usr/local/lib", "/usr/lib64", "/usr/lib", "/lib"];
      const multiarch = triplet === undefined ? [] : [`/usr/lib/${triplet}`, `/lib/${triplet}`];
      return [...multiarch, ...system, ...homebrew("/home/linuxbrew/.linuxbrew")];
    }
    case "darwin":
      return [...homebrew("/opt/homebrew"), ...homebrew("/usr/local"), "/opt/local/lib"];
    case "freebsd":
      return ["/usr/local/lib"];
    case "android":
      return ["/data/data/com.termux/files/usr/lib"];
    default:
      return [];
  }
}

// A nix-shell names a package's libraries to the linker alone, each with its own folder.
function nixFolders(ffi: Ffi): string[] {
  if (ffi.os !== "linux" && ffi.os !== "darwin") return [];
  const flags = ffi.environment("NIX_LDFLAGS") ?? "";
  const linked = Array.from(flags.matchAll(/(?:^|\s)-L\s*(\S*ffmpeg\S*)/g), ([, path]) => path);
  const profiles = (ffi.environment("NIX_PROFILES") ?? "").split(" ").filter(Boolean).reverse();
  return [...linked, ...profiles.map((profile) => `${profile}/lib`)];
}

function condaFolders(ffi: Ffi): string[] {
  const prefix = ffi.environment("CONDA_PREFIX");
  if (!prefix) return [];
  return [ffi.os === "windows" ? `${prefix}\\Library\\bin` : `${prefix}/lib`];
}

/** The loader's own list, less what depends on the working directory. */
function listedFolders(ffi: Ffi, loader: Loader): string[] {
  switch (ffi.os) {
    case "windows":
      return loader.variable("PATH").split(";").map((entry) => entry.replace(/^"(.*)"$/, "$1"));
    case "darwin":
      return ["DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"].flatMap((name) =>
        loader.variable(name).split(":")
      );
    default:
      return loader.find === null ? loader.variable("LD_LIBRARY_PATH").split(/[:;]/) : [];
  }
}

function windowsFolders(ffi: Ffi): string[] {
  if (ffi.os !== "windows") return [];
  const below = (variable: string, folders: readonly string[]): string[] => {
    const base = ffi.environment(variable);
    return base ? folders.map((folder) => `${base}\\${folder}`) : [];
  };
  return [
    ...below("SCOOP", ["apps\\ffmpeg-shared\\current\\bin"]),
    ...below("USERPROFILE", ["scoop\\apps\\ffmpeg-shared\\current\\bin"]),
    ...below("ChocolateyInstall", ["lib\\ffmpeg-shared\\tools\\ffmpeg\\bin"]),
    ...below("ProgramData", ["chocolatey\\lib\\ffmpeg-shared\\tools\\ffmpeg\\bin"]),
    ...below("ProgramFiles", ["ffmpeg\\bin", "FFmpeg\\shared\\bin"]),
    ...below("SystemDrive", ["ffmpeg\\bin", "msys64\\ucrt64\\bin"]),
  ];
}

/** True for a path that names the same file wherever the process stands. */
export function isAbsolute(os: Ffi["os"], path: string): boolean {
  return os === "windows" ? /^([a-z]:[\\/]|[\\/]{2}[^\\/])/i.test(path) : path.startsWith("/");
}

/** The folders to look into, in order: absolute ones, each once. */
export function searchFolders(ffi: Ffi, loader: Loader): string[] {
  const all = [
    ...listedFolders(ffi, loader),
    ...condaFolders(ffi),
    ...nixFolders(ffi),
    ...usualFolders(ffi),
    ...windowsFolders(ffi),
  ].map((folder) => withoutSlashes(folder, 1));
  return [...new Set(all.filter((folder) => isAbsolute(ffi.os, folder)))];
}

/** The folder without slashes at its end, of at least so many characters. */
function withoutSlashes(folder: string, least: number): string {
  let { length } = folder;
  while (length > least && /[\\/]/.test(folder[length - 1])) length--;
  return folder.slice(0, length);
}

function below(ffi: Ffi, loader: Loader, folder: string, one: Majors): Candidate {
  const separator = ffi.os === "windows" ? "\\" : "/";
  const name = (library: keyof Majors) => fileName(ffi.os, library, one[library]);
  return {
    majors: one,
    folder,
    name,
    path: (library) => {
      const path = `${withoutSlashes(folder, 0)}${separator}${name(library)}`;
      return loader.exists(path) ? path : undefined;
    },
  };
}

function byLoader(ffi: Ffi, find: NonNullable<Loader["find"]>, one: Majors): Candidate {
  const name = (library: keyof Majors) => fileName(ffi.os, library, one[library]);
  return {
    majors: one,
    folder: undefined,
    name,
    path: (library) => find(name(library), `${library}_version`),
  };
}

/**
 * The candidates in the order to try: `folder` alone where it is given, or else those of the
 * system's loader and then the folders; the newest major first.
 */
export function candidates(ffi: Ffi, loader: Loader, folder: string | undefined): Candidate[] {
  const { find } = loader;
  const named = folder !== undefined || find === null
    ? []
    : majors.map((one) => byLoader(ffi, find, one));
  const folders = folder !== undefined ? [folder] : searchFolders(ffi, loader);
  const placed = folders.flatMap((each) => majors.map((one) => below(ffi, loader, each, one)));
  return [...named, ...placed];
}
