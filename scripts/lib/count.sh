#!/bin/sh
# Sourced: counting what the runtimes report, in PASSED, FAILED and SKIPPED.
PASSED=0 FAILED=0 SKIPPED=0

plain() { sed "s/$(printf '\033')\[[0-9;]*[A-Za-z]//g" "$1"; }

last_number() { # last_number PATTERN TEXT — the number of the last match, 0 without one
  found=$(printf '%s\n' "$2" | sed -n "s/$1/\1/p" | tail -n 1)
  echo "${found:-0}"
}

# count RUNTIME LOG STATUS — reads a runtime's summary into P, F and S and adds them to the sums.
# A run that broke before its summary, or failed without naming a test, counts as one failure.
count() {
  T=0
  if [ "$1" = deno ]; then
    # ok | 12 passed (3 steps) | 0 failed | 1 ignored (1s)
    summary=$(plain "$2" | grep -aE '^(ok|FAILED) \| ' | tail -n 1)
    P=$(last_number '.*| \([0-9][0-9]*\) passed.*' "$summary")
    F=$(last_number '.*| \([0-9][0-9]*\) failed.*' "$summary")
    S=$(last_number '.*| \([0-9][0-9]*\) ignored.*' "$summary")
  elif [ "$1" = node ]; then
    # ℹ pass 12 / ℹ fail 0 / ℹ cancelled 0 / ℹ skipped 1 / ℹ todo 0, each on its own line
    summary=$(plain "$2")
    P=$(last_number '^ℹ pass \([0-9][0-9]*\)$' "$summary")
    F=$(last_number '^ℹ fail \([0-9][0-9]*\)$' "$summary")
    C=$(last_number '^ℹ cancelled \([0-9][0-9]*\)$' "$summary")
    S=$(last_number '^ℹ skipped \([0-9][0-9]*\)$' "$summary")
    T=$(last_number '^ℹ todo \([0-9][0-9]*\)$' "$summary")
    F=$((F + C))
  else
    #  12 pass /  1 skip /  0 fail, each on its own line
    summary=$(plain "$2")
    P=$(last_number '^ *\([0-9][0-9]*\) pass$' "$summary")
    F=$(last_number '^ *\([0-9][0-9]*\) fail$' "$summary")
    S=$(last_number '^ *\([0-9][0-9]*\) skip$' "$summary")
    T=$(last_number '^ *\([0-9][0-9]*\) todo$' "$summary")
  fi
  S=$((S + T))
  if [ "$F" = 0 ] && { [ "$3" != 0 ] || [ $((P + S)) = 0 ]; }; then F=1; fi
  PASSED=$((PASSED + P)) FAILED=$((FAILED + F)) SKIPPED=$((SKIPPED + S))
}

# The last line of a run, and its exit status.
total() {
  if [ "$SKIPPED" = 0 ]; then
    echo "$PASSED passed, $FAILED failed"
  else
    echo "$PASSED passed, $FAILED failed, $SKIPPED skipped"
  fi
  [ "$FAILED" = 0 ] && [ "$PASSED" != 0 ]
}

# log_name RUNTIME FILE — the name of a file's log.
log_name() { echo "$1.$(echo "${2#tests/}" | tr '/' '.')"; }

DENO_FLAGS="--no-check --allow-ffi --allow-read --allow-write --allow-env --allow-run --allow-sys --allow-net"
BUN_FLAGS="--timeout $((${AVIO_FILE_SECONDS:-600} * 1000))"
NODE_TEST_FLAGS="--import ./tests/support/node_hooks.ts --test-reporter=spec"
