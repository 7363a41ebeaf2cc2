"""Which schedules Karpenter's budgets take."""

from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.common._cron import is_schedule


@pytest.mark.parametrize(
    "text",
    ["0 8 * * mon-fri", "*/15 0-6 1,15 * *", "@daily", "@hourly", "0 0 * JAN-mar SUN", "5/10 * ? * 0", "59 23 31 12 6", "0 8-18/2 * * *"],
)
def test_schedules(text: str) -> None:
    assert is_schedule(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0 8 * *",  # four fields
        "0 0 8 * * *",  # six
        "60 * * * *",
        "0 24 * * *",
        "0 0 0 * *",
        "0 0 * 13 *",
        "0 0 * * 7",  # Sunday is 0
        "0 0 * * fri-mon",  # backwards
        "*/0 * * * *",
        "*-5 * * * *",
        "0 8 * * monday",
        "@every 1h",  # the API server's pattern refuses it
        "@sometimes",
        "0 8 * * mon,",
    ],
)
def test_no_schedules(text: str) -> None:
    assert not is_schedule(text)
