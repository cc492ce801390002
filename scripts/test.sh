#!/bin/sh
# The checks, then the same test files on Deno, on Bun and, where it is to be had, on Node. The last
# line is the sum.
#   sh scripts/test.sh [--runtime deno|bun|node] [WORD…]     only the files whose path holds a WORD
# With a runtime or a word given, the checks are left out.
cd "$(dirname "$0")/.." || exit 1

runtimes=all words= checks=yes
while [ $# -gt 0 ]; do
  case $1 in
    --runtime) runtimes=$2 checks=no && shift ;;
    --runtime=*) runtimes=${1#*=} checks=no ;;
    *) words="$words $1" checks=no ;;
  esac
  shift
done
case $runtimes in
  deno | bun | node | all) ;;
  *) echo "test: --runtime takes deno, bun or node" >&2 && exit 2 ;;
esac

. scripts/setup.sh
. scripts/count.sh
. scripts/assert.sh
case $runtimes in
  node | all) . scripts/node.sh ;;
esac
case $runtimes in
  node) [ -n "$NODE" ] || give_up "Node $(pinned node) is needed for that" ;;
  all) runtimes="deno bun${NODE:+ node}" ;;
esac

# run LOG COMMAND… — shows what it prints as it comes, keeps it in LOG, and sets STATUS.
run() {
  log=$1
  shift
  { "$@" 2>&1; echo $? >"$log.status"; } | tee "$log"
  STATUS=$(cat "$log.status")
}

if [ $checks = yes ]; then
  run .cache/check.out sh scripts/check.sh
  PASSED=$((PASSED + $(grep -c '^ok ' .cache/check.out)))
  FAILED=$((FAILED + $(grep -c '^FAILED ' .cache/check.out)))
  if [ "$STATUS" != 0 ] && [ "$FAILED" = 0 ]; then FAILED=1; fi
fi

# shellcheck disable=SC2086 # words and file names hold no spaces
files=$(test_files $words)
if [ -z "$files" ]; then
  echo "test: no test file matches:${words:- tests/**/*_test.ts}"
  FAILED=$((FAILED + 1))
else
  for runtime in $runtimes; do
    log=.cache/test.$runtime.out since=$(date +%s)
    # shellcheck disable=SC2086
    case $runtime in
      deno)
        echo "--- Deno $(version_of "$DENO")"
        run $log "$DENO" test $IMPORT_MAP $DENO_FLAGS $files
        ;;
      bun)
        echo "--- Bun $(version_of "$BUN")"
        run $log "$BUN" test $BUN_FLAGS $files
        ;;
      node)
        echo "--- Node $(version_of "$NODE")"
        run $log "$NODE" $NODE_FLAGS $NODE_TEST_FLAGS $files
        ;;
    esac
    count "$runtime" $log "$STATUS"
    echo "--- $runtime: $P passed, $F failed, $S skipped in $(($(date +%s) - since)) s"
  done
fi
total
