#!/bin/sh
# Everything there is to pass: the checks, then the tests on both runtimes (test.sh does both).
exec sh "$(dirname "$0")/test.sh" "$@"
