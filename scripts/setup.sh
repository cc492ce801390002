#!/bin/sh
# Installs what is missing and nothing else; quick, and without the network, the second time.
# Run it (sh scripts/setup.sh) or source it from the repository's root: it then sets DENO and BUN.

DENO_NO_UPDATE_CHECK=1
DO_NOT_TRACK=1
export DENO_NO_UPDATE_CHECK DO_NOT_TRACK

[ -f deno.json ] || cd "$(dirname "$0")/.." || exit 1
mkdir -p .cache

say() { printf 'setup: %s\n' "$*"; }
give_up() {
  printf 'setup: %s\n' "$*" >&2
  exit 1
}

pinned() { sed -n "s/^ *\"$1\": *\"\([0-9][^\"]*\)\".*/\1/p" package.json | tail -n 1; }

# The version a runtime says it is: "deno 2.9.6 (stable, …)" or "1.4.5".
version_of() { "$1" --version 2>/dev/null | sed -n '1s/^[a-z ]*\([0-9][0-9.]*\).*/\1/p'; }

# Prints the command of a runtime at its pinned version: PATH's own, else the one npm placed.
runtime() {
  for candidate in "$(command -v "$1" 2>/dev/null)" "$PWD/node_modules/.bin/$1"; do
    [ -n "$candidate" ] && [ -x "$candidate" ] || continue
    [ "$(version_of "$candidate")" = "$(pinned "$1")" ] || continue
    printf '%s\n' "$candidate"
    return 0
  done
  return 1
}

# --- packages from npm ------------------------------------------------------------------------

node_packages() {
  for name in typescript bun-types tinybench esbuild; do
    manifest=node_modules/$name/package.json
    [ -f "$manifest" ] && grep -q "\"version\": *\"$(pinned "$name")\"" "$manifest" || return 1
  done
}

# Without a lock file: package.json pins every version, and one written here would leave out the
# binaries of other systems.
npm_install() {
  command -v npm >/dev/null 2>&1 ||
    give_up "npm is needed to fetch deno, bun and typescript; install Node.js 20 or newer"
  say "npm install (deno $(pinned deno), bun $(pinned bun), typescript $(pinned typescript))"
  npm install --no-package-lock --no-audit --no-fund --loglevel=error >.cache/npm.log 2>&1 || {
    cat .cache/npm.log >&2
    give_up "npm install failed"
  }
}

node_packages && DENO=$(runtime deno) && BUN=$(runtime bun) || {
  npm_install
  DENO=$(runtime deno) || give_up "deno $(pinned deno) does not start on this system"
  BUN=$(runtime bun) || give_up "bun $(pinned bun) does not start on this system"
}
export DENO BUN

# --- FFmpeg -----------------------------------------------------------------------------------

has_library() {
  for tool in ldconfig /sbin/ldconfig /usr/sbin/ldconfig; do
    command -v "$tool" >/dev/null 2>&1 || continue
    "$tool" -p 2>/dev/null | grep -q "lib$1\.so\." && return 0
  done
  for dir in ${AVIO_LIBRARY_PATH:+"$AVIO_LIBRARY_PATH"} /opt/homebrew/lib /usr/local/lib /usr/lib; do
    for found in "$dir/lib$1".so.* "$dir/lib$1".*.dylib; do
      [ -e "$found" ] && return 0
    done
  done
  return 1
}

has_ffmpeg() {
  command -v ffmpeg >/dev/null 2>&1 && command -v ffprobe >/dev/null 2>&1 &&
    has_library avformat && has_library avcodec && has_library avutil
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null 2>&1; then
    sudo "$@"
  else
    give_up "root is needed to install FFmpeg; install it yourself, then run this again"
  fi
}

apt_ffmpeg() {
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -q --no-install-recommends ffmpeg >>.cache/ffmpeg.log 2>&1
}

ffmpeg_install() {
  : >.cache/ffmpeg.log
  if command -v apt-get >/dev/null 2>&1; then
    say "apt-get install ffmpeg"
    # Lists are only fetched when those at hand are missing or too old to install from.
    apt_ffmpeg || { as_root apt-get update -q >>.cache/ffmpeg.log 2>&1 && apt_ffmpeg; }
  elif command -v brew >/dev/null 2>&1; then
    say "brew install ffmpeg"
    brew install ffmpeg >>.cache/ffmpeg.log 2>&1
  elif command -v dnf >/dev/null 2>&1; then
    say "dnf install ffmpeg (or Fedora's ffmpeg-free)"
    as_root dnf install -y ffmpeg >>.cache/ffmpeg.log 2>&1 ||
      as_root dnf install -y ffmpeg-free libavformat-free >>.cache/ffmpeg.log 2>&1
  elif command -v pacman >/dev/null 2>&1; then
    say "pacman -S ffmpeg"
    as_root pacman -S --noconfirm --needed ffmpeg >>.cache/ffmpeg.log 2>&1
  elif command -v apk >/dev/null 2>&1; then
    say "apk add ffmpeg"
    as_root apk add ffmpeg >>.cache/ffmpeg.log 2>&1
  else
    give_up "no known package manager here: install FFmpeg 4.3 or newer (the ffmpeg and ffprobe" \
      "tools and the shared libraries libavformat, libavcodec and libavutil), then run this again"
  fi || {
    tail -n 20 .cache/ffmpeg.log >&2
    give_up "installing FFmpeg failed (.cache/ffmpeg.log has the rest)"
  }
}

has_ffmpeg || {
  ffmpeg_install
  has_ffmpeg || give_up "FFmpeg was installed but libavformat, libavcodec or libavutil is not found;" \
    "set AVIO_LIBRARY_PATH to the folder that holds them"
}
