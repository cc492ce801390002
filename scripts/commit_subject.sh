#!/bin/sh
# Checks commit messages: `type(scope): subject`, one type, 72 characters at most, and a body that
# says why.
#   sh scripts/commit_subject.sh FILE        a message in a file
#   sh scripts/commit_subject.sh BASE..HEAD  every commit of a range, merges aside
types='feat|fix|refactor|perf|test|docs|build|ci|style|chore|bench|revert'
bad=0
# check NAME — reads a message from standard input.
check() {
  message=$(grep -v '^#')
  subject=$(printf '%s\n' "$message" | sed -n 1p)
  if ! printf '%s' "$subject" | grep -qE "^($types)(\([a-z0-9,_-]+\))?: [^ ].*[^.]$"; then
    echo "$1: \"$subject\" is not \"type(scope): subject\" without a full stop; types: $types"
    bad=1
  fi
  length=$(printf '%s' "$subject" | wc -m)
  if [ "$length" -gt 72 ]; then
    echo "$1: the subject has $length characters, 72 are allowed: \"$subject\""
    bad=1
  fi
  # Format alone needs no reason.
  case $subject in style:*) return ;; esac
  if [ -z "$(printf '%s\n' "$message" | sed -n '3p')" ]; then
    echo "$1: the body is missing: leave a line empty after the subject and say why"
    bad=1
  fi
}
case ${1:-} in
  *..*)
    for commit in $(git rev-list --no-merges "$1"); do
      git log -1 --format=%B "$commit" >"${TMPDIR:-/tmp}/message.$$"
      check "$(git log -1 --format=%h "$commit")" <"${TMPDIR:-/tmp}/message.$$"
    done
    rm -f "${TMPDIR:-/tmp}/message.$$"
    ;;
  "") echo "commit_subject: give a file or a range" >&2 && exit 2 ;;
  *) check "$1" <"$1" ;;
esac
exit $bad
