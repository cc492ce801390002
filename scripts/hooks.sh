#!/bin/sh
# Installs the git hooks of this repository, once: pre-commit checks format, lint, layers and
# English; commit-msg checks the subject. `git config --unset core.hooksPath` removes them.
cd "$(dirname "$0")/.." || exit 1
git config core.hooksPath scripts/hooks && echo "hooks: installed from scripts/hooks"
