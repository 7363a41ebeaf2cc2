# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The files of an evidence bundle: written so that one that was cut short shows, and read only if every byte is as it was.

This file is internal to the collection and may change in any release. Decides nothing about what the files say.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.evidence._bundle_format import (
    FORMAT,
    MANIFEST,
    MARK,
    NODES,
    BundleError,
    differences,
    is_ours,
    manifest,
    text_of,
)

# A bundle of a thousand nodes has some thousand files; what is far beyond is none.
_MOST_FILES = 1_000_000
_MOST_NAMED = 5
_BLOCK = 1 << 20


class BundleWriter:
    """Writes one bundle; use `refuse_foreign` on its directory before anything else happens."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)
        self.sums: dict[str, dict[str, Any]] = {}

    def begin(self, mark: Mapping[str, Any]) -> None:
        """Make the directory, without what an earlier bundle left in it, and mark it as a bundle that is being written.

        Raises:
            OSError: It cannot be written.
        """
        refuse_foreign(self.folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        # Without its manifest the old bundle is incomplete from here on.
        for path in [self.folder / MANIFEST, *_files(self.folder)]:
            path.unlink(missing_ok=True)
        for path in (self.folder / NODES).glob("*"):
            path.rmdir()
        self.write(MARK, text_of({"format": FORMAT, **mark}))

    def write(self, name: str, content: str) -> None:
        """Write one file.

        Raises:
            OSError: It cannot be written.
        """
        data = content.encode("utf-8", "replace")
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        self.sums[name] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}

    def end(self) -> str:
        """Write the manifest, at once or not at all: with it the bundle is complete. Return its sum.

        Raises:
            OSError: It cannot be written.
        """
        part = self.folder / f".{MANIFEST}.part"
        data = text_of(manifest(self.sums)).encode()
        with part.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(self.folder / MANIFEST)
        return hashlib.sha256(data).hexdigest()


class BundleReader:
    """Reads a bundle whose every file is as its manifest says."""

    def __init__(self, folder: str) -> None:
        """Check the whole bundle.

        Raises:
            BundleError: It is none, it is incomplete, or a file was changed, added or removed; names which.
        """
        self.folder = Path(folder)
        self._where = f"The evidence bundle {folder}"
        try:
            wanted = self._manifest()
            found = {str(path.relative_to(self.folder)): _sum(path) for path in _files(self.folder) if path.name != MANIFEST}
        except OSError as error:
            raise BundleError(f"{self._where} cannot be read: {error.strerror or error}.") from error
        wrong = differences(wanted, found)
        if wrong:
            more = f", and {len(wrong) - _MOST_NAMED} more" if len(wrong) > _MOST_NAMED else ""
            raise BundleError(
                f"{self._where} is not as it was written: {', '.join(wrong[:_MOST_NAMED])}{more}. "
                "What it says is not to be trusted: take an unchanged copy of it."
            )
        self.names = sorted(wanted)

    def text(self, name: str) -> str:
        """Return the text of a file.

        Raises:
            BundleError: It cannot be read.
        """
        try:
            return (self.folder / name).read_bytes().decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise self.wrong(name, str(error)) from error

    def data(self, name: str) -> Any:
        """Return what a JSON file holds.

        Raises:
            BundleError: It cannot be read, or is no JSON.
        """
        try:
            return json.loads(self.text(name))
        except (RecursionError, ValueError) as error:
            raise self.wrong(name, str(error)) from error

    def wrong(self, name: str, why: str) -> BundleError:
        """Return the error that says what is wrong with a file."""
        return BundleError(f"{self._where} cannot be used: {name}: {why}.")

    def _manifest(self) -> Mapping[str, Mapping[str, Any]]:
        if not self.folder.is_dir():
            raise BundleError(f"{self._where} is not there: give the directory that the option evidence wrote.")
        if not (self.folder / MANIFEST).is_file():
            if (self.folder / MARK).is_file():
                raise BundleError(f"{self._where} is incomplete: the run that wrote it was cut short. Verify again, with evidence.")
            raise BundleError(f"{self._where} is none: it has no {MANIFEST}. Give the directory that the option evidence wrote.")
        found = self.data(MANIFEST)
        files = found.get("files") if isinstance(found, dict) else None
        if not isinstance(files, dict) or not all(isinstance(each, dict) for each in files.values()):
            raise self.wrong(MANIFEST, "it lists no files")
        if found.get("format") != FORMAT:
            raise self.wrong(MANIFEST, f"its format is {found.get('format')}, and this version of the collection reads {FORMAT}")
        return files


def refuse_foreign(folder: Path) -> None:
    """Refuse a directory that holds anything but a bundle.

    Raises:
        BundleError: It does, or is no directory, or cannot be looked at.
    """
    try:
        if not folder.exists():
            return
        if not folder.is_dir():
            raise BundleError(f"evidence is {folder}, which is no directory.")
        found = sorted(str(path.relative_to(folder)) for path in _files(folder))
    except OSError as error:
        raise BundleError(f"evidence is {folder}, which cannot be read: {error.strerror or error}.") from error
    foreign = found if MARK not in found else [each for each in found if not is_ours(each)]
    if foreign:
        raise BundleError(
            f"evidence is {folder}, which holds {foreign[0]} and so is no evidence bundle that may be replaced: name a directory "
            "that is new, empty, or an earlier bundle."
        )


def _files(folder: Path) -> list[Path]:
    """Return every file under a folder; what is no plain file, such as a link to one, is none that a bundle has.

    Raises:
        BundleError: There is something else than files and folders, or far too much.
    """
    found: list[Path] = []
    for root, folders, names in os.walk(folder):
        for name in (*folders, *names):
            path = Path(root) / name
            mode = path.lstat().st_mode
            if not stat.S_ISDIR(mode) and not stat.S_ISREG(mode):
                raise BundleError(f"The evidence bundle {folder} holds {path.relative_to(folder)}, which is neither a file nor a folder.")
        found += [Path(root) / name for name in names]
        if len(found) > _MOST_FILES:
            raise BundleError(f"{folder} holds more than {_MOST_FILES} files, which no evidence bundle does.")
    return found


def _sum(path: Path) -> dict[str, Any]:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
            size += len(block)
    return {"sha256": digest.hexdigest(), "bytes": size}
