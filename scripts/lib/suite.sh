# Another Debian suite's FFmpeg below .cache/roots, and the runtimes started by its own loader.
# To be sourced after setup.sh and node.sh; needs apt-get and dpkg-deb.

case $(uname -m) in
  x86_64) triplet=x86_64-linux-gnu loader=ld-linux-x86-64.so.2 ;;
  aarch64) triplet=aarch64-linux-gnu loader=ld-linux-aarch64.so.1 ;;
  *) give_up "other suites are known on x86_64 and aarch64 only" ;;
esac

library_of() {
  case $1 in
    bullseye) echo libavformat58 ;;
    bookworm) echo libavformat59 ;;
    trixie) echo libavformat61 ;;
    # FFmpeg 8's libraries are still in sid; the tools of that suite are FFmpeg 9's.
    sid8) echo libavformat62 ;;
    sid) echo libavformat63 ;;
  esac
}

is_elf() { [ "$(head -c 4 "$1" 2>/dev/null | tail -c 3)" = ELF ]; }

# The loader starts native binaries only, and what npm puts on PATH may be a script.
native() { # native COMMAND-FOUND CANDIDATE…
  found=$(readlink -f "$1")
  shift
  for candidate in "$found" "$@"; do
    if is_elf "$candidate"; then
      readlink -f "$candidate"
      return 0
    fi
  done
  return 1
}

deno_binary=$(native "$DENO" node_modules/deno/deno node_modules/@deno/linux-*/deno) ||
  give_up "no native deno binary found"
bun_binary=$(native "$BUN" node_modules/bun/bin/bun.exe node_modules/@oven/bun-linux-*/bin/bun) ||
  give_up "no native bun binary found"
runtimes="deno bun" node_binary=
if [ -n "$NODE" ] && node_binary=$(native "$NODE"); then runtimes="$runtimes node"; fi

# The loader of a root, and where it looks.
start_in() { # start_in FOLDER
  path=$1/usr/lib/$triplet
  # BLAS and the like sit one folder deeper, found through links that no package script made here.
  for deeper in blas lapack pulseaudio; do
    [ -d "$1/usr/lib/$triplet/$deeper" ] && path=$path:$1/usr/lib/$triplet/$deeper
  done
  echo "$1/usr/lib/$triplet/$loader --library-path $path"
}

# Sets libraries, start, tools and version; 1 where the suite is out of reach.
open_suite() { # open_suite SUITE
  library=$(library_of "$1")
  [ -n "$library" ] || give_up "unknown suite $1: bullseye, bookworm, trixie, sid8 or sid"
  folder=$PWD/.cache/roots/$1
  case $1 in
    sid8) packages="libswscale9" programs=$PWD/.cache/roots/sid ;;
    *) packages=ffmpeg programs=$folder ;;
  esac
  # shellcheck disable=SC2086
  [ -f "$folder/.complete" ] ||
    sh scripts/ffmpeg_root.sh "${1%8}" "$folder" "$library" $packages || return 1
  [ -f "$programs/.complete" ] || (open_suite sid) || return 1
  libraries=$folder/usr/lib/$triplet
  start=$(start_in "$folder")
  # shellcheck disable=SC2046
  version=$($(start_in "$programs") "$programs/usr/bin/ffmpeg" -version 2>/dev/null |
    sed -n '1s/^ffmpeg version n\{0,1\}\([0-9.]*\).*/\1/p')
  [ "$programs" = "$folder" ] || version="8, tools $version"
  # Tests start this suite's tools by name: its ffprobe and ffmpeg, and the runtimes.
  tools=$folder/tools
  mkdir -p "$tools"
  wrap() { # wrap NAME BINARY [START]
    printf '#!/bin/sh\nexec %s "%s" "$@"\n' "${3:-$start}" "$2" >"$tools/$1" &&
      chmod +x "$tools/$1"
  }
  wrap ffprobe "$programs/usr/bin/ffprobe" "$(start_in "$programs")"
  wrap ffmpeg "$programs/usr/bin/ffmpeg" "$(start_in "$programs")"
  wrap deno "$deno_binary"
  wrap bun "$bun_binary"
  [ -z "$node_binary" ] || wrap node "$node_binary"
}

# Builds a C program against the suite that is open, with its headers.
build_c() { # build_c OUTPUT SOURCE
  headers=$folder.dev
  [ -f "$headers/.complete" ] ||
    sh scripts/ffmpeg_root.sh "${folder##*/}" "$headers" libavformat-dev libswscale-dev || return 1
  # The suite's C library, which may be newer than this machine's, is there when it starts.
  "${CC:-cc}" -O2 -o "$tools/${1##*/}.bin" "$2" -I"$headers/usr/include/$triplet" \
    -I"$headers/usr/include" -L"$libraries" -L"$headers/usr/lib/$triplet" \
    -Wl,--allow-shlib-undefined -Wl,-rpath-link,"$libraries" -lavformat -lavcodec -lavutil \
    -lswscale -lswresample &&
    wrap "${1##*/}" "$tools/${1##*/}.bin" && cp "$tools/${1##*/}" "$1"
}
