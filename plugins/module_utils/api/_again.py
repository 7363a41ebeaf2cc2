# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asks again what is asked of the API server outside of waits: where it is busy, and where somebody else changed an object first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Optional, TypeVar

from ansible_collections.accelerated.nodes.plugins.module_utils.api._client import Client
from ansible_collections.accelerated.nodes.plugins.module_utils.api._retry import Patience, passes
from ansible_collections.accelerated.nodes.plugins.module_utils.api._watch import Deadline
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError

# So long a server may be busy, or start.
BUSY_SECONDS = 20

# Each conflict is a change of somebody else's that came first.
ATTEMPTS = 10

Result = TypeVar("Result")


def until_first(change: Callable[[], Result]) -> Result:
    """What ``change`` returns: it reads an object and writes it with its ``resourceVersion``, and begins anew where somebody else came first.

    :raises ApiError: others come first again and again (409), or it is refused for another reason.
    """
    for _attempt in range(ATTEMPTS - 1):
        try:
            return change()
        except ApiError as error:
            if error.status != 409:
                raise
    return change()


def get(client: Client, path: str, query: Optional[dict[str, Any]] = None, deadline: Optional[Deadline] = None) -> dict[str, Any]:
    """The JSON at ``path``. A server that is busy (429) or at fault (5xx) is asked again for ``BUSY_SECONDS``; one that cannot be reached is not.

    :raises ApiError: it is so for longer, cannot be reached, or refuses.
    """
    patience, deadline = Patience(), deadline or Deadline(BUSY_SECONDS)
    while True:
        try:
            return client.get(path, query)
        except ApiError as error:
            if not error.status or not passes(error) or patience.exhausted(error) or not deadline.remaining:
                raise
            deadline.pause(patience.pause(error))
