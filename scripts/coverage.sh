#!/bin/sh
# How much of lib/ and ffi/ the tests run, measured by Deno and printed, least covered first.
cd "$(dirname "$0")/.." || exit 1
. scripts/setup.sh
. scripts/lib/count.sh
. scripts/lib/assert.sh
. scripts/lib/run_tests.sh
rm -rf coverage
# shellcheck disable=SC2086,SC2046 # words and file names hold no spaces
"$DENO" test --coverage=coverage $IMPORT_MAP $DENO_FLAGS $(tier_files once unit slow) >.cache/coverage.out 2>&1 || {
  cat .cache/coverage.out
  exit 1
}
NO_COLOR=1 "$DENO" coverage --include='/(lib|ffi)/' coverage 2>/dev/null |
  grep -aE '^\|' | sort -t'|' -k4 -n
