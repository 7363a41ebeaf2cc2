# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a run leaves beside its result: an evidence bundle, and what is not as it was in an earlier one.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.api._client import Client
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError, CollectionError
from ansible_collections.accelerated.nodes.plugins.module_utils.evidence._bundle import EvidenceKeeper, judge_again
from ansible_collections.accelerated.nodes.plugins.module_utils.evidence._bundle_comparison import comparison
from ansible_collections.accelerated.nodes.plugins.module_utils.evidence._history import History, earlier
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._check_pass import Observation
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._request import Request


class EvidenceRun:
    """One run with what the options evidence, from_evidence, compare_with and history ask for beside it."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        """Check what is there already.

        Raises:
            BundleError: A bundle that is to be read is not as it was written; one of the history is passed over instead.
            CollectionError: The history would keep nothing.
        """
        self._evidence = params["evidence"] or ""
        self._from = params["from_evidence"] or ""
        # Read now: the new bundle may take its place.
        self._earlier = earlier(params["compare_with"]) if params["compare_with"] else None
        self._history = History(params["history"], params["history_keep"]) if params["history"] else None
        if self._history:
            self._evidence, self._earlier = self._history.next(), self._history.last()
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
        if not self._evidence:
            return
        try:
            self._keeper = EvidenceKeeper(self._evidence, request, _version(client))
        except CollectionError as error:
            if not self._history:
                raise
            self._history.troubles.append(error.message)

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
        message = " ".join(filter(None, (message, self._finish(result, message))))
        if message:
            raise CollectionError(message, **result)
        return result

    def _finish(self, result: dict[str, Any], message: str) -> str:
        """Complete the bundle and tell of it in the result; return why it could not be kept, where that is to fail the run."""
        trouble = ""
        if self._keeper:
            try:
                result["evidence"] = self._keeper.finish({**result, "msg": message})
            except CollectionError as error:
                trouble = error.message
        if not self._history:
            return trouble
        self._history.troubles += filter(None, [trouble])
        result["history"] = self._history.told(result.get("evidence", {}).get("path", ""))
        result["warnings"] = [*result.get("warnings", []), *self._history.troubles]
        return ""


def _version(client: Client) -> str:
    """Return the version of Kubernetes; empty where it is not told, which must not end a verification."""
    try:
        return str(client.get("/version").get("gitVersion", ""))
    except ApiError:
        return ""
