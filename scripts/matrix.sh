#!/bin/sh
# The tests on several FFmpegs: each Debian suite's libraries, unpacked below .cache/roots, with
# every runtime started by that suite's own loader.
#   sh scripts/matrix.sh [--runtime R]… [--tier unit|slow|all] [--minutes N] [SUITE…] [-- WORD…]
# All runtimes, all suites and the unit tier by default; words choose files of every tier. After N
# minutes no further suite begins: each that is left out is printed and counted as skipped.
cd "$(dirname "$0")/.." || exit 1

suites= words= chosen= minutes= tier=
while [ $# -gt 0 ]; do
  case $1 in
    --runtime) chosen="$chosen $2" && shift ;;
    --tier) tier=$2 && shift ;;
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
# The binary that a suite's loader starts in place of the command.
binary_of() {
  case $1 in
    deno) DENO=$deno_binary ;;
    bun) BUN=$bun_binary ;;
    node) NODE=$node_binary ;;
  esac
}
[ -z "$minutes" ] || DEADLINE=$((began + minutes * 60))
in_time() { [ -z "$minutes" ] || [ $(($(date +%s) - began)) -lt $((minutes * 60)) ]; }
[ -n "$suites" ] || suites="bullseye bookworm trixie sid"

for tool in apt-get dpkg-deb; do
  command -v $tool >/dev/null 2>&1 || {
    echo "matrix: needs $tool, so a Debian or a relative of it" >&2
    exit 2
  }
done

. scripts/setup.sh
. scripts/lib/node.sh
. scripts/lib/count.sh
. scripts/lib/assert.sh
. scripts/lib/suite.sh
. scripts/lib/run_tests.sh

case $tier in
  all) tiers="once unit slow" ;;
  "") [ -n "$words" ] && tiers="once unit slow" || tiers=unit ;;
  *) tiers=$tier ;;
esac
# shellcheck disable=SC2086 # words and file names hold no spaces
files=$(tier_files $tiers | with_words $words)
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
    pairs "$runtime" "$files" >.cache/matrix.pairs
    before="$PASSED $FAILED $SKIPPED"
    binary_of "$runtime"
    saved_path=$PATH START=$start
    export AVIO_RUNTIME=$tools/$runtime AVIO_LIBRARY_PATH=$libraries
    PATH=$tools:$PATH
    run_tests "$suite.$runtime" <.cache/matrix.pairs
    PATH=$saved_path START=
    unset AVIO_RUNTIME AVIO_LIBRARY_PATH
    # shellcheck disable=SC2086
    set -- $before
    row "$suite" "${version:-?}" $runtime $((PASSED - $1)) $((FAILED - $2)) $((SKIPPED - $3)) \
      $(($(date +%s) - since))
  done
done

echo
printf '%s' "$rows"
total
status=$?
# Without time there was nothing to do.
[ -n "$minutes" ] && [ -z "$begun" ] && [ "$FAILED" = 0 ] && status=0
exit $status
