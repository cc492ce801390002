#!/bin/sh
# Starts Deno: PATH's own or the one that npm placed in node_modules. A task that names `deno`
# itself fails with the second: `deno task` takes the binary in node_modules/.bin for a script.
#   sh scripts/deno.sh run -A FILE
cd "$(dirname "$0")/.." || exit 1
. scripts/setup.sh
exec "$DENO" "$@"
