# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a run leaves beside its result: an evidence bundle, and what is not as it was in an earlier one.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.api._client import Client
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError, CollectionError
from ansible_collections.accelerated.nodes.plugins.module_utils.evidence._bundle import EvidenceKeeper, judge_again
from ansible_collections.accelerated.nodes.plugins.module_utils.evidence._bundle_comparison import comparison
from ansible_collections.accelerated.nodes.plugins.module_utils.evidence._bundle_files import BundleReader
from ansible_collections.accelerated.nodes.plugins.module_utils.evidence._bundle_format import MARK, REPORT
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._check_pass import Observation
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._request import Request


class Earlier(NamedTuple):
    """What an earlier run found, when it began, and where its bundle is."""

    nodes: Sequence[Mapping[str, Any]]
    time: str
    where: str


class EvidenceRun:
    """One run with what the options evidence, from_evidence and compare_with ask for beside it."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        """Check what is there already.

        Raises:
            BundleError: A bundle that is to be read is not as it was written.
        """
        self._evidence = params["evidence"] or ""
        self._from = params["from_evidence"] or ""
        # Read now: the new bundle may take its place.
        self._earlier = _earlier(params["compare_with"]) if params["compare_with"] else None
        self._keeper: Optional[EvidenceKeeper] = None

    @property
    def kept(self) -> bool:
        """Whether a bundle is judged, and no cluster."""
        return bool(self._from)

    def keep(self, client: Client, request: Request) -> None:
        """Get ready to keep evidence, if that is asked for.

        Raises:
            BundleError: The directory holds something else.
        """
        if self._evidence:
            self._keeper = EvidenceKeeper(self._evidence, request, _version(client))

    def observe(self, observation: Observation) -> None:
        """Take what one check left."""
        if self._keeper:
            self._keeper.observe(observation)

    def judge_again(self) -> dict[str, Any]:
        """Return the kept run's result, judged anew.

        Raises:
            CollectionError: As `ended`.
        """
        return self.ended(lambda: judge_again(self._from))

    def ended(self, run: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Return what a run returns, with the comparison, after its evidence was kept.

        Raises:
            CollectionError: The run has failed, or its evidence could not be kept; carries the same.
        """
        message = ""
        try:
            result = run()
        except CollectionError as error:
            if "nodes" not in error.result:
                raise
            result, message = error.result, error.message
        if self._earlier:
            before = self._earlier
            result["comparison"] = comparison(before.nodes, result["nodes"], before.where, before.time)
        if self._keeper:
            try:
                result["evidence"] = self._keeper.finish({**result, "msg": message})
            except CollectionError as error:
                message = " ".join(filter(None, (message, error.message)))
        if message:
            raise CollectionError(message, **result)
        return result


def _earlier(folder: str) -> Earlier:
    bundle = BundleReader(folder)
    content, mark = bundle.data(REPORT), bundle.data(MARK)
    nodes = content.get("nodes") if isinstance(content, dict) else None
    if not isinstance(nodes, list) or not isinstance(mark, dict):
        raise bundle.wrong(REPORT, "it lists no nodes")
    return Earlier(nodes, str(mark.get("started", "")), folder)


def _version(client: Client) -> str:
    """Return the version of Kubernetes; empty where it is not told, which must not end a verification."""
    try:
        return str(client.get("/version").get("gitVersion", ""))
    except ApiError:
        return ""
