#!/bin/sh
# Takes every known way out of the sandbox under strace, and fails when the process opened,
# connected to, looked for, renamed or deleted anything on one of them.
#   sh scripts/sandbox_trace.sh [RUNTIME [FOLDER PORT]]     RUNTIME: deno (default), bun, node, or a path
# FOLDER holds the secrets (made by tests/support/ways.ts); without it only empty names are used.
cd "$(dirname "$0")/.." || exit 1

# An allocator that is preloaded for the tests opens files of its own.
unset LD_PRELOAD
runtime=${1:-deno} folder=${2:-$PWD/.cache/sandbox-none} port=${3:-9}
command -v strace >/dev/null || {
  echo "sandbox_trace: strace is not here" >&2
  exit 2
}
log=$(mktemp)
trap 'rm -f "$log"' EXIT

case ${runtime##*/} in
  bun*) set -- "$runtime" run ;;
  node*) set -- "$runtime" --experimental-ffi --disable-warning=ExperimentalWarning ;;
  *) set -- "$runtime" run --allow-all --no-check ;;
esac
strace -f -s 4096 -o "$log" \
  -e trace=open,openat,openat2,creat,connect,bind,sendto,unlink,unlinkat,rename,renameat,renameat2,mkdir,mkdirat,access,faccessat,faccessat2,stat,lstat,newfstatat,statx,readlink,getdents64 \
  "$@" tests/support/sandbox_driver.ts "$folder" "$port" || {
  echo "sandbox_trace: the driver failed" >&2
  exit 1
}

# Between a "begin" and its "end" nothing may happen, but for what a runtime looks up about its
# own process or a descriptor it holds, and libavutil's random numbers.
awk '
  match($0, /\/avio-mark\/begin\/[0-9]+/) { way = substr($0, RSTART + 17, RLENGTH - 17); inside = 1; next }
  /\/avio-mark\/end\// { if (inside) ways++; inside = 0; next }
  !inside { next }
  /resumed>/ { next }
  /"\/(proc|sys)\// { next }
  /"\/dev\/urandom"/ { next }
  /stat(at|x)?\([0-9]+, ""/ { next }
  { print "way " way ": " $0; bad = 1 }
  END {
    if (bad || ways == 0) exit 1
    print ways " ways out, none taken"
  }' "$log"
