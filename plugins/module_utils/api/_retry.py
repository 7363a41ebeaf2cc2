# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When to ask the API server again after a failure, and when that is no use. Pure.

What heals by itself is asked again until the caller's deadline: a server that restarts, an overload, a cut connection. What
only somebody can mend ends at once, but for a few tries where a server that starts up answers the same for a moment.
"""

from __future__ import annotations

from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError

BACKOFF_SECONDS = (0.1, 0.5, 1, 2, 5)
LONGEST_SECONDS = 60  # However long a server asks to be left alone.

# How often in a row before it counts as final: bad request, credentials, rights, unknown path (CRD not installed), ...
TRIES_BY_STATUS = {400: 1, 401: 3, 403: 1, 404: 3, 405: 1, 406: 1, 422: 1}
TRIES_BY_REASON = {"UntrustedCertificate": 3, "UnknownHost": 8}
# A server that has answered before is known to be the right one, so its refusals are more likely to pass.
KNOWN_FACTOR = 3


class Patience:
    """Counts failures in a row; ``known``: the server has answered as it should before."""

    def __init__(self, known: bool = False) -> None:
        self.failures = 0
        self._known = known
        self._same: tuple[int, str] = (0, "")
        self._repeats = 0

    def success(self) -> None:
        """The server has answered as it should."""
        self.failures = 0
        self._repeats = 0
        self._known = True

    def exhausted(self, error: ApiError) -> bool:
        """Notes a failure; whether asking again is no use."""
        kind = (error.status, error.reason)
        self._repeats = self._repeats + 1 if kind == self._same else 1
        self._same = kind
        self.failures += 1
        tries = TRIES_BY_STATUS.get(error.status) or TRIES_BY_REASON.get(error.reason)
        return tries is not None and self._repeats >= tries * (KNOWN_FACTOR if self._known else 1)

    def pause(self, error: ApiError) -> float:
        """Seconds until the next try: what the server asks for, else longer with each failure in a row."""
        if error.retry_after is not None:
            return min(error.retry_after, LONGEST_SECONDS)
        return BACKOFF_SECONDS[min(max(self.failures, 1), len(BACKOFF_SECONDS)) - 1]


def passes(error: ApiError) -> bool:
    """Whether a request that failed so may succeed as it is: no answer, too much at once, or a server that is at fault."""
    return error.status in (0, 408, 429) or error.status >= 500
