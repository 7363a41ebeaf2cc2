"""Which parts of AWS Neuron's chart do not go together."""

from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.plugin_utils.filters._neuron import neuron_problems

from tests.unit.plugins.filter.neuron_cases import REFUSED, SOUND, values


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
