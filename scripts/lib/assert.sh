#!/bin/sh
# Sourced after setup.sh: decides where @std/assert comes from, and sets IMPORT_MAP to the Deno
# option that says so (empty when JSR answers). Bun gets node_modules/@std/assert either way.

STAND_IN=tests/support/std_assert/mod.ts

limited() { # limited SECONDS COMMAND… — runs it, and stops it when it takes longer
  if command -v timeout >/dev/null 2>&1; then timeout "$@"; else shift && "$@"; fi
}

mkdir -p .cache
if [ ! -f .cache/std_assert ]; then
  if limited 8 "$DENO" cache --no-config jsr:@std/assert@^1 >/dev/null 2>&1; then
    echo jsr >.cache/std_assert
  else
    echo stand-in >.cache/std_assert
  fi
fi

IMPORT_MAP=
if [ "$(cat .cache/std_assert)" = stand-in ]; then
  echo "@std/assert: JSR does not answer here, so the stand-in $STAND_IN is used"
  # Renamed, since another run may read it at this moment.
  printf '{ "imports": { "@std/assert": "../%s" } }\n' "$STAND_IN" >.cache/deno.test.json.$$
  mv -f .cache/deno.test.json.$$ .cache/deno.test.json
  IMPORT_MAP=--import-map=.cache/deno.test.json
fi

# Bun does not read JSR specifiers: it always gets the stand-in, unless the package is installed.
[ -f node_modules/@std/assert/package.json ] || "$BUN" scripts/stand_in.ts
