#!/bin/sh
# The same tests on several FFmpegs: each Debian suite's libraries, unpacked below .cache/roots,
# with every runtime started by that suite's own loader.
#   sh scripts/matrix.sh [--runtime R]… [--minutes N] [SUITE…] [-- WORD…]
# All runtimes and suites where none is named; words choose files. After N minutes nothing more is
# begun, and what was left out is said and counted as skipped.
cd "$(dirname "$0")/.." || exit 1

suites= words= chosen= minutes=
while [ $# -gt 0 ]; do
  case $1 in
    --runtime) chosen="$chosen $2" && shift ;;
    --minutes) minutes=$2 && shift ;;
    --)
      shift
      words=$*
      break
      ;;
    *) suites="$suites $1" ;;
  esac
  shift
done
began=$(date +%s)
in_time() { [ -z "$minutes" ] || [ $(($(date +%s) - began)) -lt $((minutes * 60)) ]; }
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

rows= begun=
row() { rows="$rows$(printf '%-10s %-8s %-6s %6s passed %4s failed %4s skipped %4s s' "$@")
"; }

for suite in $suites; do
  open_suite "$suite" || {
    # A rolling suite can be out of reach for a while; that is said, and is no fault of the tests.
    echo "matrix: $suite could not be fetched: skipped"
    SKIPPED=$((SKIPPED + 1))
    row "$suite" - - 0 0 1 0
    continue
  }
  for runtime in ${chosen:-$runtimes}; do
    in_time || {
      echo "matrix: $suite on $runtime is left out: the $minutes minutes are over"
      SKIPPED=$((SKIPPED + 1))
      row "$suite" "${version:-?}" $runtime 0 0 1 0
      continue
    }
    begun=yes
    echo "--- FFmpeg ${version:-?} ($suite), $runtime"
    since=$(date +%s)
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
    row "$suite" "${version:-?}" $runtime "$P" "$F" "$S" $(($(date +%s) - since))
  done
done

echo
printf '%s' "$rows"
total
status=$?
# Nothing was to be done in no time.
[ -n "$minutes" ] && [ -z "$begun" ] && [ "$FAILED" = 0 ] && status=0
exit $status
