#!/bin/sh
# How fast the common tasks are, on every runtime, with a file of your own or one that ffmpeg makes.
#   sh scripts/bench.sh [FILE]
case ${1:-} in
  "" | /*) file=${1:-} ;;
  *) file=$PWD/$1 ;;
esac
cd "$(dirname "$0")/.." || exit 1
. scripts/setup.sh
. scripts/node.sh

if [ -z "$file" ]; then
  file=.cache/bench.mp4
  # mpeg4 and mp2 are in every FFmpeg, so that the file is much the same everywhere.
  if [ ! -s $file ]; then
    ffmpeg -v error -y -f lavfi -i testsrc2=duration=20:size=1280x720:rate=25 \
      -f lavfi -i sine=frequency=440:duration=20 -c:v mpeg4 -b:v 4M -g 25 \
      -c:a mp2 -b:a 128k -movflags +faststart .cache/bench.part.mp4 &&
      mv .cache/bench.part.mp4 $file || give_up "ffmpeg could not make a file for the benchmark"
  fi
fi
[ -r "$file" ] || give_up "cannot read $file"

"$DENO" run --no-check --allow-ffi --allow-read --allow-env bench/micro.ts "$file" &&
  echo && "$BUN" run bench/micro.ts "$file" &&
  if [ -n "$NODE" ]; then
    # shellcheck disable=SC2086 # the flags are words
    echo && "$NODE" $NODE_FLAGS bench/micro.ts "$file"
  fi
