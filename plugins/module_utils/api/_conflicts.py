# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Changes objects that others change as well, such as Nodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError

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
