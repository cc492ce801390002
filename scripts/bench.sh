#!/bin/sh
# Measures this module beside C on the same libavformat, and beside other libraries.
#   sh scripts/bench.sh [--suite SUITE] [--quick] [--pairs N] [--only ID,ID*,…] [--no-peers]
#   sh scripts/bench.sh --readme         the whole table, put into README.md and bench/README.md;
#                                        with --suite sid, into its own place in bench/README.md
#   sh scripts/bench.sh --micro [FILE]   tinybench on one file, both runtimes
# SUITE: bullseye, bookworm, trixie or sid, whose FFmpeg is measured instead of this system's.
# Everything needed is installed before the first measurement, or the command ends and names it.
suite=
if [ "${1:-}" = --suite ]; then suite=$2 && shift 2; fi
case ${1:-} in
  --micro)
    case ${2:-} in
      "" | /*) file=${2:-} ;;
      *) file=$PWD/$2 ;;
    esac
    micro=1
    ;;
esac
cd "$(dirname "$0")/.." || exit 1
. scripts/setup.sh
. scripts/lib/node.sh

quick= peers=1 readme= words=
for argument; do
  case $argument in
    --quick) quick=--quick words="$words $argument" ;;
    --no-peers) peers= words="$words $argument" ;;
    --readme) readme=1 ;;
    *) words="$words $argument" ;;
  esac
done
sh bench/fixtures.sh $quick || give_up "the fixtures could not be made"

if [ -n "${micro:-}" ]; then
  file=${file:-.cache/bench/seed.mp4}
  [ -r "$file" ] || give_up "cannot read $file"
  "$DENO" run --no-check --allow-ffi --allow-read --allow-env bench/micro.ts "$file" &&
    echo && "$BUN" run bench/micro.ts "$file"
  exit
fi

# needs PACKAGE… — Debian's packages; elsewhere they are named and the command ends.
needs() {
  command -v apt-get >/dev/null 2>&1 || give_up "install: $* (or your system's packages of them)"
  say "apt-get install $*"
  as_root apt-get install -y -q --no-install-recommends "$@" >>.cache/bench.log 2>&1 ||
    { as_root apt-get update -q >>.cache/bench.log 2>&1 &&
      as_root apt-get install -y -q --no-install-recommends "$@" >>.cache/bench.log 2>&1; } ||
    give_up "$* could not be installed (.cache/bench.log has the rest)"
}

used="libavformat libavcodec libavutil libswscale libswresample"
reference=.cache/bench/reference
rm -f $reference
command -v "${CC:-cc}" >/dev/null 2>&1 || needs gcc libc6-dev
if [ -n "$suite" ]; then
  . scripts/lib/suite.sh
  open_suite "$suite" || give_up "$suite could not be fetched"
  build_c $reference bench/reference.c || give_up "no C reference could be built for $suite"
  DENO=$tools/deno BUN=$tools/bun NODE=${node_binary:+$tools/node} AVIO_LIBRARY_PATH=$libraries
  BENCH_FFMPEG="FFmpeg $version ($suite)"
  export DENO BUN NODE AVIO_LIBRARY_PATH BENCH_FFMPEG
  say "$BENCH_FFMPEG"
else
  # shellcheck disable=SC2086 -- several words on purpose
  pkg-config --exists $used 2>/dev/null ||
    needs pkg-config libavformat-dev libavcodec-dev libavutil-dev libswscale-dev libswresample-dev
  # shellcheck disable=SC2046,SC2086 -- several words on purpose
  "${CC:-cc}" -O2 -o $reference bench/reference.c $(pkg-config --cflags --libs $used) \
    2>.cache/reference.log || give_up "no C reference could be built; see .cache/reference.log"
fi

if [ -n "$peers" ]; then
  if [ ! -d bench/peers/node_modules ]; then
    say "npm install in bench/peers"
    (cd bench/peers && npm install --no-package-lock --no-audit --no-fund --loglevel=error) \
      >.cache/peers.log 2>&1 || give_up "the peers could not be installed; see .cache/peers.log"
  fi
  find_python() {
    for python in python3 /usr/bin/python3; do
      "$python" -c "import av" 2>/dev/null && BENCH_PYTHON=$python && export BENCH_PYTHON && return
    done
    return 1
  }
  find_python || { needs python3 python3-av && find_python; } || give_up "PyAV does not start"
fi

# shellcheck disable=SC2086 -- several words on purpose
"$BUN" run bench/compare.ts $words || exit
[ -z "$readme" ] || { "$BUN" run bench/readme.ts $suite && "$DENO" fmt -q README.md bench/README.md; }

case " $words " in *" --only "* | *" --only="*) exit ;; esac
for run in "$DENO run --no-check --allow-all" "$BUN run"; do
  echo
  echo "two files on two cores: $run"
  # shellcheck disable=SC2086 -- several words on purpose
  $run bench/two.ts .cache/bench/large${quick:+-quick}.mp4
done
