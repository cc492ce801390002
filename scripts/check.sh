#!/bin/sh
# The cheap checks: one line each, `ok NAME` or `FAILED NAME` with what the tool said, indented.
cd "$(dirname "$0")/.." || exit 1
. scripts/setup.sh

export NO_COLOR=1
bad=0
check() {
  name=$1
  shift
  if "$@" >.cache/check.log 2>&1; then
    echo "ok $name"
  else
    echo "FAILED $name"
    sed 's/^/    /' .cache/check.log
    bad=1
  fi
}

check format "$DENO" fmt --check
check lint "$DENO" lint
check "types (Deno)" sh scripts/types.sh deno
check "types (Bun)" sh scripts/types.sh bun
check layers "$DENO" run --no-check --allow-read scripts/layers.ts
check docs "$DENO" doc --lint mod.ts
check publish "$DENO" publish --dry-run --allow-dirty
exit $bad
