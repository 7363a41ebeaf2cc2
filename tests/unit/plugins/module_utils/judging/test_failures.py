# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a tool says beside its list, and the exit codes that NVIDIA documents; nvidia-smi's manual, "Return Value"."""

from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._failures import BY_EXIT_CODE, complaint, explain_failure
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._remedies import ACTIONS

from .listings import FORMS, devices, verdict

DOCUMENTED = (2, 3, 4, 6, 8, 9, 10, 12, 13, 14, 15, 255)
# nvmlReturn_t's that occur, the shell's and the runtime's, those of signals.
OTHERS = (16, 17, 18, 126, 127, 128, 134, 137, 139, 143)


@pytest.mark.parametrize("code", DOCUMENTED + OTHERS)
def test_every_exit_code_has_a_row_with_what_to_do(code):
    meaning, remedy = BY_EXIT_CODE[code]
    found = explain_failure(code, "")
    assert found.found == f"exit code {code}: {meaning}"
    assert remedy.action in ACTIONS and found.next_step.endswith(".")


FATAL = 'time="2026-11-22T12:00:00Z" level=fatal msg="Failed to load MLA system information" error="failed to discover Neuron devices"'
COMPLAINTS = [
    ("WARNING: infoROM is corrupted at gpu 0000:00:1E.0", "infoROM of a GPU is corrupted", "replace"),
    ("Unable to determine the device handle for GPU0000:17:00.0: Unknown Error", "does not answer", "replace"),
    (FATAL, "shows no device", "repair_software"),
    ('FATA[0000] something new error="x"', "calls this fatal", "watch"),
    ('time="x" level=fatal msg="something new"', "calls this fatal", "watch"),
]
HARMLESS = [
    "",
    "neuron-ls: unknown option: -j\nUsage:\n  neuron-ls [options]\n",
    'time="x" level=fatal msg="unknown shorthand flag: j in -j"',
    "FATA[0000] unknown flag: --output-format",
    'time="x" level=info msg="no such file or directory"',
]


@pytest.mark.parametrize(("line", "meaning", "action"), COMPLAINTS)
def test_complaint_beside_a_good_list_and_exit_code_0(line, meaning, action):
    found = complaint(f"first\n{line}\nlast")
    assert found is not None
    assert meaning in found.found and line[:60] in found.found
    assert found.remedy.action == action


@pytest.mark.parametrize("text", HARMLESS)
def test_complaint_finds_nothing_in_what_is_about_options_or_nothing(text):
    assert complaint(text) is None


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
@pytest.mark.parametrize("line", [COMPLAINTS[0][0], FATAL])
def test_a_complaint_fails_a_node_before_and_after_every_form_of_list(form, line):
    name = {"nvidia": "g4dn.xlarge", "neuron": "inf1.2xlarge"}[form.accelerator]
    text = form.text(devices(name))
    for log in (f"{line}\n{text}", f"{text}\n{line}\n"):
        result = verdict(name, log)
        assert (result.verdict, [each.check for each in result.findings]) == ("failed", ["tool"])
        assert result.inventory and result.inventory.around == ""
