#!/bin/sh
# The checks and the quick tests on Deno, on Bun and, where it is to be had, on Node. The last line
# is the sum.
#   sh scripts/test.sh [--runtime deno|bun|node] [--tier unit|slow | --all] [--minutes N]
#     [--no-trampoline] [--jobs N] [WORD…]
# --all: every tier, then the unit tier without the log's trampoline. --tier: one tier. --minutes: no further file begins after that many.
# WORD: only the files of any tier whose path holds a WORD.
# With a runtime, a tier or a word given, the checks are left out.
cd "$(dirname "$0")/.." || exit 1

runtimes=all words= checks=yes tiers= label=suite both=
while [ $# -gt 0 ]; do
  case $1 in
    --runtime) runtimes=$2 checks=no && shift ;;
    --runtime=*) runtimes=${1#*=} checks=no ;;
    --tier) tiers=$2 checks=no && shift ;;
    --all) tiers="once unit slow" both=yes ;;
    --jobs) AVIO_JOBS=$2 && shift ;;
    --minutes) DEADLINE=$(($(date +%s) + $2 * 60)) && shift ;;
    --label) label=$2 && shift ;;
    --no-trampoline) checks=no PRELOAD=./tests/support/no_trampoline.ts label=no-trampoline ;;
    -*) echo "test: unknown option $1" >&2 && exit 2 ;;
    *) words="$words $1" checks=no ;;
  esac
  shift
done
[ -n "$tiers" ] || { [ -n "$words" ] && tiers="once unit slow" || tiers="once unit"; }
[ "$tiers" != unit ] || tiers="once unit"
case $runtimes in
  deno | bun | node | all) ;;
  *) echo "test: --runtime takes deno, bun or node" >&2 && exit 2 ;;
esac

. scripts/setup.sh
. scripts/lib/count.sh
. scripts/lib/assert.sh
case $runtimes in
  node | all) . scripts/lib/node.sh ;;
esac
. scripts/lib/run_tests.sh
case $runtimes in
  node) [ -n "$NODE" ] || give_up "Node $(pinned node) is needed for that" ;;
  all) runtimes="bun deno${NODE:+ node}" ;;
esac
began=$(date +%s)

if [ $checks = yes ]; then
  sh scripts/check.sh >.cache/check.$$.out 2>&1
  status=$?
  cat .cache/check.$$.out
  PASSED=$((PASSED + $(grep -c '^ok ' .cache/check.$$.out)))
  FAILED=$((FAILED + $(grep -c '^FAILED ' .cache/check.$$.out)))
  if [ "$status" != 0 ] && [ "$FAILED" = 0 ]; then FAILED=1; fi
  rm -f .cache/check.$$.out
fi

# shellcheck disable=SC2086 # words and file names hold no spaces
files=$(tier_files $tiers | with_words $words)
if [ -z "$files" ]; then
  echo "test: no test file matches:${words:- tests/*/**/*_test.ts}"
  FAILED=$((FAILED + 1))
else
  for runtime in $runtimes; do
    case $runtime in
      deno) echo "Deno $(version_of "$DENO")" ;;
      bun) echo "Bun $(version_of "$BUN")" ;;
      node) echo "Node $(version_of "$NODE")" ;;
    esac
  done
  # No pipe: its end would keep the sums to itself.
  pairs "$runtimes" "$files" >.cache/test.$$.pairs
  run_tests "$label" <.cache/test.$$.pairs
  rm -f .cache/test.$$.pairs
  echo "--- the files that took longest:"
  slowest "$label" 8
fi
# As macOS, Windows and other processors run it: the threads take turns at the log.
if [ -n "$both" ] && [ -z "$words" ]; then
  case $runtimes in
    *node*) runtimes="bun deno" ;;
  esac
  PRELOAD=./tests/support/no_trampoline.ts
  pairs "$runtimes" "$(tier_files unit)" >.cache/test.$$.pairs
  run_tests no-trampoline <.cache/test.$$.pairs
  rm -f .cache/test.$$.pairs
fi
# The second line of `times` is that of the processes that have ended: user, then system.
times >.cache/test/times
cpu=$(sed -n 2p .cache/test/times | tr 'ms' '  ' | awk '{ printf "%d", $1 * 60 + $2 + $3 * 60 + $4 }')
echo "--- $(($(date +%s) - began)) s in all, $cpu s of processor time, $JOBS jobs"
total
