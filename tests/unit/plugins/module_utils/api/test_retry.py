# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.api._retry import LONGEST_SECONDS, Patience
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError


def tries(error: ApiError, patience: Patience) -> int:
    """How many failures until it is no use; 0 for never (in 100)."""
    return next((number for number in range(1, 101) if patience.exhausted(error)), 0)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ApiError("", 403), 1),
        (ApiError("", 400), 1),
        (ApiError("", 404), 3),
        (ApiError("", 401), 3),
        (ApiError("", 500), 0),
        (ApiError("", 429), 0),
        (ApiError("", 410), 0),
        (ApiError("refused"), 0),
        (ApiError("", reason="UntrustedCertificate"), 3),
        (ApiError("", reason="UnknownHost"), 8),
    ],
)
def test_exhausted_tells_what_heals_from_what_does_not(error, expected):
    assert tries(error, Patience()) == expected
    assert tries(error, Patience(known=True)) == expected * 3


def test_exhausted_counts_the_same_failure_in_a_row_only():
    patience = Patience()
    for _time in range(10):
        assert not patience.exhausted(ApiError("", 401))
        assert not patience.exhausted(ApiError("", 503))


def test_pause_grows_and_begins_anew_after_a_success():
    patience, pauses = Patience(), []
    for _time in range(7):
        patience.exhausted(ApiError("down"))
        pauses.append(patience.pause(ApiError("down")))
    assert pauses == [0.1, 0.5, 1, 2, 5, 5, 5]
    patience.success()
    patience.exhausted(ApiError("down"))
    assert patience.pause(ApiError("down")) == 0.1


def test_pause_is_what_the_server_asks_for_within_reason():
    assert Patience().pause(ApiError("busy", 429, retry_after=7)) == 7
    assert Patience().pause(ApiError("busy", 429, retry_after=86400)) == LONGEST_SECONDS
