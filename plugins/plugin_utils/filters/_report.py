# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The results of accelerator_verify as a document."""

from __future__ import annotations

import json
from collections.abc import Mapping

import yaml
from ansible.errors import AnsibleFilterError
from ansible.utils.unsafe_proxy import wrap_var
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._artifact import change_lines
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._conformance import autoscaling
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report import junit, report, sentence
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report_html import html_report
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report_markdown import markdown_report

FORMATS = {
    "html": html_report,
    "junit": lambda result, title, time: junit(result),
    "json": lambda result, title, time: json.dumps(report(result), indent=2, sort_keys=True) + "\n",
    "lines": lambda result, title, time: [sentence(each) for each in report(result)["nodes"]],
    "changes": lambda result, title, time: change_lines(result),
    "markdown": markdown_report,
    "conformance": lambda result, title, time: _conformance(result),
}


def _conformance(result):
    found = autoscaling(report(result))
    return yaml.safe_dump(found, sort_keys=False, allow_unicode=True) if found else ""


def verification_report(result, format="html", title="", time=""):
    """The filter itself, documented in plugins/filter/verification_report.yml."""
    if not isinstance(result, Mapping) or not isinstance(result.get("nodes", []), list):
        raise AnsibleFilterError("verification_report wants the registered result of accelerated.nodes.accelerator_verify, a dictionary.")
    if format not in FORMATS:
        raise AnsibleFilterError(f"verification_report: format is '{format}', but must be one of {', '.join(FORMATS)}.")
    # Text of nodes: never to be taken for a template by whoever uses the document.
    return wrap_var(FORMATS[format](result, title, time))
