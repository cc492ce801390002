#!/bin/sh
# The tests with an allocator that notices: an invalid or a second free, a use of what was freed,
# a leak.
#   sh scripts/sanitize.sh [--runtime deno|bun] [WORD…]   AddressSanitizer's, preloaded, over the tests
#   sh scripts/sanitize.sh --valgrind                     valgrind, over every kind of use, on Deno
# Needs gcc's libasan, or valgrind. The last line is the sum.
cd "$(dirname "$0")/.." || exit 1
runtimes="deno bun" words= valgrind=no
while [ $# -gt 0 ]; do
  case $1 in
    --runtime) runtimes=$2 && shift ;;
    --valgrind) valgrind=yes ;;
    *) words="$words $1" ;;
  esac
  shift
done
. scripts/setup.sh
. scripts/lib/count.sh
. scripts/lib/assert.sh
. scripts/lib/run_tests.sh

if [ $valgrind = yes ]; then
  command -v valgrind >/dev/null || give_up "valgrind is not installed"
  log=.cache/valgrind.log
  rm -f $log
  # V8 writes code as it goes; its stacks are not C's, so undefined values are its own business.
  valgrind --log-file=$log --error-limit=no --smc-check=all-non-file --undef-value-errors=no \
    --leak-check=full --show-leak-kinds=definite --num-callers=20 \
    "$DENO" run -A --no-check --v8-flags=--single-threaded tests/support/every_use.ts || exit 1
  errors=$(grep -cE 'Invalid (read|write|free)|Mismatched free' $log)
  # The runtime's own leaks at its end do not count: a leak of this module passes through libav.
  leaks=$(awk '/are definitely lost/ { held = 1; ours = 0; record = $0 }
               held { if (/libav/) ours = 1 }
               /^==[0-9]+== *$/ { if (held && ours) { n++; print record > "/dev/stderr" } held = 0 }
               END { print n + 0 }' $log)
  echo "valgrind: $errors invalid accesses or frees, $leaks leaks through libav ($log)"
  if [ "$errors" = 0 ] && [ "$leaks" = 0 ]; then echo "1 passed, 0 failed"; exit 0; fi
  echo "0 passed, 1 failed"
  exit 1
fi

asan=$(gcc -print-file-name=libasan.so 2>/dev/null)
[ -f "$asan" ] || give_up "gcc's libasan is not installed"
rm -f .cache/asan.*
# The runtime's own leaks at its end are not asked for: slow/io/leak_test.ts measures the heap.
ASAN_OPTIONS="detect_leaks=0:log_path=$PWD/.cache/asan:quarantine_size_mb=64"
export ASAN_OPTIONS
# shellcheck disable=SC2086 # words and file names hold no spaces
files=$(tier_files unit slow | with_words $words)
pairs "$runtimes" "$files" >.cache/sanitize.pairs
START="env LD_PRELOAD=$asan"
run_tests sanitize <.cache/sanitize.pairs
START=
# Tests start other programs too, and what those do wrong is theirs.
reports=$(grep -lE '/(deno|bun)[^/ ]*\+0x|lib(av|sw)[a-z]+[-.0-9a-z]*\.so' .cache/asan.* 2>/dev/null)
found=$(echo "$reports" | grep -c .)
if [ "$found" -gt 0 ]; then
  head -n 30 $reports
  FAILED=$((FAILED + found))
fi
echo "AddressSanitizer: $found reports"
total
