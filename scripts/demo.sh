#!/bin/sh
# The demo on both runtimes, with a file of your own or one that ffmpeg makes.
#   sh scripts/demo.sh [FILE]
case ${1:-} in
  "" | /*) file=${1:-} ;;
  *) file=$PWD/$1 ;;
esac
cd "$(dirname "$0")/.." || exit 1
. scripts/setup.sh

has_encoder() { ffmpeg -hide_banner -encoders 2>/dev/null | grep -q "^ [A-Z.]* $1 "; }

if [ -z "$file" ]; then
  file=.cache/demo.mp4
  if [ ! -s $file ]; then
    video=mpeg4 audio=mp2
    for encoder in libx264 libopenh264; do
      if has_encoder $encoder; then video=$encoder && break; fi
    done
    if has_encoder aac; then audio=aac; fi
    ffmpeg -v error -y -f lavfi -i testsrc=duration=5:size=640x360:rate=25 \
      -f lavfi -i sine=frequency=440:duration=5 -c:v $video -g 25 -pix_fmt yuv420p \
      -c:a $audio -b:a 96k -movflags +faststart .cache/demo.part.mp4 &&
      mv .cache/demo.part.mp4 $file || give_up "ffmpeg could not make a file for the demo"
  fi
fi
[ -r "$file" ] || give_up "cannot read $file"

"$DENO" run --no-check --allow-ffi --allow-read --allow-env examples/demo.ts "$file" &&
  echo && "$BUN" run examples/demo.ts "$file"
