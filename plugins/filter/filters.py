# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The collection's filters: each is documented by the YAML file of its name, and what it does is imported when it is first used.

Ansible imports every file of this folder, in each task that uses one filter of it. So this is the only one, and it imports nothing of ours.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

PLUGINS = "ansible_collections.accelerated.nodes.plugins."
#: Filter -> the module of ``plugins`` and the function that it is.
FILTERS = {
    "ami_family_problem": ("plugin_utils.filters._ami_releases", "ami_family_problem"),
    "automation_rbac": ("plugin_utils.filters._automation", "automation_rbac"),
    "aws_failure": ("module_utils.aws._refusals", "module_failure"),
    "feature_gate_problems": ("plugin_utils.filters._feature_gates", "feature_gate_problems"),
    "gpu_sharing_values": ("plugin_utils.filters._node_pools", "gpu_sharing_values"),
    "job_artifact": ("plugin_utils.filters._artifact", "job_artifact"),
    "job_reports": ("plugin_utils.filters._artifact", "job_reports"),
    "karpenter_crd_adoptions": ("module_utils.charts._karpenter_upgrade", "adoptions"),
    "karpenter_crd_essentials": ("module_utils.charts._karpenter_upgrade", "essentials"),
    "karpenter_image_problems": ("module_utils.charts._karpenter_image", "image_problems"),
    "karpenter_rights": ("module_utils.aws._karpenter_rights", "rights"),
    "karpenter_rights_changes": ("module_utils.aws._karpenter_rights", "changes"),
    "karpenter_role_objects": ("module_utils.charts._karpenter_roles", "role_objects"),
    "karpenter_saved": ("module_utils.charts._karpenter_upgrade", "saved"),
    "karpenter_upgrade_problems": ("module_utils.charts._karpenter_upgrade", "upgrade_problems"),
    "karpenter_version_problem": ("module_utils.charts._karpenter_versions", "version_problem"),
    "llmaz_manifests": ("plugin_utils.filters._llmaz", "llmaz_manifests"),
    "llmaz_problems": ("plugin_utils.filters._llmaz", "llmaz_problems"),
    "mirrored": ("plugin_utils.filters._mirror", "mirrored"),
    "named": ("plugin_utils.filters._names", "named"),
    "neuron_problems": ("plugin_utils.filters._neuron", "neuron_problems"),
    "node_pool": ("plugin_utils.filters._node_pools", "node_pool"),
    "node_pool_images": ("plugin_utils.filters._ami_releases", "node_pool_images"),
    "node_pool_objects": ("plugin_utils.filters._node_pools", "node_pool_objects"),
    "node_pool_problems": ("plugin_utils.filters._node_pools", "node_pool_problems"),
    "nvidia_conflicts": ("plugin_utils.filters._nvidia", "nvidia_conflicts"),
    "other_owners": ("module_utils.pools._owners", "other_owners"),
    "registry_problem": ("plugin_utils.filters._mirror", "registry_problem"),
    "stack_changes": ("module_utils.aws._stack", "stack_changes"),
    "stack_failure": ("module_utils.aws._stack", "stack_failure"),
    "text_list": ("plugin_utils.filters._text", "text_list"),
    "unready_pods": ("plugin_utils.filters._workloads", "unready_pods"),
    "unready_workload": ("plugin_utils.filters._workloads", "unready_workload"),
    "verification_report": ("plugin_utils.filters._report", "verification_report"),
}


class FilterModule:
    """Tells Ansible the filters' names."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {name: imported_when_used(*place) for name, place in FILTERS.items()}


def imported_when_used(module: str, function: str) -> Callable[..., Any]:
    """A function that is imported when it is first called."""

    def use(*values: Any, **options: Any) -> Any:
        return getattr(import_module(PLUGINS + module), function)(*values, **options)

    return use
