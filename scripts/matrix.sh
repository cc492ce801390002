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
. scripts/suite.sh

# shellcheck disable=SC2086 # words and file names hold no spaces
files=$(test_files $words)
[ -n "$files" ] || give_up "no test file matches"

rows=
row() { rows="$rows$(printf '%-10s %-8s %-6s %6s passed %4s failed %4s skipped' "$@")
"; }

for suite in $suites; do
  open_suite "$suite" || {
    # A rolling suite can be out of reach for a while; that is said, and is no fault of the tests.
    echo "matrix: $suite could not be fetched: skipped"
    SKIPPED=$((SKIPPED + 1))
    row "$suite" - - 0 0 1
    continue
  }
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
