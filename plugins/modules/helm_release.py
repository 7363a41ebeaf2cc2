#!/usr/bin/python
# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which runs on the controller and does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: helm_release
short_description: Install, upgrade or remove one Helm release, and refuse in one sentence
version_added: 0.1.0
author:
  - accelerated.nodes contributors (@accelerated-nodes)
description:
  - Runs M(kubernetes.core.helm) and turns what it says into a sentence that names the option, its value, Helm's reason and the next step.
  - Shows the chart and the values that change in diff mode, and tells what the release rolls out. Neither needs the helm-diff plugin.
  - Leaves a release alone that is deployed with this chart, version and values, as M(kubernetes.core.helm) does without the helm-diff plugin.
    Where the task runs on the controller, Helm's record in the cluster is enough to see that, and Helm is not run.
  - Made for the roles of this collection.
options:
  state:
    description:
      - V(present) installs or upgrades the release, V(absent) removes it.
      - V(checked) changes nothing. It asks the cluster for the release, pulls the chart and renders it with the values, so that what is
        wrong with any of them is said before anything is changed. As it needs Helm to run, use it with C(check_mode=false).
      - V(looked_at) changes nothing and runs no Helm. It says in RV(settled) whether V(present) would have anything to do or to wait for.
    type: str
    choices: [present, absent, checked, looked_at]
    default: present
  name:
    description: Name of the release.
    type: str
    required: true
  namespace:
    description: Namespace of the release.
    type: str
    required: true
  chart_ref:
    description: Chart as Helm takes it, an OCI address or a chart's name in O(chart_repo_url). Needed unless O(state=absent).
    type: str
  chart_repo_url:
    description: Chart repository that is not an OCI registry.
    type: str
  chart_version:
    description: Version of the chart. A leading C(v) is dropped, as most charts are published without it.
    type: str
  exact_version:
    description: Take O(chart_version) as it is written, for a chart that is published with a leading C(v).
    type: bool
    default: false
  plain_http:
    description: Whether the registry speaks plain HTTP.
    type: bool
    default: false
  skip_crds:
    description: Whether to leave out the chart's C(crds) folder, for a chart whose CRDs have a chart of their own.
    type: bool
    default: false
  values:
    description: Values for the chart.
    type: dict
    default: {}
  option:
    description: Prefix of the variables that the user sets, for messages. Messages name C(<option>_chart_ref) and the like.
    type: str
    default: helm_release
  chart_ref_option:
    description: Name of the variable that the user sets for O(chart_ref), for messages. Defaults to C(<option>_chart_ref).
    type: str
  mend_pending:
    description:
      - Whether to go on from a change of the release that a Helm run has begun and not ended, because it was cut off, so that the release is in
        state C(pending-install), C(pending-upgrade) or C(pending-rollback). Without it such a release is refused, as Helm refuses it.
      - The unfinished revision is noted as failed in Helm's own record, and what it had applied becomes what O(chart_ref) and O(values) want.
      - Do not use it while another Helm run may be under way.
    type: bool
    default: false
  mend_option:
    description: Name of the variable that the user sets for O(mend_pending), for messages.
    type: str
  objects:
    description: With O(state=checked), return also what the chart makes, RV(objects).
    type: bool
    default: false
extends_documentation_fragment:
  - kubernetes.core.helm_common_options
attributes:
  check_mode:
    description: Can run in C(check_mode) and return what would happen, without changing anything.
    support: full
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: full
requirements:
  - helm >= 3.14
  - kubernetes.core >= 6.6.0
seealso:
  - module: kubernetes.core.helm
"""

EXAMPLES = r"""
- name: Install NVIDIA's device plugin
  accelerated.nodes.helm_release:
    name: nvidia-device-plugin
    namespace: nvidia-device-plugin
    chart_ref: nvidia-device-plugin
    chart_repo_url: https://nvidia.github.io/k8s-device-plugin
    chart_version: 0.20.0
"""

RETURN = r"""
chart:
  description: The chart and its version that the release has now, or would have in check mode. Empty when it is absent.
  returned: success
  type: str
  sample: nvidia-device-plugin-0.20.0
workloads:
  description: What the release rolls out.
  returned: success
  type: list
  elements: dict
  sample:
    - kind: DaemonSet
      name: nvidia-device-plugin
      namespace: nvidia-device-plugin
rolling:
  description:
    - Those of RV(workloads) whose rollout has not been seen to be over. Where the task runs on the controller, none of them is named of which it
      is; elsewhere they all are.
  returned: when O(state=present) or O(state=absent)
  type: list
  elements: dict
settled:
  description:
    - Whether the release is deployed as it is wanted, and all that it rolls out is there. V(false) as well where that cannot be seen without
      running Helm or a module.
  returned: when O(state=looked_at)
  type: bool
objects:
  description:
    - What the chart makes, as far as it decides which rights its installation takes. Each C(apiVersion), C(kind), C(metadata) with name and
      namespace, C(rules) and C(roleRef) of what gives rights, and whether it is a C(hook).
  returned: when O(state=checked) and O(objects=true)
  type: list
  elements: dict
  sample:
    - apiVersion: apps/v1
      kind: DaemonSet
      metadata: {name: nvidia-device-plugin, namespace: nvidia-device-plugin}
      hook: false
"""
