#!/bin/sh
# The long runs, each on its own or all of them:
#   sh scripts/nightly.sh [soak] [fuzz] [sanitize] [valgrind] [wpt] [--minutes N]
# --minutes: how long soak and fuzz run, 30 by default. Exits 1 where one of them failed.
cd "$(dirname "$0")/.." || exit 1
minutes=30 runs=
while [ $# -gt 0 ]; do
  case $1 in
    --minutes) minutes=$2 && shift ;;
    soak | fuzz | sanitize | valgrind | wpt) runs="$runs $1" ;;
    *) echo "nightly: unknown run $1" >&2 && exit 2 ;;
  esac
  shift
done
. scripts/setup.sh
failed=0 summary=
for run in ${runs:-soak fuzz sanitize valgrind wpt}; do
  since=$(date +%s)
  echo "=== $run"
  case $run in
    soak) "$DENO" run --no-check -A scripts/soak.ts --minutes "$minutes" ;;
    fuzz) "$DENO" run --no-check -A scripts/fuzz.ts --minutes "$minutes" ;;
    sanitize) sh scripts/sanitize.sh unit/ ;;
    valgrind) sh scripts/sanitize.sh --valgrind ;;
    wpt) sh scripts/wpt.sh ;;
  esac
  status=$?
  [ $status = 0 ] || failed=1
  summary="$summary$(printf '%-9s %-6s %5s s' "$run" "$([ $status = 0 ] && echo ok || echo FAILED)" \
    $(($(date +%s) - since)))
"
done
echo "=== nightly"
printf '%s' "$summary"
exit $failed
