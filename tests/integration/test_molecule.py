"""Each Molecule scenario is a test: converge, converge again without a change, verify, clean up. The lab is shared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

SCENARIOS = Path(__file__).resolve().parents[2] / "extensions" / "molecule"

pytestmark = pytest.mark.lab


@pytest.mark.parametrize("scenario", sorted(path.parent.name for path in SCENARIOS.glob("*/molecule.yml") if path.parent.name != "default"))
def test_scenario(scenario: str, run: Callable[..., str]) -> None:
    run("molecule", "test", "--scenario-name", scenario)
