# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""No damaged output is a false pass: what the simulated tools print, damaged at random (with a fixed seed) in every form of it.

A damage may leave alone all that is looked at, and then a pass is right. So where a damaged output passes, it is read again, by
other means (ElementTree, json, the lines of a table), and every fact that a verdict rests on must still be there and be good.
"""

from __future__ import annotations

import json
import random
import re
import tracemalloc
from collections.abc import Callable, Iterator
from xml.etree import ElementTree

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._inventory import MAX_OUTPUT_CHARACTERS
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._expectations import Expectation, expectation

from tests.lab.nodes.tools import neuron_ls, nvidia_smi

from .listings import CASES, Form, devices, verdict

ROUNDS, SLICE, SEED = 100_000, 2_000, 20261122
# Small ones, so that a damage often meets what matters; the others differ in numbers only.
TYPES = (
    "g4dn.xlarge",
    "p3.2xlarge",
    "g5.12xlarge",
    "g6f.large",
    "p5.4xlarge",
    "inf1.6xlarge",
    "inf2.24xlarge",
    "trn1.2xlarge",
    "trn2.3xlarge",
)
NO_VALUE = ("", "n/a", "[n/a]", "none", "not found", "not supported", "[not supported]", "requested functionality has been deprecated")

# Damages: each takes a text and dice, and gives another text.


def _place(text: str, dice: random.Random) -> int:
    return dice.randrange(len(text))


def flip(text: str, dice: random.Random) -> str:
    """Some bits of some bytes; what is no UTF-8 after that is replaced, as the client does it."""
    data = bytearray(text.encode("utf-8", "replace"))
    for _each in range(dice.randrange(1, 6)):
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    return data.decode("utf-8", "replace")


def put(text: str, dice: random.Random) -> str:
    """Some characters that mean something, in place of others."""
    characters = list(text)
    for _each in range(dice.randrange(1, 10)):
        characters[dice.randrange(len(characters))] = dice.choice('<>&"{}[],:0x|+\x00\x1b\ufffd')
    return "".join(characters)


def digit(text: str, dice: random.Random) -> str:
    """Another digit in place of one."""
    place = dice.choice([match.start() for match in re.finditer("[0-9]", text)] or [0])
    return text[:place] + dice.choice("0123456789") + text[place + 1 :]


def drop(text: str, dice: random.Random) -> str:
    """A stretch is missing."""
    start = _place(text, dice)
    return text[:start] + text[start + dice.randrange(1, 200) :]


def drop_lines(text: str, dice: random.Random) -> str:
    """Some whole lines are missing."""
    lines = text.splitlines(keepends=True)
    start = dice.randrange(len(lines))
    return "".join(lines[:start] + lines[start + dice.randrange(1, 4) :])


def repeat_lines(text: str, dice: random.Random) -> str:
    """Some whole lines are there twice."""
    lines = text.splitlines(keepends=True)
    start = dice.randrange(len(lines))
    end = start + dice.randrange(1, 4)
    return "".join(lines[:end] + lines[start:])


def swap_lines(text: str, dice: random.Random) -> str:
    """Two lines have changed places."""
    lines = text.splitlines(keepends=True)
    one, other = dice.randrange(len(lines)), dice.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return "".join(lines)


_VALUES = re.compile(r"(?<=>)[^<>\n]+(?=<)|(?<=: )[^\n,\[{]+(?=,?\n)|(?<=\| )[^|\n]+(?= \|)")


def _values(text: str, dice: random.Random, number: int) -> list[re.Match[str]]:
    found = list(_VALUES.finditer(text))
    return sorted(dice.sample(found, min(number, len(found))), key=re.Match.start)


def swap_values(text: str, dice: random.Random) -> str:
    """Two values have changed places."""
    chosen = _values(text, dice, 2)
    if len(chosen) < 2:
        return text
    (one, other) = chosen
    return text[: one.start()] + other[0] + text[one.end() : other.start()] + one[0] + text[other.end() :]


_WORDS = (
    "0",
    "1",
    "-1",
    "Yes",
    "No",
    "N/A",
    "[Unknown Error]",
    "[GPU requires reset]",
    "ERR!",
    "Enabled",
    "Disabled",
    "null",
    "99999999999999999",
)


def say(text: str, dice: random.Random) -> str:
    """A value is another word."""
    chosen = _values(text, dice, 1)
    return text[: chosen[0].start()] + dice.choice(_WORDS) + text[chosen[0].end() :] if chosen else text


def huge(text: str, dice: random.Random) -> str:
    """A number has thousands of digits."""
    chosen = _values(text, dice, 1)
    return text[: chosen[0].start()] + "9" * dice.choice((20, 5000)) + text[chosen[0].end() :] if chosen else text


def cut(text: str, dice: random.Random) -> str:
    """The end is missing."""
    return text[: _place(text.rstrip(), dice)]


def behead(text: str, dice: random.Random) -> str:
    """The beginning is missing."""
    return text[_place(text, dice) :]


def bomb(text: str, dice: random.Random) -> str:
    """Entities that grow to billions, or read a file."""
    declared = dice.choice(
        (
            "".join(f'<!ENTITY e{each} "{f"&e{each - 1};" * 10 if each else "ha"}">' for each in range(10)),
            '<!ENTITY e9 SYSTEM "file:///etc/hostname">',
        )
    )
    text = re.sub(r"<!DOCTYPE[^>]*>", f"<!DOCTYPE nvidia_smi_log [{declared}]>", text)
    return text.replace("</nvidia_smi_log>", "<x>&e9;</x></nvidia_smi_log>").replace("null", "&e9;")


def recode(text: str, dice: random.Random) -> str:
    """Written in another encoding, and read as UTF-8."""
    encoding = dice.choice(("utf-16", "utf-16-be", "utf-32", "latin-1", "utf-7", "utf-8-sig"))
    return text.encode(encoding, "replace").decode("utf-8", "replace")


def nest(text: str, dice: random.Random) -> str:
    """Something that is nested deep."""
    place = _place(text, dice)
    opening, closing = dice.choice((("[", "]"), ("<a>", "</a>"), ('{"a":', "}")))
    depth = dice.choice((20, 3000))
    return text[:place] + opening * depth + closing * depth + text[place:]


DAMAGES = (flip, put, digit, drop, drop_lines, repeat_lines, swap_lines, swap_values, say, huge, cut, behead, bomb, recode, nest)

# The other reader. For each device of the damaged text: what a verdict rests on, and what it must be.

Facts = dict[str, str]


def _zero(text: str) -> bool:
    return set(text) == {"0"}


def _one_of(*words: str) -> Callable[[str], bool]:
    return lambda text: text.lower() in words


# Path -> what it must say if it is there and not one of NO_VALUE. A path that has no place in the document is not looked at.
GOOD = {
    "compute_mode": _one_of("default", "exclusive_process"),
    "mig_mode/current_mig": _one_of("disabled"),
    **dict.fromkeys(
        (
            "ecc_errors/volatile/dram_uncorrectable",
            "ecc_errors/volatile/sram_uncorrectable",
            "ecc_errors/volatile/sram_uncorrectable_parity",
            "ecc_errors/volatile/sram_uncorrectable_secded",
            "ecc_errors/volatile/double_bit/device_memory",
            "ecc_errors/volatile/double_bit/total",
        ),
        _zero,
    ),
    **dict.fromkeys(
        (
            "ecc_errors/aggregate/sram_threshold_exceeded",
            "ecc_errors/channel_repair_pending",
            "ecc_errors/tpc_repair_pending",
            "ecc_errors/unrepairable_memory",
            "retired_pages/pending_retirement",
            "retired_pages/pending_blacklist",
            "remapped_rows/remapped_row_pending",
            "remapped_rows/remapped_row_failure",
            "gpu_reset_status/reset_required",
            "gpu_reset_status/drain_and_reset_recommended",
        ),
        _one_of("no"),
    ),
    "gpu_recovery_action": _one_of("none"),
    "fabric/state": _one_of("completed"),
    "fabric/status": _one_of("success"),
}
BROKEN = ("unknown error", "gpu requires reset", "err!", "gpu is lost", "fallen off the bus", "\ufffd")


def _close(text: str, mib: int) -> bool:
    number = re.fullmatch(r"([0-9]{1,12}) ?MiB", text)
    return bool(number) and abs(int(number[1]) - mib) * 10 <= mib


def _leaves(element: ElementTree.Element, path: str = "") -> Iterator[tuple[str, str]]:
    for child in element:
        here = f"{path}/{child.tag}" if path else child.tag
        if len(child):
            yield from _leaves(child, here)
        else:
            yield here, " ".join((child.text or "").split())


def wrong_gpu(gpu: ElementTree.Element, healthy: set[str], expected: Expectation) -> str:
    """What is wrong with a GPU by its elements; empty if nothing is."""
    leaves = list(_leaves(gpu))
    for path, text in leaves:
        good = GOOD.get(path)
        if good and text.lower() not in NO_VALUE and not good(text):
            return f"{path}: {text}"
        if any(each in text.lower() for each in BROKEN):
            return f"{path}: {text}"
    named = {path for path, _text in leaves}
    if healthy - named:
        return f"not there: {healthy - named}"
    by_path = dict(leaves)
    words = set(re.split(r"[\s_-]+", by_path["product_name"].lower()))
    if not set((expected.model or "").lower().replace("-", " ").split()) - {"nvidia", "tesla"} <= words:
        return by_path["product_name"]
    return "" if _close(by_path["fb_memory_usage/total"], expected.memory_mib or 0) else by_path["fb_memory_usage/total"]


def wrong_xml(text: str, healthy: set[str], expected: Expectation, driver: str) -> str:
    """What is wrong with a document of nvidia-smi that has passed; empty if nothing is."""
    start, end = text.index("<nvidia_smi_log"), text.index("</nvidia_smi_log>")
    if "<!ENTITY" in text[:end] or "&e9;" in text[:end]:
        return "entities"
    root = ElementTree.fromstring(text[start:end].encode("utf-8", "replace") + b"</nvidia_smi_log>")
    gpus = root.findall("gpu")
    counts = {len(gpus), expected.count, int(root.findtext("attached_gpus", "-1")), len({each.findtext("uuid") for each in gpus})}
    if len(counts) != 1 or len(root.findall("attached_gpus")) != 1:
        return f"numbers: {counts}"
    versions = [root.findtext(name) or "" for name in ("driver_version", "kmd_version", "cuda_version", "cuda_umd_version")]
    if not any(re.match("[0-9]", each) for each in versions[:2]) or not any(re.match("[0-9]", each) for each in versions[2:]):
        return f"versions: {versions}"
    # What must be there goes by the driver: of one that has become another, only what any driver must say.
    needed = healthy if any(driver in each for each in versions[:2]) else healthy.intersection(ALWAYS)
    return next(filter(None, (wrong_gpu(each, needed, expected) for each in gpus)), "")


# Paths that must be there, as the product documents it; read from the healthy output, so that each driver is asked for its own.
ALWAYS = ("uuid", "product_name", "fb_memory_usage/total", "compute_mode", "ecc_mode/current_ecc")
VITAL = (*ALWAYS, "mig_mode/current_mig")


def vital_paths(text: str) -> set[str]:
    """The elements of a healthy output without which a GPU must not pass."""
    root = ElementTree.fromstring(text[text.index("<nvidia_smi_log") :])
    first = root.find("gpu")
    assert first is not None
    named = {path for path, value in _leaves(first) if value.lower() not in NO_VALUE}
    by_state = {path for path in named if path.startswith("ecc_errors/volatile/") and "uncorrectable" in path}
    by_state |= {
        path for path in named if re.fullmatch(r"remapped_rows/remapped_row_(pending|failure)|retired_pages/pending_retirement", path)
    }
    # Of a share of a GPU nothing is known, so that nothing more is asked of it.
    return {path for path in VITAL if path in dict(_leaves(first))} | (set() if "-3Q" in text else by_state)


def wrong_neuron(text: str, expected: Expectation) -> str:
    """What is wrong with a list of Neuron devices that has passed; empty if nothing is."""
    found = _json_devices(text) or _table_devices(text)
    if len(found) != expected.count or len({each["index"] for each in found}) != len(found):
        return f"devices: {[each['index'] for each in found]}"
    for each in found:
        if each["cores"] != expected.cores or abs(each["mib"] - (expected.memory_mib or 0)) * 10 > (expected.memory_mib or 0):
            return f"device: {each}"
        if len(set(each["linked"]) - {each["index"]}) < (expected.links or 0):
            return f"links: {each}"
    return ""


def _json_devices(text: str) -> list[dict]:
    """The devices of the first whole JSON document, by trying every line that may begin one."""
    for match in re.finditer(r"^[ \t]*(?=[\[{])", text, re.MULTILINE):
        try:
            document = json.JSONDecoder().raw_decode(text, match.end())[0]
        except (ValueError, RecursionError):
            continue
        lists = [document] if isinstance(document, list) else [each for each in document.values() if isinstance(each, list)]
        for devices_ in lists:
            if devices_ and all(isinstance(each, dict) and "neuron_device" in each for each in devices_):
                # SDK 2.34 says once, beside the list, what all devices have.
                shared = document if isinstance(document, dict) else {}
                return [_json_device({**shared, **each}) for each in devices_]
    return []


def _json_device(value: dict) -> dict:
    linked = value.get("connected_to")
    return {
        "index": value["neuron_device"],
        "cores": value.get("nc_count", 0) * value.get("logical_neuroncore_config", 1),
        "mib": value.get("memory_size", 0) >> 20,
        # Of a device that is alone, nothing depends on it.
        "linked": linked if isinstance(linked, list) else [],
    }


def _table_devices(text: str) -> list[dict]:
    """The rows whose first cell is a number; the cells are found by what they look like."""
    logical = re.search(r"^logical-neuroncore-config: *([0-9]+)", text, re.MULTILINE)
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in text.splitlines() if re.match(r"\s*\| *[0-9]", line)]
    return [
        {
            "index": int(row[0]),
            "cores": int(row[1]) * (int(logical[1]) if logical else 1),
            "mib": next(int(cell.split()[0]) << 10 for cell in row if re.fullmatch("[0-9]+ ?GB", cell)),
            "linked": next((list(map(int, cell.split(","))) for cell in row[3:] if re.fullmatch("[0-9]+(, *[0-9]+)+", cell)), []),
        }
        for row in rows
    ]


class Target:
    """One healthy output, and what is known of it."""

    def __init__(self, instance_type: str, form: Form) -> None:
        self.name, self.form = f"{instance_type}, {form.name}", form
        self.instance_type, self.expected = instance_type, expectation(instance_type, {})
        self.text = form.text(devices(instance_type))
        self.driver = "".join(re.findall("(?:driver|kmd)_version>([0-9]+)", self.text)[:1])
        self.vital = vital_paths(self.text) if form.accelerator == "nvidia" else set()

    def wrong(self, text: str) -> str:
        """What is wrong with an output that has passed, by another reader."""
        if self.form.accelerator == "neuron":
            return wrong_neuron(text, self.expected)
        return wrong_xml(text, self.vital, self.expected, self.driver)


def targets() -> list[Target]:
    return [Target(name, form) for name, form in CASES if name in TYPES]


def attack(rounds: int, seed: int) -> dict[str, int]:
    """Damage outputs, and return how many of each damage have passed; a false pass or a crash fails the test."""
    dice, aims, passed = random.Random(seed), targets(), dict.fromkeys((each.__name__ for each in DAMAGES), 0)
    for number in range(rounds):
        aim, damages = dice.choice(aims), dice.choices(DAMAGES, k=dice.choice((1, 1, 1, 2, 3)))
        text = aim.text
        for damage in damages:
            text = damage(text, dice) if text.strip() else text
        if verdict(aim.instance_type, text).verdict == "passed":
            names = ", ".join(each.__name__ for each in damages)
            assert not (wrong := aim.wrong(text)), f"round {number} of seed {seed}: {aim.name} passed after {names}: {wrong}"
            passed[damages[0].__name__] += 1
    return passed


def test_no_damaged_output_is_a_false_pass_or_a_crash():
    passed = attack(SLICE, SEED)
    # The other reader has had something to do, after damages of every kind of value.
    assert sum(passed.values()) > SLICE // 20
    assert all(passed[name] for name in ("say", "swap_values", "digit", "swap_lines"))


@pytest.mark.proof
@pytest.mark.parametrize("part", range(10))
def test_none_of_a_hundred_thousand_damaged_outputs_is_a_false_pass_or_a_crash(part):
    attack(ROUNDS // 10, SEED + 1 + part)


@pytest.mark.parametrize("aim", targets(), ids=lambda aim: aim.name)
def test_output_that_is_cut_anywhere_never_passes(aim):
    dice = random.Random(SEED)
    for _each in range(40):
        text = aim.text.rstrip()[: dice.randrange(len(aim.text.rstrip()) - 1)]
        assert verdict(aim.instance_type, text).verdict != "passed"


@pytest.mark.parametrize("aim", targets(), ids=lambda aim: aim.name)
def test_the_other_reader_finds_nothing_wrong_with_healthy_output(aim):
    assert aim.wrong(aim.text) == ""


@pytest.mark.parametrize("instance_type", ["g4dn.xlarge", "trn1.2xlarge"])
def test_any_bytes_have_a_verdict(instance_type):
    """Judging is total: whatever a container prints, with whatever exit code, gets a verdict and a reason."""
    dice = random.Random(SEED)
    for _each in range(300):
        data = bytes(dice.randrange(256) for _byte in range(dice.choice((0, 1, 7, 300))))
        head = dice.choice((b"", b"<?xml", b"<nvidia_smi_log>", b"[{", b'{"neuron_devices": [', b"+---+\n|"))
        log = (head + data).decode("utf-8", "replace")
        result = verdict(instance_type, log, dice.choice((0, 0, 1, 14, 137, 255, -1, 70000)))
        assert result.verdict == "failed"
        assert all(each.check and each.expected and each.found and each.next_step and each.remedy.action for each in result.findings)


HOSTILE = {
    "a name of megabytes": lambda: f"<nvidia_smi_log><{'a' * 4_000_000}>{'<b>0</b>' * 1000}</{'a' * 4_000_000}></nvidia_smi_log>",
    "a million elements": lambda: f"<nvidia_smi_log><gpu>{'<a>0</a>' * 1_000_000}</gpu></nvidia_smi_log>",
    "deep elements": lambda: f"<nvidia_smi_log><gpu>{'<a>' * 900_000}{'</a>' * 900_000}</gpu></nvidia_smi_log>",
    "one long value": lambda: f"<nvidia_smi_log><gpu><uuid>{'x' * 7_000_000}</uuid></gpu></nvidia_smi_log>",
    "more than is read": lambda: "x" * (MAX_OUTPUT_CHARACTERS + 1),
    "deep lists": lambda: "[" * 4_000_000,
    "many lists": lambda: "[1]\n" * 1_500_000,
    "many devices": lambda: json.dumps([{"neuron_device": each, "nc_count": 2} for each in range(150_000)]),
    "a wide table": lambda: f"+-+\n|{'a|' * 3_000_000}\n+-+\n| 0 |\n+-+\n",
    "many rules": lambda: "+-+\n" * 1_500_000,
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("instance_type", ["g4dn.xlarge", "trn1.2xlarge"])
def test_hostile_output_takes_bounded_memory(name, instance_type):
    log = HOSTILE[name]()
    tracemalloc.start()
    try:
        assert verdict(instance_type, log).verdict == "failed"
        assert tracemalloc.get_traced_memory()[1] < 400 * 1024 * 1024
    finally:
        tracemalloc.stop()


def test_the_damages_reach_every_form_of_output():
    assert {aim.form.name for aim in targets()} == {form.name for _name, form in CASES}
    assert neuron_ls.SDKS and nvidia_smi.DRIVERS
