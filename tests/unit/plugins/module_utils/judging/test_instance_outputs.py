# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every row of the table of instance types, in every form of its tool's output: healthy it passes, with one fault it does not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest
from _pytest.mark import ParameterSet
from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._nvidia_smi import parse_nvidia_smi
from ansible_collections.accelerated.nodes.plugins.module_utils.common._text import version
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._expectations import expectation
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._findings import ERROR
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._required_facts import REQUIRED, _has

from tests.lab.nodes.tools import nvidia_smi

from .listings import CASES, IDS, LEFT_ALONE, OURS, VERIFIED, devices, verdict

each_case = pytest.mark.parametrize(("instance_type", "form"), CASES, ids=IDS)
# One type of each board, and one with an NVSwitch fabric: the normal run's slice of what `make proof` does for all.
SLICE = {
    *("g3s.xlarge", "g4dn.12xlarge", "g5g.xlarge", "g5.xlarge", "g6.xlarge", "g6e.xlarge", "g6f.large", "g7.2xlarge", "g7e.2xlarge"),
    *("p3.2xlarge", "p4d.24xlarge", "p5.48xlarge", "p5.4xlarge", "p6e-gb200.36xlarge"),
    *("inf1.2xlarge", "inf1.6xlarge", "inf2.24xlarge", "trn1.2xlarge", "trn2.48xlarge"),
}


def cases(kind: str) -> list[ParameterSet]:
    """The cases whose form's name or accelerator is of a kind; those that are not of the slice are marked as proof."""
    chosen = [(name, form) for name, form in CASES if kind in (form.accelerator, form.name.partition(" ")[0])]
    return [pytest.param(name, form, id=f"{name}, {form.name}", marks=[] if name in SLICE else pytest.mark.proof) for name, form in chosen]


# What a GPU of any board and any driver must have said of itself.
IDENTITY = ("product_name", "uuid", "pci/pci_bus_id", "fb_memory_usage/total")
LOST = ("Unknown Error", "[GPU requires reset]", "ERR!", "GPU is lost", "[Unknown Error]")
NOT_SAID = ("N/A", "[N/A]", "[Not Supported]", "Requested functionality has been deprecated")


def test_the_table_has_every_type_and_the_simulated_tools_know_each_that_is_verified():
    assert len(VERIFIED) + len(LEFT_ALONE) == 95
    assert [name for name in VERIFIED if not devices(name)] == []
    assert {form.name for _name, form in CASES} >= {"driver 470", "driver 610", "JSON 2.34", "table 1.16"}


@pytest.mark.parametrize("instance_type", LEFT_ALONE)
def test_types_of_other_vendors_are_left_alone(instance_type):
    assert expectation(instance_type, {}).accelerator == ""


@each_case
def test_healthy_output_passes_without_a_word(instance_type, form):
    result = verdict(instance_type, form.text(devices(instance_type)))
    assert (result.verdict, result.findings) == ("passed", ())


@each_case
def test_one_device_less_or_one_too_many_does_not_pass(instance_type, form):
    whole = devices(instance_type)
    if whole[1:]:
        assert verdict(instance_type, form.text(whole[:-1])).verdict == "failed"
    assert verdict(instance_type, form.text([*whole, whole[0]])).verdict == "failed"


@each_case
def test_one_good_list_does_not_hide_a_tool_that_fails(instance_type, form):
    assert verdict(instance_type, form.text(devices(instance_type)), exit_code=14).verdict == "failed"


# NVIDIA


def required(text: str, instance_type: str) -> Iterator[tuple[str, ...]]:
    """Paths of the facts that this GPU must give with this driver: each alone, and those that are alternatives together."""
    inventory = parse_nvidia_smi(text)
    has = _has(inventory.devices[0], expectation(instance_type, {}))
    for row in REQUIRED:
        if version(inventory.driver_version)[0] >= row.since and has.issuperset(row.needs):
            there = [paths for paths in row.facts if all(path in inventory.devices[0].facts for path in paths)]
            for place in range(len(there[0])):
                yield tuple(paths[place].replace(".", "/") for paths in there)


def changed(text: str, paths: tuple[str, ...], value: str | None) -> str:
    """The output in which the last GPU says something else at some paths, or, with None, nothing."""
    head, _mark, rest = text.partition("<nvidia_smi_log>")
    root = ElementTree.fromstring("<nvidia_smi_log>" + rest)
    gpu = root.findall("gpu")[-1]
    for path in paths:
        parent = gpu.find(path.rpartition("/")[0] or ".")
        found = gpu.find(path)
        assert parent is not None and found is not None, path
        if value is None:
            parent.remove(found)
            if path == "pci/pci_bus_id":
                gpu.attrib.clear()
        else:
            found.text = value
            if path == "pci/pci_bus_id":
                gpu.set("id", value)
    return head + ElementTree.tostring(root, encoding="unicode")


@pytest.mark.parametrize(("instance_type", "form"), cases("nvidia"))
def test_a_required_fact_that_is_missing_or_faulted_does_not_pass(instance_type, form):
    text = form.text(devices(instance_type))
    facts = {*required(text, instance_type), *((path,) for path in IDENTITY)}
    assert len(facts) > len(IDENTITY)
    for paths in facts:
        for value in (None, LOST[0], LOST[1]):
            found = verdict(instance_type, changed(text, paths, value))
            assert found.verdict == "failed", f"{paths} as {value} passed"
            assert all(each.next_step and each.remedy.action for each in found.findings)


CELLS = [
    pytest.param(
        name, driver, id=f"{name}, {driver.version}", marks=[] if name == "g6f.large" or driver.major == 580 else pytest.mark.proof
    )
    for name in ("g4dn.xlarge", "p3.2xlarge", "p5.4xlarge", "g6f.large")
    for driver in nvidia_smi.DRIVERS
]


@pytest.mark.parametrize(("instance_type", "driver"), CELLS)
def test_any_cell_that_says_the_gpu_is_lost_fails_and_one_that_has_no_value_does_not(instance_type, driver):
    text = nvidia_smi.xml(devices(instance_type), driver)
    needed = {path for paths in required(text, instance_type) for path in paths} | set(IDENTITY)
    leaves = [path.replace(".", "/") for path in parse_nvidia_smi(text).devices[-1].facts if "[" not in path and not path.startswith("@")]
    assert len(leaves) > 60
    for path in leaves:
        for value in LOST:
            assert verdict(instance_type, changed(text, (path,), value)).verdict == "failed", f"{path} as {value} passed"
        for value in NOT_SAID if path not in needed else ():
            found = verdict(instance_type, changed(text, (path,), value))
            assert [each.check for each in found.findings if each.severity == ERROR] == [], f"{path} as {value}"


# Not from the product's table: driver, type, element, and whether a GPU that does not print it may pass.
ASKED = (
    (470, "p3.2xlarge", "ecc_errors/volatile/double_bit/total", False),
    (470, "g4dn.xlarge", "retired_pages/pending_retirement", False),
    (470, "g5.xlarge", "ecc_errors/volatile/sram_uncorrectable", False),
    (470, "g5.xlarge", "remapped_rows/remapped_row_failure", False),
    (470, "p4d.24xlarge", "mig_mode/current_mig", False),
    (535, "p5.48xlarge", "fabric/state", False),
    (535, "p5.48xlarge", "gpu_reset_status/reset_required", False),
    (555, "g6.xlarge", "ecc_errors/volatile/sram_uncorrectable_parity", False),
    (555, "g6.xlarge", "ecc_errors/aggregate/sram_threshold_exceeded", False),
    (580, "p5.48xlarge", "ecc_errors/channel_repair_pending", False),
    (580, "g4dn.xlarge", "gpu_recovery_action", False),
    (610, "g6e.xlarge", "ecc_mode/current_ecc", False),
    (610, "g7e.2xlarge", "remapped_rows/remapped_row_pending", False),
    (610, "g6f.large", "compute_mode", False),
    (580, "g4dn.xlarge", "remapped_rows", True),
    (580, "g5.xlarge", "retired_pages", True),
    (580, "p5.4xlarge", "fabric", True),
    (580, "p4d.24xlarge", "fabric", True),
    (555, "g6.xlarge", "gpu_recovery_action", True),
    (580, "g6f.large", "ecc_errors", True),
    (580, "g4dn.xlarge", "temperature", True),
    (580, "g4dn.xlarge", "ecc_errors/channel_repair_pending", True),
)


@pytest.mark.parametrize(("major", "instance_type", "path", "passes"), ASKED)
def test_what_is_asked_of_which_gpu(major, instance_type, path, passes):
    (driver,) = [each for each in nvidia_smi.DRIVERS if each.major == major]
    text = nvidia_smi.xml(devices(instance_type), driver)
    gone = changed(text, (path,), None) if f"<{path.rpartition('/')[2]}" in text else text
    assert (verdict(instance_type, gone).verdict == "passed") is passes


@pytest.mark.parametrize("driver", nvidia_smi.DRIVERS, ids=lambda driver: driver.version)
@pytest.mark.parametrize("field", ["driver_version", "cuda_version", "attached_gpus"])
@pytest.mark.parametrize("value", [None, "N/A", "Not Found", "Unknown Error"])
def test_what_is_said_of_all_gpus_must_be_there(driver, field, value):
    text = nvidia_smi.xml(devices("g5.12xlarge"), driver)
    names = [name for name in (field, field.replace("driver", "kmd"), field.replace("cuda", "cuda_umd")) if f"<{name}>" in text]
    for name in names:
        element = "" if value is None else f"<{name}>{value}</{name}>"
        text = re.sub(f"<{name}>.*</{name}>", element, text)
    assert verdict("g5.12xlarge", text).verdict == "failed"


# Neuron

FAULTY: dict[str, tuple[object, ...]] = {
    "neuron_device": (None, "x", -1, 1.5, True),
    "bdf": (None, "", "N/A"),
    "nc_count": (None, 0, 1, "2", 99, True),
    "memory_size": (None, 0, 1 << 30, "32 GB", 1 << 60),
    "connected_to": (None, [], [77], "x"),
    "logical_neuroncore_config": (None, 0, 1, 4, "2"),
}
MISSING = object()


@pytest.mark.parametrize(("instance_type", "form"), cases("JSON"))
def test_a_neuron_fact_that_is_missing_or_faulted_does_not_pass(instance_type, form):
    text = form.text(devices(instance_type))
    start = re.search(r"^[\[{]", text, re.MULTILINE).start()
    for key, values in FAULTY.items():
        for value in (MISSING, *values):
            document = json.loads(text[start:])
            device = (document if isinstance(document, list) else document["neuron_devices"])[-1]
            alone = key == "connected_to" and not expectation(instance_type, {}).links
            if key not in device or alone:
                continue
            if value is MISSING:
                del device[key]
            else:
                device[key] = value
            found = verdict(instance_type, text[:start] + json.dumps(document))
            assert found.verdict != "passed", f"{key} as {value} passed"


@pytest.mark.parametrize(("instance_type", "form"), cases("table"))
def test_a_table_that_is_cut_or_lacks_a_cell_does_not_pass(instance_type, form):
    text = form.text(devices(instance_type)).rstrip("\n")
    lines = text.splitlines()
    for length in range(0, len(text) - 1, 13):
        assert verdict(instance_type, text[:length]).verdict != "passed"
    for place in range(1, len(lines)):
        assert verdict(instance_type, "\n".join(lines[:place])).verdict != "passed"
    cells = lines[-2].split("|")
    for place in (1, 2):
        broken = [*cells[:place], " ? ", *cells[place + 1 :]]
        assert verdict(instance_type, "\n".join([*lines[:-2], "|".join(broken), lines[-1]])).verdict != "passed"


@pytest.mark.parametrize("kind", OURS)
def test_each_kind_is_held_against_its_rows(kind):
    assert any(expectation(name, {}).known for name in VERIFIED), kind
