# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import random
from pathlib import Path

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._inventory import UnreadableOutput
from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._nvidia_smi import parse_nvidia_smi

FIXTURES = Path(__file__).parents[3] / "fixtures"


def read(name: str) -> str:
    return (FIXTURES / f"nvidia_smi_{name}.xml").read_text()


@pytest.mark.parametrize(
    ("name", "driver", "cuda", "model", "memory", "bus_id", "ecc"),
    [
        ("g4dn_xlarge_driver_580", "580.126.09", "13.0", "Tesla T4", 15360, "0000:00:1e.0", "enabled"),
        ("g5_xlarge_driver_535", "535.230.02", "12.2", "NVIDIA A10G", 23028, "0000:00:1e.0", "enabled"),
        ("driver_610", "610.57.04", "13.3", "NVIDIA L4", 23034, "0000:00:1e.0", "enabled"),
        ("volta_driver_470", "470.256.02", "11.4", "Tesla V100-SXM2-16GB", 16160, "0000:00:1e.0", "enabled"),
        ("mig", "550.54.15", "12.4", "NVIDIA A100-SXM4-40GB", 40960, "0000:10:1c.0", "enabled"),
    ],
)
def test_parse_nvidia_smi_of_each_generation(name, driver, cuda, model, memory, bus_id, ecc):
    inventory = parse_nvidia_smi(read(name))
    (device,) = inventory.devices
    assert (inventory.driver_version, inventory.cuda_version, inventory.announced) == (driver, cuda, 1)
    assert (device.model, device.memory_mib, device.bus_id, device.ecc) == (model, memory, bus_id, ecc)
    assert device.uuid.startswith("GPU-")
    assert device.serial == "" or device.serial.isdigit()


def test_parse_nvidia_smi_keeps_siblings_apart():
    (device,) = parse_nvidia_smi(read("mig")).devices
    errors = {path: text for path, text in device.facts.items() if path.endswith("_count.sram_uncorrectable")}
    assert list(errors.values()) == ["0", "3"]


def test_parse_nvidia_smi_without_a_value_is_none_and_not_zero():
    text = read("driver_610").replace("<total>23034 MiB</total>", "<total>[N/A]</total>").replace("13.3", "Not Found")
    inventory = parse_nvidia_smi(text)
    assert inventory.devices[0].memory_mib is None
    assert inventory.cuda_version == ""


def test_parse_nvidia_smi_passes_over_what_stands_around_the_document():
    text = "WARNING: infoROM is corrupted at gpu 0000:00:1E.0\n" + read("driver_610") + "WARNING: see above\n<a><b>\n"
    assert len(parse_nvidia_smi(text).devices) == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "printed nothing"),
        ("No devices were found\n", "no XML, but: No devices were found"),
        ("<nvidia_smi_log><gpu></nvidia_smi_log>", "not well-formed"),
        ("<nvidia_smi_log><driver_version>580", "cut off"),
        ("<?xml version='1.0'?><html></html></nvidia_smi_log>", "not well-formed"),
        ("<?xml version='1.0'?><html><nvidia_smi_log></nvidia_smi_log></html>", "not well-formed"),
        ("<nvidia_smi_log>\x00</nvidia_smi_log>", "not well-formed"),
        ("<nvidia_smi_log>" + "<a>" * 40 + "</a>" * 40 + "</nvidia_smi_log>", "nested"),
        ("<nvidia_smi_log>&lol;</nvidia_smi_log>", "not well-formed"),
        ("<!DOCTYPE nvidia_smi_log SYSTEM 'x.dtd'><nvidia_smi_log>&lol;</nvidia_smi_log>", "entities"),
        ("<!DOCTYPE nvidia_smi_log [<!ENTITY lol 'lol'>]><nvidia_smi_log>&lol;</nvidia_smi_log>", "declarations of its own"),
        ("<!DOCTYPE nvidia_smi_log [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><nvidia_smi_log>&x;</nvidia_smi_log>", "declarations"),
    ],
)
def test_parse_nvidia_smi_refuses(text, says):
    with pytest.raises(UnreadableOutput, match=says):
        parse_nvidia_smi(text)


def test_parse_nvidia_smi_loads_no_dtd(tmp_path):
    dtd = tmp_path / "evil.dtd"
    dtd.write_text("<!ENTITY model 'Tesla T4'>")
    text = f"<!DOCTYPE nvidia_smi_log SYSTEM '{dtd}'><nvidia_smi_log><gpu><product_name>&model;</product_name></gpu></nvidia_smi_log>"
    with pytest.raises(UnreadableOutput, match="entities"):
        parse_nvidia_smi(text)


def test_parse_nvidia_smi_cut_anywhere_is_never_a_shorter_inventory():
    text = read("g5_12xlarge_ecc_errors")
    end = text.index("</nvidia_smi_log>")
    for length in range(0, end, 997):
        with pytest.raises(UnreadableOutput):
            parse_nvidia_smi(text[:length])


def test_parse_nvidia_smi_of_mangled_output_is_an_inventory_or_a_sentence():
    text, chance = read("g5_12xlarge_ecc_errors"), random.Random(4)
    for _each in range(300):
        start = chance.randrange(len(text))
        mangled = text[:start] + chr(chance.choice([0, 7, 60, 38, 0xD800, 0x202E, 65])) * 3 + text[start + chance.randrange(60) :]
        try:
            assert parse_nvidia_smi(mangled).tool == "nvidia-smi"
        except UnreadableOutput as error:
            assert error.message


@pytest.mark.parametrize(
    ("once", "path"),
    [
        ("<product_name>NVIDIA L4</product_name>", "product_name"),
        ("<attached_gpus>1</attached_gpus>", "attached_gpus"),
        ("<kmd_version>610.57.04</kmd_version>", "kmd_version"),
        ("<fb_memory_usage><total>23034 MiB</total><reserved>600 MiB</reserved></fb_memory_usage>", "fb_memory_usage.total"),
    ],
)
def test_parse_nvidia_smi_refuses_what_is_said_twice(once, path):
    """Of two that differ nobody knows which holds."""
    text = read("driver_610")
    assert once in text
    with pytest.raises(UnreadableOutput, match=f"says {path} more than once"):
        parse_nvidia_smi(text.replace(once, once + once))


def test_parse_nvidia_smi_keeps_what_was_printed_around_the_list():
    around = parse_nvidia_smi("before\n" + read("driver_610") + "after\n").around
    assert around.startswith("before\n")
    assert around.endswith("after\n")
    assert "<gpu" not in around


def test_parse_nvidia_smi_drops_what_is_said_of_a_version_that_goes_away():
    text = read("driver_610").replace("<kmd_version>610.57.04</kmd_version>", "")
    assert parse_nvidia_smi(text).driver_version == "610.57.04"
