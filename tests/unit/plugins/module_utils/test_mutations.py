# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""No damaged output is a pass: what the lab's tools print for every type, damaged at random places (with a fixed seed)."""

from __future__ import annotations

import random

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils._accelerators import ACCELERATORS
from ansible_collections.accelerated.nodes.plugins.module_utils._expectations import expectation, judge
from ansible_collections.accelerated.nodes.plugins.module_utils._inventory import UnreadableOutput

from tests.lab.nodes import facts
from tests.lab.nodes.tools import neuron_ls, nvidia_smi

TYPES = sorted(name for name, row in facts.table().items() if facts.devices(name, "i-0") and expectation(name, {}).known)
TOOLS = {"nvidia": lambda devices: nvidia_smi.run(["-q", "-x"], devices), "neuron": lambda devices: neuron_ls.run(["-j"], devices)}


def passes(text: str, expected) -> bool:
    """Whether the text would be a pass; anything but a pass or a refusal is an error of the code, and fails the test."""
    try:
        return not judge(ACCELERATORS[expected.accelerator].parse(text), expected)
    except UnreadableOutput:
        return False


def output(instance_type: str, devices=None) -> str:
    expected = expectation(instance_type, {})
    return TOOLS[expected.accelerator](facts.devices(instance_type, "i-0") if devices is None else devices).text


def cut(text: str, dice: random.Random) -> str:
    return text.rstrip()[: dice.randrange(len(text.rstrip()) - 1)]


def damaged(text: str, dice: random.Random) -> str:
    """The text with some characters replaced, which may or may not matter to the verdict."""
    characters = list(text)
    for _each in range(dice.randrange(1, 20)):
        characters[dice.randrange(len(characters))] = dice.choice('<>&"{}[],:0x\x00\x1b\ufffd')
    return "".join(characters)


@pytest.mark.parametrize("instance_type", TYPES)
def test_whole_output_passes_and_one_device_less_does_not(instance_type):
    expected = expectation(instance_type, {})
    assert passes(output(instance_type), expected)
    assert not passes(output(instance_type, facts.devices(instance_type, "i-0")[1:]), expected)


def _attack(rounds: int) -> None:
    dice = random.Random(20261122)
    outputs = {name: output(name) for name in TYPES}
    for _round in range(rounds):
        name = dice.choice(TYPES)
        expected = expectation(name, {})
        assert not passes(cut(outputs[name], dice), expected), f"a cut output of {name} passed"
        passes(damaged(outputs[name], dice), expected)


def test_cut_and_damaged_output_never_passes_or_crashes():
    _attack(500)


@pytest.mark.proof
def test_cut_and_damaged_output_never_passes_or_crashes_at_length():
    _attack(50_000)
