#!/bin/sh
# The probe and the quick tests on another processor, emulated here: 400 MB and some minutes.
#   sh scripts/platforms.sh arm64 [--probe | WORD…]
# Unpacks Debian's arm64 libraries and qemu below .cache/platforms, takes the arm64 builds of Deno
# and Bun from npm, and compares each line of the probe with tests/support/platform_probe.tsv.
# --probe: no tests. WORD: only the test files whose path holds one.
cd "$(dirname "$0")/.." || exit 1
case ${1:-} in
  arm64) shift ;;
  *) echo "platforms: name a platform: arm64" >&2 && exit 2 ;;
esac
words= tests=yes
for word in "$@"; do
  case $word in
    --probe) tests=no ;;
    *) words="$words $word" ;;
  esac
done

for tool in apt-get dpkg-deb npm; do
  command -v $tool >/dev/null 2>&1 || {
    echo "platforms: needs $tool" >&2
    exit 2
  }
done
. scripts/setup.sh
. scripts/lib/count.sh
. scripts/lib/assert.sh

# Bookworm's qemu takes a quarter of an hour for what trixie's does in a minute.
place=$PWD/.cache/platforms
[ -f "$place/qemu/.complete" ] ||
  sh scripts/ffmpeg_root.sh trixie "$place/qemu" qemu-user || give_up "qemu is out of reach"
[ -f "$place/arm64/.complete" ] ||
  ARCH=arm64 sh scripts/ffmpeg_root.sh trixie "$place/arm64" libavformat61 libswscale8 \
    libswresample5 libc6 libstdc++6 libgcc-s1 || give_up "the arm64 libraries are out of reach"
# npm installs one package of another processor at a time, by force.
package() { # package NAME VERSION
  [ -d "$place/npm/node_modules/$1" ] && return
  npm install --prefix "$place/npm.$$" --force --no-save --no-package-lock --no-audit --no-fund \
    --loglevel=error "$1@$2" >.cache/npm.log 2>&1 || give_up "npm has no $1@$2 here"
  mkdir -p "$place/npm/node_modules/${1%%/*}"
  mv "$place/npm.$$/node_modules/$1" "$place/npm/node_modules/$1"
  rm -rf "$place/npm.$$"
}
package @deno/linux-arm64-glibc "$(pinned deno)"
package @oven/bun-linux-aarch64 "$(pinned bun)"

START="$place/qemu/usr/bin/qemu-aarch64 -L $place/arm64"
DENO=$place/npm/node_modules/@deno/linux-arm64-glibc/deno
BUN=$place/npm/node_modules/@oven/bun-linux-aarch64/bin/bun
NODE=
# A test starts its runtime anew by these: the kernel cannot run such a program itself.
mkdir -p "$place/tools"
for runtime in deno bun; do
  binary=$BUN
  [ $runtime = bun ] || binary=$DENO
  printf '#!/bin/sh\nexec %s "%s" "$@"\n' "$START" "$binary" >"$place/tools/$runtime"
  chmod +x "$place/tools/$runtime"
done

failed=0
for runtime in bun deno; do
  words_of=$([ $runtime = bun ] || echo run --no-check -A)
  since=$(date +%s)
  # shellcheck disable=SC2086
  "$place/tools/$runtime" $words_of tests/support/platform_probe.ts >.cache/probe.$runtime.out ||
    failed=1
  if diff tests/support/platform_probe.tsv .cache/probe.$runtime.out; then
    echo "ok     $runtime on arm64: $(grep -c . .cache/probe.$runtime.out) lines as stored," \
      "$(($(date +%s) - since)) s"
    PASSED=$((PASSED + 1))
  else
    echo "FAILED $runtime on arm64: lines differ"
    FAILED=$((FAILED + 1))
  fi
done

if [ $tests = yes ]; then
  . scripts/lib/run_tests.sh
  # Tests that build or start what is this machine's own are skipped, and waits are longer.
  export AVIO_EMULATED=1
  # Files that need neither the ffmpeg tool nor exact times, which an emulator does not have.
  [ -n "$words" ] || words="unit/ffi unit/log unit/io/avio unit/rational unit/async/codec"
  for runtime in bun deno; do
    export AVIO_RUNTIME=$place/tools/$runtime
    # shellcheck disable=SC2086
    pairs $runtime "$(tier_files unit | with_words $words)" >.cache/platforms.$$.pairs
    run_tests "arm64-$runtime" <.cache/platforms.$$.pairs
    rm -f .cache/platforms.$$.pairs
  done
fi
[ $failed = 0 ] || FAILED=$((FAILED + 1))
total
