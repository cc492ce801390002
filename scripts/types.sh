#!/bin/sh
# Types alone: Deno's view of the module, then Bun's.
#   sh scripts/types.sh [deno|bun]
cd "$(dirname "$0")/.." || exit 1
. scripts/setup.sh

# ffi/mod.ts chooses between ffi/deno.ts and ffi/bun.ts, so the compiler reaches ffi/deno.ts too,
# whose types only Deno has: what it says of that one file is left out, as Deno checks it.
bun_types() {
  node_modules/.bin/tsc -p tsconfig.bun.json --pretty false >.cache/tsc.out
  status=$?
  [ $status = 0 ] && return 0
  # An error's further lines are indented, and belong to it.
  awk '/^[^ ]/ { skip = /^ffi\/deno\.ts\(/ } !skip' .cache/tsc.out >.cache/tsc.rest
  cat .cache/tsc.rest
  [ -s .cache/tsc.out ] && [ ! -s .cache/tsc.rest ]
}

case ${1:-both} in
  deno) "$DENO" check mod.ts webcodecs.ts lib/cli/main.ts ;;
  bun) bun_types ;;
  both) "$DENO" check mod.ts webcodecs.ts lib/cli/main.ts && bun_types ;;
  *) give_up "types: deno or bun" ;;
esac
