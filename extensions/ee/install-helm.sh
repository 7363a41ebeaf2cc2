#!/bin/sh
# Install Helm, if its archive has this SHA-256: install-helm.sh VERSION SHA256 [URL [DIRECTORY]]
# A URL may be a file:// one; without any it is Helm's own. An archive helm.tar.gz beside this script is taken before all of them.
set -eu

version=$1
sum=$2
directory=${4:-/usr/local/bin}
here=$(dirname "$0")

case $(uname -m) in
  x86_64) processor=amd64 ;;
  aarch64) processor=arm64 ;;
  *) echo "Helm has no release for the processor $(uname -m) that this script knows of." >&2; exit 1 ;;
esac
url=${3:-https://get.helm.sh/helm-v$version-linux-$processor.tar.gz}
if [ -z "$sum" ]; then
  echo "HELM_SHA256 is not set: give the SHA-256 of helm-v$version-linux-$processor.tar.gz, which is on the release's page, by" \
    "ansible-builder build --build-arg HELM_SHA256=..." >&2
  exit 1
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ -f "$here/helm.tar.gz" ]; then
  cp "$here/helm.tar.gz" "$work/helm.tar.gz"
else
  curl --fail --silent --show-error --location --retry 3 --output "$work/helm.tar.gz" "$url"
fi
found=$(sha256sum "$work/helm.tar.gz" | cut -d ' ' -f 1)
if [ "$found" != "$sum" ]; then
  echo "Helm's archive has the SHA-256 $found, and should have $sum: it was not installed. Check HELM_VERSION, HELM_SHA256 and the processor" \
    "($processor)." >&2
  exit 1
fi
tar -xzf "$work/helm.tar.gz" -C "$work" "linux-$processor/helm"
install -m 0755 "$work/linux-$processor/helm" "$directory/helm"
