"""Which parts of AWS Neuron's chart do not go together."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml
from ansible_collections.accelerated.nodes.plugins.filter.neuron_problems import neuron_problems

HELM = Path(__file__).resolve().parents[4] / ".build" / "bin" / "helm"
CHART = Path(__file__).resolve().parents[3] / "lab" / "charts" / "neuron-helm-chart"


def values(plugin=True, scheduler=False, npd=False, recovery=False, dra=False, **schedulers):
    return {
        "devicePlugin": {"enabled": plugin},
        "scheduler": {"enabled": scheduler, **{name: {"enabled": state} for name, state in schedulers.items()}},
        "npd": {"enabled": npd, "nodeRecovery": {"enabled": recovery}},
        "draDriver": {"enabled": dra},
    }


SOUND = {
    "the role's own": values(),
    "with the scheduler extension": values(scheduler=True),
    "for the default scheduler": values(scheduler=True, customScheduler=False, defaultScheduler=True),
    "with the detector and its recovery": values(npd=True, recovery=True),
    "DRA alone": values(plugin=False, dra=True),
}
# By the sentence's beginning; the chart refuses those of the first table itself.
REFUSED_BY_THE_CHART = {
    "neuron_dra is true, and so is neuron_device_plugin": values(dra=True),
    "neuron_dra is true, and so is neuron_scheduler": values(plugin=False, dra=True, scheduler=True),
    "neuron_scheduler is true, and neuron_device_plugin is false": values(plugin=False, scheduler=True),
    "neuron_values has both scheduler.customScheduler and scheduler.defaultScheduler": values(scheduler=True, defaultScheduler=True),
}
REFUSED = {
    **REFUSED_BY_THE_CHART,
    "neuron_scheduler is true, and neuron_values enables neither": values(scheduler=True, customScheduler=False),
    "neuron_node_recovery is true, and neuron_node_problem_detector is false": values(recovery=True),
}


@pytest.mark.parametrize("case", SOUND)
def test_what_goes_together_is_taken(case):
    assert neuron_problems(SOUND[case], {"nodeRepair": False}) == []


@pytest.mark.parametrize("sentence", REFUSED)
def test_what_does_not_is_refused_in_one_sentence(sentence):
    (found,) = neuron_problems(REFUSED[sentence])
    assert found.startswith(sentence)


def test_recovery_and_karpenters_node_repair_exclude_each_other():
    (found,) = neuron_problems(values(npd=True, recovery=True), {"nodeRepair": True})
    assert found.startswith("neuron_node_recovery is true, and karpenter_feature_gates.nodeRepair too")
    assert neuron_problems(values(npd=True), {"nodeRepair": True}) == []


def test_what_the_values_leave_out_is_as_the_chart_has_it():
    assert neuron_problems({}) == []
    assert neuron_problems({"draDriver": {"enabled": True}})[0].startswith("neuron_dra is true, and so is neuron_device_plugin")


@pytest.mark.skipif(not HELM.exists(), reason="needs the lab's helm")
@pytest.mark.parametrize("case", [*SOUND, *REFUSED_BY_THE_CHART])
def test_the_stand_in_chart_has_the_same_rules(case, tmp_path):
    file = tmp_path / "values.yml"
    file.write_text(yaml.safe_dump({**SOUND, **REFUSED_BY_THE_CHART}[case]))
    done = subprocess.run([HELM, "template", CHART, "--values", file], capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == (case in SOUND), done.stderr
