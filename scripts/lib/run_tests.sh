# Sourced after setup.sh, node.sh, count.sh and assert.sh: runs test files in parallel, a process
# each, and adds what they report to PASSED, FAILED and SKIPPED.

# Every file is a process of its own, so that a crash, a leak or a handle left open names its file.
# One more than there are processors, as many tests wait for timers.
JOBS=${AVIO_JOBS:-$(($(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1) + 1))}

# tier_files TIER… — the test files of the tiers: once, unit, slow.
tier_files() {
  for tier in "$@"; do
    [ ! -d "tests/$tier" ] || find "tests/$tier" -name '*_test.ts'
  done | LC_ALL=C sort
}

# with_words WORD… — of the files on standard input, those whose path holds one of the words.
with_words() {
  while IFS= read -r file; do
    [ $# = 0 ] && echo "$file"
    for word in "$@"; do
      case ./$file in *"$word"*) echo "$file" && break ;; esac
    done
  done
}

# pairs RUNTIMES FILES — "runtime file" lines. Files of tests/once depend on no runtime: one is
# enough for them, the first of the runtimes.
pairs() {
  for file in $2; do
    for runtime in $1; do
      echo "$runtime $file"
      case $file in tests/once/*) break ;; esac
    done
  done
}

# longest_first LABEL — sorts pairs by the seconds that they took the last time.
longest_first() {
  awk -v times=".cache/test/$1.took" '
    BEGIN { while ((getline line < times) > 0) { split(line, f, " "); took[f[1] " " f[2]] = f[3] } }
    { print (($0 in took) ? took[$0] : 999), $0 }' | sort -k1,1nr -s | cut -d' ' -f2-
}

# run_tests LABEL — runs the pairs on standard input. START may hold a loader and its options; after
# DEADLINE, in seconds since 1970, no further file begins, and each is counted as skipped.
run_tests() {
  label=$1
  # Of its own, as another run may be under way here; renamed at the end.
  folder=.cache/test/$label.$$
  rm -rf "$folder" && mkdir -p "$folder"
  export DENO BUN NODE NODE_FLAGS IMPORT_MAP START DEADLINE PRELOAD
  longest_first "$label" >"$folder.pairs"
  xargs -P "$JOBS" -n 2 sh scripts/lib/test_file.sh "$folder" <"$folder.pairs"
  cat "$folder"/*.result >"$folder.times" 2>/dev/null
  asked=$(grep -c . "$folder.pairs") answered=$(grep -c . "$folder.times")
  # Failures last, where they are seen.
  for log in $(awk '$4 > 0 { print $1 ":" $2 }' "$folder.times"); do
    name=$(log_name "${log%%:*}" "${log#*:}")
    echo "--- failed: ${log%%:*} ${log#*:}"
    plain "$folder/$name.out"
  done
  for runtime in $(cut -d' ' -f1 "$folder.times" | sort -u); do
    awk -v runtime="$runtime" -v label="$label" '$1 == runtime {
        p += $3; f += $4; s += $5; took += $6
      } END {
        printf "--- %s%s: %d passed, %d failed, %d skipped in %d s of work\n",
          (label == "suite" ? "" : label " "), runtime, p, f, s, took
      }' "$folder.times"
  done
  mv "$folder.times" ".cache/test/$label.times"
  # The seconds of each file, also from runs of other files: for the order of the next run.
  touch ".cache/test/$label.took"
  awk '{ key = $1 " " $2 } NR == FNR { took[key] = 1; print key, $6; next } !(key in took)' \
    ".cache/test/$label.times" ".cache/test/$label.took" >"$folder.took"
  mv "$folder.took" ".cache/test/$label.took"
  rm -rf ".cache/test/$label" && mv "$folder" ".cache/test/$label"
  rm -f "$folder.pairs"
  sums=$(awk '{ p += $3; f += $4; s += $5 } END { print p + 0, f + 0, s + 0 }' ".cache/test/$label.times")
  set -- $sums
  PASSED=$((PASSED + $1)) FAILED=$((FAILED + $2)) SKIPPED=$((SKIPPED + $3))
  # A file without a result is a failure: its process was ended from outside.
  FAILED=$((FAILED + asked - answered))
}

# slowest LABEL COUNT — the files that took longest.
slowest() {
  sort -k6,6nr ".cache/test/$1.times" | head -n "$2" |
    awk '$6 > 1 { printf "    %4d s  %-4s %s\n", $6, $1, $2 }'
}
