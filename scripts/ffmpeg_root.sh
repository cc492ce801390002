#!/bin/sh
# Another Debian suite's packages, unpacked into a plain folder: no root, no chroot, no package
# script runs, nothing outside the folder changes.
#   sh scripts/ffmpeg_root.sh SUITE FOLDER PACKAGE…
# ARCH names another architecture, such as arm64.
# Needs apt-get, dpkg-deb and debian-archive-keyring; the mirror is the one apt already uses.
set -eu
suite=$1 folder=$2
shift 2

arch=${ARCH:-$(dpkg --print-architecture)}
mirror=${MIRROR:-$(apt-get indextargets --format '$(REPO_URI) $(RELEASE)' |
  awk '$2 !~ /security|updates|backports/ { print $1; exit }')}
if [ -z "$mirror" ]; then
  echo "ffmpeg_root: apt knows no mirror; set MIRROR" >&2
  exit 1
fi

mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
apt=$folder.apt
mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$apt/parts"
: >"$apt/status"
echo "deb [arch=$arch signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]" \
  "$mirror $suite main" >"$apt/sources.list"

# An apt of its own: an empty system, its own lists and its own downloads.
cat >"$apt/apt.conf" <<CONF
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "$apt/parts";
Dir::Etc::preferences "$apt/none";
Dir::Etc::preferencesparts "$apt/parts";
Dir::State "$apt";
Dir::State::lists "$apt/lists";
Dir::State::status "$apt/status";
Dir::Cache "$apt";
Dir::Cache::archives "$apt/archives";
APT::Sandbox::User "$(id -un)";
APT::Architecture "$arch";
APT::Architectures { "$arch"; };
APT::Install-Recommends "false";
APT::Keep-Downloaded-Packages "true";
Acquire::Languages "none";
Acquire::Retries "3";
Acquire::Check-Valid-Until "false";
Debug::NoLocking "true";
CONF
export APT_CONFIG="$apt/apt.conf"

# A rolling suite may change between its list and its packages: then both are fetched again.
for attempt in 1 2 3; do
  if apt-get -q -y update >"$apt/log" 2>&1 &&
    apt-get -q -y --download-only install "$@" >>"$apt/log" 2>&1; then
    break
  fi
  if [ "$attempt" = 3 ]; then
    tail -n 20 "$apt/log" >&2
    exit 1
  fi
  sleep 5
done

# Merged /usr from the start, so that every package lands in one place.
for name in bin sbin lib lib64; do
  mkdir -p "$folder/usr/$name"
  [ -e "$folder/$name" ] || ln -s "usr/$name" "$folder/$name"
done
for package in "$apt"/archives/*.deb; do
  dpkg-deb --fsys-tarfile "$package" | tar -x -C "$folder" --keep-directory-symlink \
    --no-same-owner --no-same-permissions --wildcards \
    --exclude='./usr/share/doc/*' --exclude='./usr/share/man/*' --exclude='./usr/share/locale/*'
done
count=$(find "$apt/archives" -name '*.deb' | wc -l)
rm -rf "$apt"
touch "$folder/.complete"
echo "ffmpeg_root: $suite, $((count)) packages in $folder"
