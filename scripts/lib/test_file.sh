#!/bin/sh
# One test file on one runtime, in a process of its own; started by run_tests.sh.
#   sh scripts/lib/test_file.sh FOLDER RUNTIME FILE
# Leaves its output and one line "RUNTIME FILE passed failed skipped seconds" in FOLDER.
. scripts/lib/count.sh
folder=$1 runtime=$2 file=$3
name=$(log_name "$runtime" "$file")
log=$folder/$name.out
since=$(date +%s)
if [ -n "${DEADLINE:-}" ] && [ "$since" -ge "$DEADLINE" ]; then
  echo "$runtime $file 0 0 1 0" >"$folder/$name.result"
  echo "left out: $runtime ${file#tests/}: the time is over"
  exit
fi
# A file that hangs is a failure of that file, not of the run.
limit= preload=
command -v timeout >/dev/null 2>&1 && limit="timeout ${AVIO_FILE_SECONDS:-600}"
# A module that is loaded before the file.
case ${PRELOAD:+$runtime} in
  deno | bun) preload=--preload=$PRELOAD ;;
  node) preload=--import=$PRELOAD ;;
esac
# Node takes a third of the time where it finds the modules compiled. Runs that measure which lines
# are reached need them compiled anew.
[ -n "${NODE_V8_COVERAGE:-}" ] || export NODE_COMPILE_CACHE="$PWD/.cache/node_compile"
run_file() {
  # shellcheck disable=SC2086 # lists of words
  case $runtime in
    deno) $limit $START "$DENO" test $IMPORT_MAP $DENO_FLAGS $preload "./$file" ;;
    bun) $limit $START "$BUN" test $BUN_FLAGS $preload "./$file" ;;
    node) $limit $START "$NODE" $NODE_FLAGS $NODE_TEST_FLAGS $preload "./$file" ;;
  esac >"$log" 2>&1 </dev/null
  count "$runtime" "$log" $?
}
run_file
flaky=
# With AVIO_RETRY a file that failed runs once more, and a second success is told as flaky.
if [ "$F" != 0 ] && [ -n "${AVIO_RETRY:-}" ]; then
  cp "$log" "$log.first"
  run_file
  if [ "$F" = 0 ]; then flaky=" (failed at first: flaky)"; fi
fi
took=$(($(date +%s) - since))
echo "$runtime $file $P $F $S $took" >"$folder/$name.result"
mark=ok
[ "$F" = 0 ] || mark=FAILED
[ "$S" = 0 ] || skipped=", $S skipped"
[ "$F" = 0 ] || failed=", $F failed"
printf '%-6s %-4s %s: %s passed%s%s, %s s%s\n' "$mark" "$runtime" "${file#tests/}" "$P" \
  "${failed:-}" "${skipped:-}" "$took" "$flaky"
if [ -n "$flaky" ]; then
  echo "--- flaky: $runtime ${file#tests/}, the first time:"
  plain "$log.first" | tail -n 40
fi
