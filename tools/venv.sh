#!/usr/bin/env bash
# Build .venv from requirements-dev.lock, whose hashes are checked. Does nothing when the lock has not changed.
set -euo pipefail
cd "$(dirname "$0")/.."

UV_VERSION=0.13.9
# make puts .venv first on PATH, and an environment must not be built from the one that it replaces.
PATH="${PATH//$PWD\/.venv\/bin:/}"
# The checkout's place belongs in the stamp: a moved environment's scripts point to where it was.
stamp=.venv/.stamp
wanted="$(pwd) $(cksum <requirements-dev.lock) $(cksum <tools/venv.sh)"

runs_and_is_new_enough() {
  "$1" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null
}

find_python() {
  local candidate
  # A shim of pyenv can be on PATH and yet not run, so each candidate is tried.
  for candidate in python3 python3.14 python3.13 python3.12 \
    "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[234]*/bin/python; do
    if command -v "$candidate" >/dev/null && runs_and_is_new_enough "$candidate"; then
      "$candidate" -c 'import sys; print(sys.executable)'
      return
    fi
  done
}

find_uv() {
  if ! uv --version >/dev/null 2>&1; then
    [ -x .build/uv/bin/uv ] || install_uv >&2
    echo .build/uv/bin/uv
  else
    echo uv
  fi
}

install_uv() {
  echo "Installing uv $UV_VERSION into .build/uv ..."
  "$(find_python || true)" -m venv .build/uv 2>/dev/null || python3 -m venv .build/uv
  .build/uv/bin/python -m pip install --quiet --disable-pip-version-check "uv==$UV_VERSION"
}

if [ "$(cat $stamp 2>/dev/null || true)" = "$wanted" ]; then
  exit 0
fi
uv="$(find_uv)"
python="$(find_python)"
if [ -z "$python" ]; then
  echo "No Python >= 3.12 here; uv fetches one."
  "$uv" python install 3.12
  python=3.12
fi
echo "Building .venv with $python ..."
"$uv" venv --quiet --clear --python "$python" .venv
"$uv" pip sync --quiet --python .venv/bin/python --require-hashes requirements-dev.lock
echo "$wanted" >$stamp
