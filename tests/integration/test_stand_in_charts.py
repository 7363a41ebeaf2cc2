"""The rules of charts that the lab stands in for, as the real Helm tells them; it is one of the lab's programs, so it is here."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from tests.lab.registry import STAND_INS
from tests.lab.state import BIN_DIR
from tests.unit.plugins.filter.neuron_cases import REFUSED_BY_THE_CHART, SOUND

pytestmark = pytest.mark.lab


@pytest.mark.parametrize("case", [*SOUND, *REFUSED_BY_THE_CHART])
def test_neurons_chart_has_the_rules_that_the_role_checks(case: str, lab: dict[str, str], tmp_path: Path) -> None:
    values = tmp_path / "values.yml"
    values.write_text(yaml.safe_dump({**SOUND, **REFUSED_BY_THE_CHART}[case]))
    command = [BIN_DIR / "helm", "template", STAND_INS / "neuron-helm-chart", "--values", values]
    done = subprocess.run(command, env=lab, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == (case in SOUND), done.stderr
