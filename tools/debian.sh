#!/usr/bin/env bash
# Make sure that Debian packages are installed: tools/debian.sh COMMAND[,COMMAND...]=PACKAGE ...
# Installs those whose command is missing where it may, as root on Debian or Ubuntu; elsewhere it says which are missing, and fails.
set -euo pipefail

missing=()
for each in "$@"; do
  # Several commands may do, such as chromium,google-chrome=chromium.
  found=
  commands="${each%%=*}"
  for one in ${commands//,/ }; do
    if command -v "$one" >/dev/null; then found=yes; fi
  done
  [ -n "$found" ] || missing+=("${each##*=}")
done
if [ ${#missing[@]} -eq 0 ]; then
  exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing ${missing[*]} with apt-get ..." >&2
  export DEBIAN_FRONTEND=noninteractive
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null 2>&1 && exit 0
  # The lists of packages may be old, or not there.
  apt-get update -qq >/dev/null
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  exit 0
fi
echo "These Debian packages are missing, and this user may not install them: apt-get install ${missing[*]}" >&2
exit 1
