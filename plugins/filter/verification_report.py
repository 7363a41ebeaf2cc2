# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter verification_report: the results of accelerator_verify as a document."""

from __future__ import annotations

DOCUMENTATION = r"""
name: verification_report
short_description: Turn the results of accelerator_verify into a report
version_added: 0.1.0
author: The accelerated.nodes authors
description:
  - Renders what M(accelerated.nodes.accelerator_verify) returned, or failed with, as one document.
  - Whatever nodes wrote into the results is escaped; the HTML page loads nothing, and runs no script but its own.
positional: format
options:
  _input:
    description: The registered result of M(accelerated.nodes.accelerator_verify).
    type: dict
    required: true
  format:
    description:
      - V(html), one self-contained page for a person; V(markdown), a short summary; V(junit), JUnit XML for a pipeline; V(json), a document for
        programs, whose schema is docs/schemas/verification-report.schema.json.
      - V(lines), a list with a sentence for each node.
      - V(changes), a list with a sentence for what is not as it was in the run that was compared with; empty where none was to be.
      - V(conformance), evidence for the item C(cluster_autoscaling) of CNCF AI conformance, as YAML. Empty unless all nodes of a NodePool were
        asked for by the verification, and nodes of it were given back.
    type: str
    choices: [html, junit, json, lines, changes, markdown, conformance]
    default: html
  title:
    description: What was verified, such as the cluster's name. Shown in V(html) and V(markdown).
    type: str
    default: ''
  time:
    description: When it was verified. Shown in V(html) and V(markdown).
    type: str
    default: ''
"""

EXAMPLES = r"""
- name: Keep the report a person can look at
  ansible.builtin.copy:
    content: "{{ accelerators | accelerated.nodes.verification_report('html', title=eks_cluster_name) }}"
    dest: accelerators.html
    mode: "0644"

- name: Keep the report a pipeline reads
  ansible.builtin.copy:
    content: "{{ accelerators | accelerated.nodes.verification_report('junit') }}"
    dest: accelerators.xml
    mode: "0644"
"""

RETURN = r"""
_value:
  description: The document as text; with V(lines) and V(changes) a list of sentences.
  type: raw
"""

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
    """The filter itself; see DOCUMENTATION."""
    if not isinstance(result, Mapping) or not isinstance(result.get("nodes", []), list):
        raise AnsibleFilterError("verification_report wants the registered result of accelerated.nodes.accelerator_verify, a dictionary.")
    if format not in FORMATS:
        raise AnsibleFilterError(f"verification_report: format is '{format}', but must be one of {', '.join(FORMATS)}.")
    # Text of nodes: never to be taken for a template by whoever uses the document.
    return wrap_var(FORMATS[format](result, title, time))


class FilterModule:
    """Registers the filter with Ansible."""

    def filters(self):
        """Return the filters by name."""
        return {"verification_report": verification_report}
