# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The collection's only exceptions: a sentence for the user, and what is known so far for the result."""

from __future__ import annotations

from typing import Any


class CollectionError(Exception):
    """Ends a module with ``message`` as its ``msg``; ``result`` (JSON-able) is returned beside it, so nothing found is lost."""

    def __init__(self, message: str, **result: Any) -> None:
        super().__init__(message)
        self.message = message
        self.result = result


class ApiError(CollectionError):
    """The Kubernetes API refused a request, or gave no usable answer.

    ``status`` is the HTTP status, 0 when there was no answer. ``reason`` is Kubernetes' own word (``Forbidden``, ``Expired``),
    ``Unreachable`` without an answer. ``retry_after`` is in seconds, None when the server named none. ``next_step`` ends the message.
    """

    def __init__(
        self, message: str, status: int = 0, reason: str = "Unreachable", retry_after: float | None = None, next_step: str = ""
    ) -> None:
        super().__init__(f"{message} {next_step}".strip())
        self.status = status
        self.reason = reason
        self.retry_after = retry_after
        self.next_step = next_step
