#!/bin/sh
# Runs the unit tier again and again while every core is busy, to find tests that fail by chance.
#   sh scripts/repeat.sh [TIMES] [OPTIONS AND WORDS OF test.sh]     10 times by default
# Prints one line a run, and each failed file with its log's name. Exits 1 where a run failed.
cd "$(dirname "$0")/.." || exit 1
times=10
case ${1:-} in
  [0-9]*) times=$1 && shift ;;
esac
mkdir -p .cache/repeat
rm -f .cache/repeat/*
busy=
stop() { [ -z "$busy" ] || kill $busy 2>/dev/null; }
trap stop EXIT
trap 'exit 130' INT TERM
# One loop for each core that does nothing but work.
core=0
while [ $core -lt "$(getconf _NPROCESSORS_ONLN)" ]; do
  (while :; do :; done) &
  busy="$busy $!"
  core=$((core + 1))
done
failed=0 run=1
while [ $run -le "$times" ]; do
  log=.cache/repeat/$run.out
  sh scripts/test.sh --tier unit "$@" >"$log" 2>&1 || failed=1
  echo "run $run: $(grep -a ' s in all' "$log" | tail -n 1 | tr -d '-') $(tail -n 1 "$log")"
  grep -a '^FAILED' "$log"
  run=$((run + 1))
done
exit $failed
