# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The bundles of earlier runs in one directory: the last one that can be compared with, the next one, and those that are old.

This file is internal to the collection and may change in any release. A history is beside the point of a run: whatever is wrong with it is
said, and no verdict is lost over it.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple, Optional
from uuid import uuid4

from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import CollectionError
from ansible_collections.accelerated.nodes.plugins.module_utils.evidence._bundle_files import BundleReader
from ansible_collections.accelerated.nodes.plugins.module_utils.evidence._bundle_format import MARK, REPORT
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report import FAILED, PASSED

# Sorts by time; the end keeps two runs of one second apart.
_NAME = re.compile(r"\d{8}T\d{6}\.\d{6}Z-[0-9a-f]{6}")


class Earlier(NamedTuple):
    """What an earlier run found, when it began, and where its bundle is."""

    nodes: Sequence[Mapping[str, Any]]
    time: str
    where: str


def earlier(folder: str) -> Earlier:
    """Return what a bundle keeps of its run.

    Raises:
        BundleError: It is not as it was written.
    """
    bundle = BundleReader(folder)
    content, mark = bundle.data(REPORT), bundle.data(MARK)
    nodes = content.get("nodes") if isinstance(content, dict) else None
    if not isinstance(nodes, list) or not isinstance(mark, dict):
        raise bundle.wrong(REPORT, "it lists no nodes")
    return Earlier(nodes, str(mark.get("started", "")), folder)


class History:
    """A directory of bundles, each in a folder that is named after its time."""

    def __init__(self, folder: str, keep: int) -> None:
        """Look for nothing yet.

        Raises:
            CollectionError: No bundle would be kept.
        """
        if keep < 2:
            raise CollectionError(f"history_keep is {keep}, but must be 2 or more: the last bundle and the one to compare it with.")
        self._folder, self._keep = Path(folder), keep
        self._compared = ""
        self.troubles: list[str] = []

    def last(self) -> Optional[Earlier]:
        """Return the last run that can be compared with; what keeps later ones from it becomes a trouble."""
        for path in reversed(self._bundles()):
            try:
                found = earlier(str(path))
            except CollectionError as error:
                self.troubles.append(f"{error.message} It was not compared with.")
                continue
            # Such as one that was interrupted: it says nothing of any node, so that all would look new.
            if any(each.get("verdict") in (PASSED, FAILED) for each in found.nodes):
                self._compared = path.name
                return found
        return None

    def next(self) -> str:
        """Return the folder of the bundle of this run, which is not made yet."""
        return str(self._folder / f"{datetime.now(timezone.utc):%Y%m%dT%H%M%S.%fZ}-{uuid4().hex[:6]}")

    def told(self, kept: str) -> dict[str, Any]:
        """Return what a run tells of its history, once its bundle is kept; bundles that are too old are removed.

        Args:
            kept: The folder of its bundle; empty where that could not be written.
        """
        if kept:
            self._remove_old(Path(kept).name)
        compared = str(self._folder / self._compared) if self._compared else ""
        nothing = f"Nothing to compare with: {self._folder} holds no earlier bundle that measured a node."
        return {
            "path": str(self._folder),
            "bundle": kept,
            "compared_with": compared,
            "text": "" if compared else nothing,
            "troubles": self.troubles,
        }

    def _remove_old(self, newest: str) -> None:
        """Remove what is beyond the number to keep, never the two that matter now."""
        old = [path for path in self._bundles()[: -self._keep] if path.name not in (newest, self._compared)]
        for path in old:
            try:
                shutil.rmtree(path)
            except OSError as error:
                self.troubles.append(f"The old evidence bundle {path} cannot be removed: {error.strerror or error}. Remove it by hand.")

    def _bundles(self) -> list[Path]:
        """Return the folders of bundles, the oldest first; links and what has another name are somebody else's."""
        try:
            return sorted(path for path in self._folder.iterdir() if _NAME.fullmatch(path.name) and path.is_dir() and not path.is_symlink())
        except FileNotFoundError:
            return []
        except OSError as error:
            self.troubles.append(f"The history {self._folder} cannot be read: {error.strerror or error}. Nothing was compared with.")
            return []
