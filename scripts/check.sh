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

# Every test file that ARCHITECTURE.md points at is there.
named_tests() {
  missing=0
  for test in $(grep -o '`[a-z_/]*_test\.ts`' ARCHITECTURE.md | tr -d '`' | sort -u); do
    [ -n "$(find tests -path "*/$test")" ] || { echo "ARCHITECTURE.md names $test" && missing=1; }
  done
  return $missing
}

check format "$DENO" fmt --check
check lint "$DENO" lint
check "types (Deno)" sh scripts/types.sh deno
check "types (Bun)" sh scripts/types.sh bun
check layers "$DENO" run --no-check --allow-read scripts/layers.ts
check "bytes for C" "$DENO" run --no-check --allow-read scripts/bytes.ts
check "tests named" named_tests
check docs "$DENO" doc --lint mod.ts lib/cli/main.ts
check version "$DENO" run --no-check --allow-read scripts/version.ts
check publish "$DENO" publish --dry-run --allow-dirty
exit $bad
