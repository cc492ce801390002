#!/bin/sh
# The cheap checks: one line each, `ok NAME` or `FAILED NAME` with the tool's output, indented.
#   sh scripts/check.sh [--quick]
# --quick: format, lint, layers and English alone, as before a commit.
cd "$(dirname "$0")/.." || exit 1
. scripts/setup.sh

export NO_COLOR=1
bad=0
# Every check has a log of its own, since they run together.
check() {
  name=$1
  shift
  log=.cache/check.$(echo "$name" | tr -c 'a-zA-Z0-9\n' '_').log
  {
    if "$@" >"$log" 2>&1; then echo "ok $name"; else
      echo "FAILED $name"
      sed 's/^/    /' "$log"
    fi
  } >"$log.said" &
  said="$said $log.said"
}
# Waits for the checks begun so far, and prints their results in order.
results() {
  wait
  for log in $said; do
    cat "$log"
    ! grep -q '^FAILED ' "$log" || bad=1
  done
  said=
}

# Every file that a document names is there: tests below tests/, the rest below the root or lib/.
named_files() {
  missing=0
  for document in *.md docs/*.md docs/decisions/*.md bench/README.md; do
    for path in $(grep -o '`[a-zA-Z0-9_./]*/[a-zA-Z0-9_]*\.\(ts\|sh\|c\)`' "$document" | tr -d '`' | sort -u); do
      case $path in *NAME*) continue ;; esac
      [ -e "$path" ] || [ -e "tests/$path" ] || [ -e "lib/async/$path" ] ||
        { echo "$document names $path, which is not there" && missing=1; }
    done
  done
  return $missing
}

check format "$DENO" fmt --check
check lint "$DENO" lint
check layers "$DENO" run --no-check --allow-read scripts/layers.ts
check "bytes for C" "$DENO" run --no-check --allow-read scripts/bytes.ts
check English "$DENO" run --no-check --allow-read --allow-run --allow-env scripts/english.ts
if [ "${1:-}" != --quick ]; then
  check "files named" named_files
  check "linear regexps" "$DENO" run --no-check --allow-read scripts/regexps.ts
  check version "$DENO" run --no-check --allow-read scripts/version.ts
  results
  check "types (Deno)" sh scripts/types.sh deno
  check "types (Bun)" sh scripts/types.sh bun
  check docs "$DENO" doc --lint mod.ts webcodecs.ts lib/cli/main.ts
  check publish "$DENO" publish --dry-run --allow-dirty
fi
results
exit $bad
