"""Each Molecule scenario is a test: converge, converge again without a change, verify, clean up. The lab is shared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

SCENARIOS = Path(__file__).resolve().parents[2] / "extensions" / "molecule"

# Each seed is walked in `make test` once: by its guide for these, and by the scenario `nvidia` for the guide nvidia-gpu.
LONG = ("full", "inferentia", "llmaz", "trainium")

pytestmark = pytest.mark.lab


def _scenario(name: str) -> object:
    return pytest.param(name, marks=[pytest.mark.proof] if name in LONG else [])


@pytest.mark.parametrize(
    "scenario", [_scenario(name) for name in sorted(path.parent.name for path in SCENARIOS.glob("*/molecule.yml")) if name != "default"]
)
def test_scenario(scenario: str, run: Callable[..., str]) -> None:
    run("molecule", "test", "--scenario-name", scenario)
