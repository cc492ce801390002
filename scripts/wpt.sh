#!/bin/sh
# The web platform tests of WebCodecs, unmodified, on Deno, Bun and Node.
#   sh scripts/wpt.sh [--runtime deno|bun|node] [--only WORD] [--jobs N]
# The tests come from Debian's source package of Firefox (700 MB the first time) and stay below
# .cache/wpt, or in the folder that AVIO_WPT names; the canvas is @napi-rs/canvas, from npm.
# scripts/wpt/expected_failures.tsv lists the failures that are expected: it may only shrink.
cd "$(dirname "$0")/.." || exit 1
. scripts/setup.sh
. scripts/lib/node.sh

runtimes="deno bun${NODE:+ node}" words=
while [ $# -gt 0 ]; do
  case $1 in
    --runtime) runtimes=$2 && shift ;;
    --only | --jobs | --timeout | --json) words="$words $1 $2" && shift ;;
    *) echo "wpt: unknown option $1" >&2 && exit 2 ;;
  esac
  shift
done

CANVAS_VERSION=1.1.1
FIREFOX=140.12.0esr-1~deb12u1

# Firefox carries the web platform tests; Debian keeps its sources.
fetch_tests() {
  [ -d "$1/tests/webcodecs" ] && return 0
  command -v apt-get >/dev/null || give_up "apt-get is needed to fetch the web platform tests"
  say "web platform tests from the source of firefox-esr ($FIREFOX)"
  mkdir -p "$1"
  # Another run may fetch them at the same time.
  exec 8>"$1/lock" && flock 8
  [ -d "$1/tests/webcodecs" ] && return 0
  work=$(mktemp -d "$1/download.XXXXXX") && mkdir -p "$work/lists/partial"
  mirror=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE)' |
    awk '$2 !~ /security|updates|backports/ { print $1; exit }')
  key=/usr/share/keyrings/debian-archive-keyring.gpg
  echo "deb-src [signed-by=$key] $mirror bookworm main" >"$work/sources.list"
  lists="-oDir::Etc::sourcelist=$work/sources.list -oDir::Etc::sourceparts=/dev/null"
  lists="$lists -oDir::State::lists=$work/lists"
  # shellcheck disable=SC2086 # options, none of which holds a space
  apt-get $lists update -q >/dev/null 2>&1
  # shellcheck disable=SC2086
  uri=$(apt-get $lists source --print-uris "firefox-esr=$FIREFOX" 2>/dev/null |
    sed -n "s/^'\([^']*\.orig\.tar\.xz\)'.*/\1/p")
  [ -n "$uri" ] || give_up "there is no source package firefox-esr $FIREFOX"
  /usr/lib/apt/apt-helper download-file "$uri" "$work/firefox.tar.xz" >/dev/null 2>&1 ||
    give_up "the source of firefox-esr cannot be fetched"
  at=*/testing/web-platform/tests
  tar -xJf "$work/firefox.tar.xz" -C "$work" --strip-components=3 --wildcards \
    "$at/webcodecs/*" "$at/resources/*" "$at/interfaces/*" "$at/common/media.js" "$at/LICENSE.md"
  mv "$work/tests" "$1/tests"
  rm -rf "$work"
  exec 8>&-
}

fetch_canvas() {
  [ -d .cache/canvas/node_modules/@napi-rs/canvas ] && return 0
  say "npm install @napi-rs/canvas@$CANVAS_VERSION"
  npm install --prefix .cache/canvas --no-save --no-package-lock --no-audit --no-fund \
    --loglevel=error "@napi-rs/canvas@$CANVAS_VERSION" >.cache/canvas.log 2>&1 ||
    give_up "npm install @napi-rs/canvas failed: see .cache/canvas.log"
}

folder=${AVIO_WPT:-.cache/wpt}
# apt takes a relative folder for one of its own.
case $folder in
  /*) ;;
  *) folder=$PWD/$folder ;;
esac
fetch_tests "$folder"
fetch_canvas
canvas=.cache/canvas/node_modules/@napi-rs/canvas/index.js
failed=0
for runtime in $runtimes; do
  case $runtime in
    deno) set -- "$DENO" run --allow-all --no-check ;;
    bun) set -- "$BUN" run ;;
    node) set -- "$NODE" --experimental-ffi --no-warnings ;;
    *) give_up "wpt: --runtime takes deno, bun or node" ;;
  esac
  # shellcheck disable=SC2086
  "$@" scripts/wpt/run.ts "$folder/tests" "$canvas" $words || failed=1
done
exit $failed
