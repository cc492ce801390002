#!/bin/sh
# The same tests on several FFmpegs: each Debian suite's libraries, unpacked below .cache/roots,
# with every runtime started by that suite's own loader.
#   sh scripts/matrix.sh [SUITE…] [-- WORD…]     all suites without one named; words choose files
cd "$(dirname "$0")/.." || exit 1

suites= words=
while [ $# -gt 0 ]; do
  if [ "$1" = -- ]; then
    shift
    words=$*
    break
  fi
  suites="$suites $1"
  shift
done
[ -n "$suites" ] || suites="bullseye bookworm trixie sid"

for tool in apt-get dpkg-deb; do
  command -v $tool >/dev/null 2>&1 || {
    echo "matrix: needs $tool, so a Debian or a relative of it" >&2
    exit 2
  }
done

. scripts/setup.sh
. scripts/node.sh
. scripts/count.sh
. scripts/assert.sh

case $(uname -m) in
  x86_64) triplet=x86_64-linux-gnu loader=ld-linux-x86-64.so.2 ;;
  aarch64) triplet=aarch64-linux-gnu loader=ld-linux-aarch64.so.1 ;;
  *) give_up "the matrix knows x86_64 and aarch64 only" ;;
esac

library_of() {
  case $1 in
    bullseye) echo libavformat58 ;;
    bookworm) echo libavformat59 ;;
    trixie) echo libavformat61 ;;
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

# shellcheck disable=SC2086 # words and file names hold no spaces
files=$(test_files $words)
[ -n "$files" ] || give_up "no test file matches"

rows=
row() { rows="$rows$(printf '%-10s %-8s %-6s %6s passed %4s failed %4s skipped' "$@")
"; }

for suite in $suites; do
  library=$(library_of "$suite")
  [ -n "$library" ] || give_up "unknown suite $suite: bullseye, bookworm, trixie or sid"
  folder=$PWD/.cache/roots/$suite
  if [ ! -f "$folder/.complete" ]; then
    sh scripts/ffmpeg_root.sh "$suite" "$folder" "$library" ffmpeg || {
      # A rolling suite can be out of reach for a while; that is said, and is no fault of the tests.
      echo "matrix: $suite could not be fetched: skipped"
      SKIPPED=$((SKIPPED + 1))
      row "$suite" - - 0 0 1
      continue
    }
  fi
  libraries=$folder/usr/lib/$triplet
  # BLAS and the like sit one folder deeper, found through links that no package script made here.
  path=$libraries
  for deeper in blas lapack pulseaudio; do
    [ -d "$libraries/$deeper" ] && path=$path:$libraries/$deeper
  done
  start="$libraries/$loader --library-path $path"
  # shellcheck disable=SC2086
  version=$($start "$folder/usr/bin/ffmpeg" -version 2>/dev/null |
    sed -n '1s/^ffmpeg version n\{0,1\}\([0-9.]*\).*/\1/p')
  # What tests start by name is this suite's too: its ffprobe and ffmpeg, and the runtimes.
  tools=$folder/tools
  mkdir -p "$tools"
  wrap() { # wrap NAME BINARY
    printf '#!/bin/sh\nexec %s "%s" "$@"\n' "$start" "$2" >"$tools/$1" && chmod +x "$tools/$1"
  }
  wrap ffprobe "$folder/usr/bin/ffprobe"
  wrap ffmpeg "$folder/usr/bin/ffmpeg"
  wrap deno "$deno_binary"
  wrap bun "$bun_binary"
  [ -z "$node_binary" ] || wrap node "$node_binary"
  for runtime in $runtimes; do
    echo "--- FFmpeg ${version:-?} ($suite), $runtime"
    log=.cache/matrix.$suite.$runtime.out
    # shellcheck disable=SC2086
    case $runtime in
      deno) set -- $start "$deno_binary" test $IMPORT_MAP $DENO_FLAGS $files ;;
      bun) set -- $start "$bun_binary" test $BUN_FLAGS $files ;;
      # One process for all: those it would start for each file would start the loader alone.
      node) set -- $start "$node_binary" $NODE_FLAGS $NODE_TEST_FLAGS --test-isolation=none $files ;;
    esac
    PATH=$tools:$PATH AVIO_RUNTIME=$tools/$runtime AVIO_LIBRARY_PATH=$libraries "$@" >$log 2>&1
    count $runtime $log $?
    if [ "$F" != 0 ]; then plain $log; fi
    row "$suite" "${version:-?}" $runtime "$P" "$F" "$S"
  done
done

echo
printf '%s' "$rows"
total
