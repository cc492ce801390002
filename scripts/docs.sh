#!/bin/sh
# Builds the documentation as one static site in .cache/site: the guide, the decisions and the API
# reference. Bun renders the pages, Deno the reference.
cd "$(dirname "$0")/.." || exit 1
. scripts/setup.sh
"$BUN" run scripts/site.ts "${1:-.cache/site}"
