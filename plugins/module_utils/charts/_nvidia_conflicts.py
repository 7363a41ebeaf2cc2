# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What would put two of NVIDIA's device plugins on one node: both methods at once, or Bottlerocket, which brings its own. Pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._accelerators import ACCELERATORS
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._plugin_causes import registers
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._node_pools import node_labels, sound_pools
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._pools import Pool

DEVICE_PLUGIN = "device_plugin"
GPU_OPERATOR = "gpu_operator"
NAMES = {DEVICE_PLUGIN: "NVIDIA's device plugin", GPU_OPERATOR: "the GPU Operator"}
# Label of a node by which each method stays away from it, and the value that says so.
PRESENT = "nvidia.com/gpu.present"
OPT_OUT = {DEVICE_PLUGIN: PRESENT, GPU_OPERATOR: "nvidia.com/gpu.deploy.operands"}

Object = Mapping[str, Any]


class Plan(NamedTuple):
    """A NodePool as it is or is to be: its nodes' labels, whether it picks GPUs, and its class with what it launches."""

    name: str
    labels: Mapping[str, str]
    picks_gpus: bool
    class_name: str
    class_spec: Mapping[str, Any]


def conflicts(method: str, definitions: Any, ami_family: str, objects: Iterable[Object]) -> list[str]:
    """Return a sentence for each thing that would put a second device plugin on a node.

    Args:
        method: The method that is to be installed.
        definitions: The pools that are to be made; what is wrong with them is told elsewhere, and passed over here.
        ami_family: The family of images that pools have which name none.
        objects: The cluster's Deployments, DaemonSets, NodePools and EC2NodeClasses.
    """
    found = list(objects)
    classes = {each["metadata"]["name"]: each["spec"] for each in found if each["kind"] == "EC2NodeClass"}
    planned = [_planned(each, ami_family, classes) for each in sound_pools(definitions if isinstance(definitions, list) else [])]
    names = {plan.name for plan in planned}
    live = [_live(each, classes) for each in found if each["kind"] == "NodePool" and each["metadata"]["name"] not in names]
    return [*_other_method(method, found), *_bottlerocket(method, [*planned, *live])]


def _other_method(method: str, objects: Iterable[Object]) -> Iterator[str]:
    other, is_other = (GPU_OPERATOR, _is_operator) if method == DEVICE_PLUGIN else (DEVICE_PLUGIN, _is_plugin)
    for each in filter(is_other, objects):
        meta = each["metadata"]
        yield (
            f"nvidia_method is '{method}', and {NAMES[other]} is installed ({each['kind']} {meta['namespace']}/{meta['name']}): two device"
            f" plugins on one node take its GPUs from each other. Set nvidia_method to {other}, or remove what is installed first:"
            f" {_removal(each)}."
        )


def _is_operator(workload: Object) -> bool:
    containers = _template(workload).get("containers") or []
    images = (str(each.get("image", "")).rpartition("/")[2] for each in containers)
    return workload["kind"] == "Deployment" and any(image.partition(":")[0] == "gpu-operator" for image in images)


def _is_plugin(workload: Object) -> bool:
    """Whether it is a DaemonSet of the plugin that the GPU Operator has not made: of a chart, or of a manifest."""
    if workload["kind"] != "DaemonSet" or not registers(workload["spec"]["template"], ACCELERATORS["nvidia"]):
        return False
    owners = (each["kind"] for each in workload["metadata"].get("ownerReferences") or [])
    labels = workload["spec"]["template"]["metadata"].get("labels") or {}
    return "ClusterPolicy" not in owners and labels.get("app") != "nvidia-device-plugin-daemonset"


def _template(workload: Object) -> Mapping[str, Any]:
    return workload["spec"].get("template", {}).get("spec") or {}


def _removal(workload: Object) -> str:
    meta = workload["metadata"]
    notes = meta.get("annotations") or {}
    if "meta.helm.sh/release-name" in notes:
        namespace = notes.get("meta.helm.sh/release-namespace", meta["namespace"])
        return f"'helm -n {namespace} uninstall {notes['meta.helm.sh/release-name']}'"
    return f"'kubectl -n {meta['namespace']} delete {workload['kind'].lower()} {meta['name']}'"


def _planned(pool: Pool, ami_family: str, classes: Mapping[str, Any]) -> Plan:
    description = pool.description
    own = node_labels(pool, description.get("ami_alias") or ami_family)
    alias = {"amiSelectorTerms": [{"alias": description.get("ami_alias") or f"{ami_family}@"}]}
    if pool.auto_mode:
        return Plan(pool.name, own, "nvidia" in pool.kinds, pool.node_class, {})
    spec = classes.get(pool.node_class, {}) if "node_class" in description else {**alias, **description.get("node_class_spec", {})}
    return Plan(pool.name, own, "nvidia" in pool.kinds, pool.node_class, spec)


def _live(node_pool: Object, classes: Mapping[str, Any]) -> Plan:
    template = node_pool["spec"]["template"]
    name, spec = node_pool["metadata"]["name"], template["spec"]
    pool = Pool.from_description({"name": name, "requirements": spec.get("requirements") or []})
    labels = (template.get("metadata") or {}).get("labels") or {}
    class_name = spec["nodeClassRef"]["name"]
    return Plan(name, labels, "nvidia" in pool.kinds, class_name, classes.get(class_name, {}))


def _bottlerocket(method: str, plans: Iterable[Plan]) -> Iterator[str]:
    for plan in plans:
        image = _bottlerocket_image(plan.class_spec)
        if image and _reaches(method, plan):
            yield (
                f"NodePool '{plan.name}' launches Bottlerocket (EC2NodeClass '{plan.class_name}', {image}), which brings a device plugin of"
                f" its own, and a second one, by nvidia_method '{method}', keeps CUDA from working there: give the pool the label"
                f' {OPT_OUT[method]}: "false", or leave the role nvidia out where all GPU nodes are Bottlerocket.'
            )


def _bottlerocket_image(spec: Mapping[str, Any]) -> str:
    aliases = [str(each.get("alias", "")) for each in spec.get("amiSelectorTerms") or []]
    named = next((alias for alias in aliases if alias.startswith("bottlerocket@")), "")
    if named:
        return f"alias {named.rstrip('@')}"
    return "amiFamily Bottlerocket" if spec.get("amiFamily") == "Bottlerocket" else ""


def _reaches(method: str, plan: Plan) -> bool:
    """Whether the method's device plugin would run on the pool's nodes."""
    if method == DEVICE_PLUGIN:
        return plan.labels.get(PRESENT) == "true"
    return (plan.picks_gpus or plan.labels.get(PRESENT) == "true") and plan.labels.get(OPT_OUT[method]) != "false"
