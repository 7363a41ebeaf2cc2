"""One variable moves all charts and images: with ``accelerated_registry`` no role takes anything from its public home."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._accelerators import ACCELERATORS
from ansible_collections.accelerated.nodes.plugins.module_utils.charts._mirror import HOSTS, REPOSITORIES
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._request import request_from

from tests.unit.plugins.module_utils.verifying.test_verification import PARAMS
from tests.unit.roles.test_role_variables import ROLES, evaluate

MIRROR = "mirror.example.com/a"
# Role -> what is installed, each by its variables.
CHARTS: dict[str, list[dict[str, Any]]] = {
    "karpenter": [{}, {"karpenter_image_tag": "1.14.3"}],
    "llmaz": [{}],
    "neuron": [{"neuron_scheduler": True, "neuron_node_problem_detector": True}, {"neuron_dra": True, "neuron_device_plugin": False}],
    "nvidia": [{"nvidia_gfd": True, "nvidia_nfd": True}],
}


def public(value: Any) -> list[str]:
    """The public homes that are named anywhere in a value."""
    return [home for home in (*HOSTS, *REPOSITORIES) if home in str(value)]


def charts(role: str, **given: Any) -> list[dict[str, Any]]:
    """What a role gives to Helm; of NVIDIA's two ways both."""
    found = evaluate(role, f"__{role}_charts", **given)
    return list(found.values()) if isinstance(found, dict) else list(found)


@pytest.mark.parametrize(("role", "given"), [(role, given) for role, cases in CHARTS.items() for given in cases])
def test_charts_and_their_images_come_from_the_mirror(role: str, given: dict[str, Any]) -> None:
    assert all(map(public, charts(role, **given)))
    moved = charts(role, accelerated_registry=MIRROR, **given)
    assert public(moved) == []
    assert [chart["chart_ref"] for chart in moved if not chart["chart_ref"].startswith(f"oci://{MIRROR}/") or chart["chart_repo_url"]] == []


def test_checks_run_images_of_the_mirror() -> None:
    images = request_from({**PARAMS, "registry": MIRROR}).images
    assert set(images) == set(ACCELERATORS)
    assert [image for image in images.values() if not image.startswith(f"{MIRROR}/")] == []


@pytest.mark.parametrize("role", [*CHARTS, "accelerator_verify"])
def test_every_role_that_runs_images_takes_it(role: str) -> None:
    specs = yaml.safe_load((ROLES / role / "meta" / "argument_specs.yml").read_text())
    assert "accelerated_registry" in specs["argument_specs"]["main"]["options"]
    files = [path.read_text() for folder in ("tasks", "vars") for path in (ROLES / role / folder).glob("*.yml")]
    assert any("accelerated_registry" in text for text in files)
