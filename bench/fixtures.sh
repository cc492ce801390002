#!/bin/sh
# Makes the files that are measured, once, in .cache/bench. Codecs that every FFmpeg has, so that the
# files are much the same everywhere; long ones are short ones repeated, which costs no encoding.
#   sh bench/fixtures.sh [--quick]
cd "$(dirname "$0")/.." || exit 1
out=.cache/bench
mkdir -p $out

# make NAME ARGUMENTS…: the file appears only when it is whole.
make() {
  name=$1
  shift
  [ -s "$out/$name" ] && return 0
  echo "bench: making $name" >&2
  ffmpeg -nostdin -v error -y "$@" "$out/part.$name" && mv "$out/part.$name" "$out/$name" || {
    echo "bench: ffmpeg could not make $name" >&2
    exit 1
  }
}

has_encoder() { ffmpeg -v quiet -encoders | grep -q "^ [A-Z.]* $1 "; }

# The common codec where it can be made, so that every peer knows it.
video="-c:v mpeg4"
has_encoder libx264 && video="-c:v libx264 -preset ultrafast"
large=678 hour=3600 kind=
[ "${1:-}" = --quick ] && large=68 hour=300 kind=-quick

# Noise keeps the bit rate up: 30 s of 720p and 44.1 kHz, 7.2 Mb/s.
# shellcheck disable=SC2086 -- several words on purpose
make seed.mp4 -f lavfi -i "testsrc2=duration=30:size=1280x720:rate=25,noise=alls=40:allf=t" \
  -f lavfi -i "sine=frequency=440:duration=30:sample_rate=44100" \
  $video -pix_fmt yuv420p -b:v 7150k -g 25 -c:a aac -b:a 96k
make one.mp4 -i $out/seed.mp4 -t 1 -c copy -movflags +faststart
make one.mkv -i $out/seed.mp4 -t 1 -c copy
make minute.mp4 -stream_loop 1 -i $out/seed.mp4 -t 60 -c copy -movflags +faststart
# Not the first second: the encoder gives that one three times its rate.
make megabyte.mp4 -ss 10 -i $out/seed.mp4 -t 1.1 -c copy -movflags +faststart
make seed.ts -i $out/seed.mp4 -c:v copy -c:a mp2 -b:a 128k
make "large$kind.mp4" -stream_loop 30 -i $out/seed.mp4 -t $large -c copy -movflags +faststart
make "large$kind.ts" -stream_loop 30 -i $out/seed.ts -t $((large / 4)) -c copy

# Decoding: pictures of 1080p, and ten minutes of sound.
seconds=20 minutes=10
[ "${1:-}" = --quick ] && seconds=4 minutes=2
# shellcheck disable=SC2086 -- several words on purpose
make "pictures$kind.mp4" -f lavfi \
  -i "testsrc2=duration=$seconds:size=1920x1080:rate=25,noise=alls=20:allf=t" \
  $video -pix_fmt yuv420p -b:v 6M -g 50
make "minutes$kind.m4a" -f lavfi \
  -i "sine=frequency=440:duration=$((minutes * 60)):sample_rate=48000" -ac 2 -c:a aac -b:a 128k

# A film of both, its sound encoded again: a part of it is needed.
make "movie$kind.mp4" -i "$out/pictures$kind.mp4" -i "$out/minutes$kind.m4a" -map 0:v -map 1:a \
  -t $seconds -c copy

# The small packets: 60 s encoded, the rest repeated.
make seed.wav -f lavfi -i "sine=frequency=440:duration=60:sample_rate=48000" -c:a pcm_s16le
make seed.aac -i $out/seed.wav -c:a aac -b:a 96k
make "hour$kind.wav" -stream_loop 99 -i $out/seed.wav -t $hour -c copy
make "hour$kind.aac" -stream_loop 99 -i $out/seed.aac -t $hour -c copy
if has_encoder libmp3lame; then
  make seed.mp3 -i $out/seed.wav -c:a libmp3lame -b:a 96k
  make "hour$kind.mp3" -stream_loop 99 -i $out/seed.mp3 -t $hour -c copy
fi
if has_encoder libopus; then
  make seed.ogg -i $out/seed.wav -c:a libopus -b:a 96k
  make "hour$kind.ogg" -stream_loop 99 -i $out/seed.ogg -t $hour -c copy
fi
if has_encoder libopus && has_encoder libvpx; then
  make seed.webm -f lavfi -i "testsrc=duration=60:size=160x120:rate=25" -i $out/seed.wav \
    -c:v libvpx -deadline realtime -cpu-used 8 -b:v 100k -c:a libopus -b:a 64k
  make "hour$kind.webm" -stream_loop 99 -i $out/seed.webm -t $hour -c copy
fi
rm -f $out/part.*
