#!/bin/sh
# How fast this module is beside C on the same libavformat, and beside what people use instead.
#   sh scripts/bench.sh [--suite SUITE] [--quick] [--runs N] [--only ID,ID*,…] [--no-peers] [--cpu]
# SUITE: bullseye, bookworm, trixie or sid, whose FFmpeg is measured instead of this system's.
#   sh scripts/bench.sh --micro [FILE]   tinybench on one file, both runtimes
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
. scripts/node.sh

quick= peers=1
for argument; do
  [ "$argument" = --quick ] && quick=--quick
  [ "$argument" = --no-peers ] && peers=
done
sh bench/fixtures.sh $quick || give_up "the fixtures could not be made"

if [ -n "${micro:-}" ]; then
  file=${file:-.cache/bench/seed.mp4}
  [ -r "$file" ] || give_up "cannot read $file"
  "$DENO" run --no-check --allow-ffi --allow-read --allow-env bench/micro.ts "$file" &&
    echo && "$BUN" run bench/micro.ts "$file"
  exit
fi

# The reference, where there is something to build it with.
reference=.cache/bench/reference
rm -f $reference
if [ -n "$suite" ]; then
  . scripts/suite.sh
  open_suite "$suite" || give_up "$suite could not be fetched"
  build_c $reference bench/reference.c || give_up "no C reference could be built for $suite"
  DENO=$tools/deno BUN=$tools/bun NODE=${node_binary:+$tools/node} AVIO_LIBRARY_PATH=$libraries
  export DENO BUN NODE AVIO_LIBRARY_PATH
  say "FFmpeg $version ($suite)"
else
  flags=$(pkg-config --cflags --libs libavformat libavcodec libavutil 2>/dev/null) ||
    flags="-lavformat -lavcodec -lavutil"
  # shellcheck disable=SC2086 -- several words on purpose
  "${CC:-cc}" -O2 -o $reference bench/reference.c $flags 2>.cache/reference.log ||
    say "no C reference: it needs a compiler and the headers (libavformat-dev); see .cache/reference.log"
fi

if [ -n "$peers" ]; then
  if [ ! -d bench/peers/node_modules ]; then
    say "npm install in bench/peers (node-av, mediabunny, libav.js)"
    (cd bench/peers && npm install --no-package-lock --no-audit --no-fund --loglevel=error) \
      >.cache/peers.log 2>&1 || say "the peers could not be installed; see .cache/peers.log"
  fi
  for python in python3 /usr/bin/python3; do
    "$python" -c "import av" 2>/dev/null && BENCH_PYTHON=$python && export BENCH_PYTHON && break
  done
  [ -n "${BENCH_PYTHON:-}" ] || say "no PyAV: apt-get install python3-av"
fi

"$BUN" run bench/compare.ts "$@" || exit

case " $* " in *" --only "* | *" --only="*) exit ;; esac
for run in "$DENO run --no-check --allow-all" "$BUN run"; do
  echo
  echo "two files on two cores: $run"
  # shellcheck disable=SC2086 -- several words on purpose
  $run bench/two.ts .cache/bench/large${quick:+-quick}.mp4
done
