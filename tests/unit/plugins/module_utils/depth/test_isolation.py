# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._accelerators import ACCELERATORS
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._isolation import judge_bystander, judge_pair
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._job_states import JobState

FIXTURES = Path(__file__).parents[3] / "fixtures"
ONE_GPU = (FIXTURES / "nvidia_smi_g4dn_xlarge_driver_580.xml").read_text()
MIG = (FIXTURES / "nvidia_smi_mig.xml").read_text()
NVIDIA, NEURON = ACCELERATORS["nvidia"], ACCELERATORS["neuron"]
DEV = "fd\nnull\nzero\n"


def ended(log, exit_code=0):
    return JobState("ended", "Completed", exit_code=exit_code, pod="p", log=log)


def held(text, begin=100, end=115):
    return ended(f"begin={begin}\n{text}\nend={end}\n")


def other_gpu():
    return ONE_GPU.replace("GPU-", "GPU-f")


@pytest.mark.parametrize("extra", ["", "nvidiactl\nnvidia-uvm\nnvidia-caps\n", "neuron\n"])
def test_a_bystander_that_sees_no_device_passes(extra):
    test, findings = judge_bystander(ended(DEV + extra), 1.0)
    assert (test.outcome, findings) == ("passed", ())


@pytest.mark.parametrize("file", ["nvidia0", "nvidia15", "neuron3"])
def test_a_bystander_that_sees_a_device_fails_the_node(file):
    test, (finding,) = judge_bystander(ended(DEV + file), 1.0)
    assert (test.outcome, finding.found, finding.severity) == ("failed", f"/dev/{file}", "error")


@pytest.mark.parametrize(
    "state",
    [None, ended(""), ended("nvidia\n"), ended(DEV, 1), JobState("stuck", "ImagePullBackOff"), JobState("running", "Running", log=DEV)],
)
def test_a_bystander_that_showed_nothing_is_unknown(state):
    test, (finding,) = judge_bystander(state, 1.0)
    assert test.outcome == "unknown"
    assert finding.found.startswith("not shown: ")


def test_a_pair_with_different_devices_passes():
    test, findings = judge_pair(NVIDIA, [held(ONE_GPU), held(other_gpu(), 110, 125)], 20.0)
    assert (test.outcome, findings) == ("passed", ())
    assert test.output.count("GPU-") == 2


def test_a_pair_that_shares_a_device_fails_and_names_it():
    test, (finding,) = judge_pair(NVIDIA, [held(ONE_GPU), held(ONE_GPU, 114, 129)], 20.0)
    assert test.outcome == "failed"
    assert finding.found.startswith("GPU-")


def test_a_pair_one_after_the_other_shows_nothing_whatever_it_saw():
    for listing in (ONE_GPU, other_gpu()):
        test, (finding,) = judge_pair(NVIDIA, [held(ONE_GPU), held(listing, 115, 130)], 40.0)
        assert test.outcome == "unknown"
        assert "at the same time" in finding.found


@pytest.mark.parametrize("state", [None, ended(ONE_GPU), held("no list"), held(ONE_GPU[:400]), ended(held(ONE_GPU).log, 1), held("")])
def test_a_pair_of_which_one_is_not_to_be_read_is_unknown(state):
    test, _findings = judge_pair(NVIDIA, [held(ONE_GPU), state], 20.0)
    assert test.outcome == "unknown"


def test_a_pair_of_neuron_devices_is_told_apart_by_their_addresses():
    def listing(bdf):
        return json.dumps(
            [{"neuron_device": 0, "bdf": bdf, "connected_to": None, "nc_count": 2, "memory_size": 34359738368, "neuron_processes": []}]
        )

    assert judge_pair(NEURON, [held(listing("00:1e.0")), held(listing("00:1f.0"))], 1.0)[0].outcome == "passed"
    assert judge_pair(NEURON, [held(listing("00:1e.0")), held(listing("00:1e.0"))], 1.0)[0].outcome == "failed"


def divided(*places):
    """A list of one GPU, with the MIG devices (GPU instance, compute instance) that a pod has of it."""
    devices = "".join(
        f"<mig_device><index>{index}</index><gpu_instance_id>{gpu}</gpu_instance_id><compute_instance_id>{compute}</compute_instance_id></mig_device>"
        for index, (gpu, compute) in enumerate(places)
    )
    start, end = MIG.index("<mig_devices>"), MIG.index("</mig_devices>")
    return f"{MIG[:start]}<mig_devices>{devices}{MIG[end:]}"


@pytest.mark.parametrize(
    ("one", "other", "outcome"),
    [
        ([("1", "0"), ("2", "0")], [("3", "0"), ("4", "0")], "passed"),
        # One GPU instance may be shared out as compute instances.
        ([("1", "0")], [("1", "1")], "passed"),
        ([("1", "0"), ("2", "0")], [("2", "0"), ("3", "0")], "failed"),
        # Without the instances' numbers nobody can tell them apart.
        ([], [("1", "0")], "unknown"),
    ],
)
def test_pods_with_mig_devices_of_one_gpu_are_told_apart_by_these(one, other, outcome):
    test, _findings = judge_pair(NVIDIA, [held(divided(*one)), held(divided(*other))], 2.0)
    assert test.outcome == outcome


def test_a_node_with_one_device_has_no_pair_and_says_so():
    test, findings = judge_pair(NVIDIA, [], 0.0)
    assert (test.outcome, test.reason, findings) == ("skipped", "the node has one device only", ())
