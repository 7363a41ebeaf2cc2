# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The nodes that exist only because of one run: asks for them, and gives them back, also where the run is ended before its time.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.api._client import READ_SECONDS, Client
from ansible_collections.accelerated.nodes.plugins.module_utils.api._watch import Deadline
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import CollectionError
from ansible_collections.accelerated.nodes.plugins.module_utils.common._progress import Progress
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._give_back import GivenBack, give_back, let_go
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._check_pass import holders_of
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._provision import Demand, Provisioning, seconds_for_nodes
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._request import Request

HASTE_SECONDS = 5


class OwnNodes:
    """What one run has asked for.

    Attributes:
        asked: Whether anything was asked for.
    """

    def __init__(self, client: Client, run: str, request: Request, progress: Progress) -> None:
        self.asked = False
        self._client, self._run, self._request, self._progress = client, run, request, progress
        self._provisioning = Provisioning(client, run, request, progress)
        self._given_back = GivenBack()

    @property
    def result(self) -> dict[str, list[dict[str, str]]]:
        """What the module returns of them."""
        return {"provisioned": [each.result for each in self._provisioning.provisioned], "given_back": self._given_back.given}

    @property
    def leftovers(self) -> list[str]:
        """A sentence for each thing that could not be removed."""
        return [*self._provisioning.leftovers, *self._given_back.trouble]

    @property
    def warnings(self) -> list[str]:
        """A sentence for each node that was kept on purpose, and for each right that was missing."""
        return [*self._provisioning.notes, *self._given_back.kept]

    def ask(self, demands: Sequence[Demand], before: Iterable[str], remaining: float) -> Optional[CollectionError]:
        """Ask for nodes, and wait for them; return why they are not ready, if so.

        Args:
            demands: What is asked for.
            before: Uids of the NodeClaims that are there already.
            remaining: Seconds that the run has left.
        """
        self.asked = True
        self._provisioning.run(demands, before, Deadline(seconds_for_nodes(remaining, self._request.check_timeout)))
        return self._provisioning.trouble

    def give_back(self) -> None:
        """Delete what was only made for this run, if that is wanted, and wait until it is gone."""
        provisioned = self._provisioning.provisioned
        if self._request.depth.give_back and provisioned:
            deadline = Deadline(self._request.wait_timeout)
            give_back(self._client, provisioned, self._holders(READ_SECONDS), deadline, self._progress, self._given_back)

    def let_go(self) -> str:
        """The run is to end now: have deleted what is to be given back, and return what there is to say of the rest."""
        provisioned = self._provisioning.provisioned
        if self._request.depth.give_back:
            let_go(self._client, provisioned, self._holders(HASTE_SECONDS), self._given_back)
            return ""
        names = ", ".join(each.node_claim for each in provisioned)
        return names and (
            f"NodeClaims that exist only because of this run: {names}. Karpenter takes them away once they are empty, if their NodePool "
            "consolidates; otherwise delete them, unless pods have come to use them."
        )

    def _holders(self, seconds: float) -> Any:
        return partial(holders_of, self._client, run=self._run, seconds=seconds)
