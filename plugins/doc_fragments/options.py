# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Options and attributes that several modules share, said once."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return what would happen, without changing anything.
    support: full
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: none
"""

    SELECTION = r"""
options:
  node_pools:
    description: Names of the NodePools whose NodeClaims are meant. Leave out for all.
    type: list
    elements: str
  label_selectors:
    description: Kubernetes label selectors; a NodeClaim must match each of them.
    type: list
    elements: str
  names:
    description:
      - Names of NodeClaims.
      - Karpenter replaces NodeClaims under new names, so O(node_pools) or O(label_selectors) are the better choice for a wait.
    type: list
    elements: str
"""

    OWNERS = r"""
options:
  pods:
    description:
      - Pods, as C(namespace/name) or a name in namespace V(default). Meant are the NodeClaims that they run on, or that Karpenter says
        they will run on.
      - Pods that have finished are left out. A wait for pods that have all finished ends early, unless others may follow them.
    type: list
    elements: str
  jobs:
    description: Jobs, as C(namespace/name) or a name in namespace V(default), whose pods are meant as in O(pods).
    type: list
    elements: str
"""

    PROGRESS = r"""
options:
  progress_file:
    description:
      - File on the host that runs the module, to which a line is appended at each change.
      - Set by the action plugin, which shows the lines as they come; not meant to be set by hand.
    type: path
"""

    LOOKS_AT_AWS = r"""
options: {}
attributes:
  check_mode:
    description: Can run in check mode; it never changes anything.
    support: full
  diff_mode:
    description: Changes nothing, so there is nothing to show.
    support: none
"""
