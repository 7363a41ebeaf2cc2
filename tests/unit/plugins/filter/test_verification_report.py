# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import json

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.accelerated.nodes.plugins.plugin_utils.filters._report import verification_report

NODE = {
    "name": "node-{{ 7 * 7 }}",
    "node_pool": "gpu",
    "instance_type": "g4dn.xlarge",
    "accelerator": "nvidia",
    "verdict": "passed",
    "findings": [],
    "devices": [],
    "driver_version": "",
    "duration": 1.0,
    "expected_devices": 1,
    "cuda_version": "",
}


@pytest.mark.parametrize("form", ["html", "junit", "json", "lines"])
def test_verification_report_in_each_form_names_the_node(form):
    assert "node-{{ 7 * 7 }}" in str(verification_report({"nodes": [NODE]}, form))


def test_verification_report_of_a_module_that_could_not_begin():
    result = {"failed": True, "msg": "no connection"}
    assert json.loads(verification_report(result, "json"))["message"] == "no connection"
    assert "no connection" in verification_report(result, "html", title="c", time="now")
    assert verification_report(result, "lines") == []


@pytest.mark.parametrize("result", [None, "text", [], {"nodes": "many"}])
def test_verification_report_refuses_what_is_no_result(result):
    with pytest.raises(AnsibleFilterError, match="registered result"):
        verification_report(result)


def test_verification_report_refuses_an_unknown_format():
    with pytest.raises(AnsibleFilterError, match="format is 'pdf'"):
        verification_report({"nodes": []}, "pdf")
