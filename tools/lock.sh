#!/usr/bin/env bash
# Pin anew, with hashes: requirements-dev.lock, and the environments of their own in tools/locks. Options go to uv (--upgrade).
set -euo pipefail
cd "$(dirname "$0")/.."

PATH="$PATH:$PWD/.build/uv/bin"
compile=(uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header "$@")

"${compile[@]}" --universal --python-version 3.12 requirements-dev.in -o requirements-dev.lock
for name in rulebook galaxy-importer; do
  "${compile[@]}" --no-annotate --python-version 3.12 "tools/locks/$name.in" -o "tools/locks/$name.lock"
done

# The supported ansible-core versions, with the Python and the clients that tools/matrix.py tries each with: the floors of requirements.txt
# with the oldest. kubernetes 37.0.2 wants python-dateutil 3, which botocore refuses.
matrix() {
  "${compile[@]}" --no-annotate --python-version "$2" --constraint <(printf '%s\n' "${@:3}") \
    tools/locks/matrix.in requirements.txt <(echo "ansible-core~=$1.0") -o "tools/locks/ansible-core-$1.lock"
}
mapfile -t floors < <(grep -v '^#' requirements.txt | sed 's/>=/==/')
matrix 2.18 3.11 "${floors[@]}"
matrix 2.19 3.11 'kubernetes<37'
matrix 2.20 3.12 'kubernetes<37'
matrix 2.21 3.13 'kubernetes!=37.0.2'
