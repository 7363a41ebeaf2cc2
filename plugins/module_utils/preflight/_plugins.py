# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether device plugins come to the pools' nodes, and only one to each: pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.charts._nvidia_conflicts import GPU_OPERATOR, OPT_OUT, conflicts
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._scheduling import repelling, taint_text
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._auto_mode import CLASS_GROUP
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._pools import Pool
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._check import ERROR, WARNING, Check, Facts, Finding, Judgement
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._plan import DevicePlugin, Plan, PlannedPool


def tolerations(plan: Plan, facts: Facts) -> Judgement:
    """Whether what a pool's nodes need tolerates their taints."""
    pairs = [
        (pool, plugin)
        for pool in plan.pools
        for plugin in plan.device_plugins
        if plugin.accelerator in pool.pool.kinds and _meant(pool, plan)
    ]
    findings = [finding for pool, plugin in pairs for finding in _repelled(pool, plugin)]
    return Judgement(f"{len(pairs)} pairs of pool and DaemonSet", findings)


def device_plugins(plan: Plan, facts: Facts) -> Judgement:
    """Whether a second device plugin of NVIDIA's would come to a node."""
    objects = facts["objects"]
    step = "Leave one of the two out, as the message says."
    found = [
        Finding(ERROR, each, "role nvidia", step)
        for each in conflicts(plan.nvidia_method, list(plan.definitions), plan.ami_family, objects)
    ]
    auto = sorted({*_planned_auto_pools(plan), *(each["metadata"]["name"] for each in objects if _is_auto_gpu_pool(each))})
    if plan.nvidia_method == GPU_OPERATOR and auto:
        what = f"The node pools {', '.join(auto)} are EKS Auto Mode's, whose nodes bring a device plugin, and the GPU Operator would add a second."
        auto_step = f'Give these pools the label {OPT_OUT[GPU_OPERATOR]}: "false".'
        found.append(Finding(ERROR, what, "role nvidia", auto_step))
    return Judgement("one for each node" if not found else "two on a node", found)


def auto_mode(plan: Plan, facts: Facts) -> Judgement:
    """Whether EKS Auto Mode runs a Karpenter of its own beside the one that is to be installed."""
    if not facts["cluster"]["auto_mode"]:
        return Judgement("off", [])
    what = (
        "EKS Auto Mode is on. It runs a Karpenter of its own, whose NodePools are of the same kind, and its nodes, which carry the label"
        " karpenter.sh/nodepool, do not take the pods of the one that is to be installed."
    )
    step = "Have a managed node group for Karpenter; node pools of the two are told apart by the group of their nodeClassRef."
    return Judgement("on", [Finding(WARNING, what, f"EKS cluster {plan.cluster_name}", step)])


def _meant(pool: PlannedPool, plan: Plan) -> bool:
    """Whether the plugin is to run there: not where the pool's labels keep it away, as on Bottlerocket, or EKS Auto Mode brings its own."""
    if pool.pool.auto_mode:
        return False
    labels = (pool.spec["template"].get("metadata") or {}).get("labels") or {}
    return "nvidia" not in pool.pool.kinds or str(labels.get(OPT_OUT[plan.nvidia_method])).lower() != "false"


def _repelled(pool: PlannedPool, plugin: DevicePlugin) -> Iterator[Finding]:
    taint = repelling({"tolerations": list(plugin.tolerations)}, pool.taints)
    if taint is None:
        return
    lost = (
        "no accelerator is ever registered there, and the nodes never get ready"
        if plugin.required
        else "their nodes lack what it says of them"
    )
    what = f"{plugin.name} does not tolerate the taint {taint_text(taint)} of the pool's nodes: {lost}."
    toleration = {name: value for name, value in (("key", taint["key"]), ("operator", "Exists")) if value}
    step = f"Add {_yaml(toleration)} to {plugin.option or 'its tolerations'}, or take the taint off the pool."
    yield Finding(ERROR if plugin.required else WARNING, what, f"node pool {pool.name}", step)


def _yaml(toleration: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{name}: {value}" for name, value in toleration.items()) + "}"


def _planned_auto_pools(plan: Plan) -> Iterator[str]:
    """Names of the pools of Auto Mode with GPUs that do not keep the GPU Operator away."""
    for pool in plan.pools:
        if pool.pool.auto_mode and "nvidia" in pool.pool.kinds and not _opts_out(pool.spec):
            yield pool.name


def _is_auto_gpu_pool(each: Mapping[str, Any]) -> bool:
    """The same of a NodePool that exists; Auto Mode has its own names of the labels by which a pool picks GPUs."""
    if each["kind"] != "NodePool" or (each["spec"]["template"]["spec"].get("nodeClassRef") or {}).get("group") != CLASS_GROUP:
        return False
    own = each["spec"]["template"]["spec"].get("requirements") or []
    picked = [{**item, "key": item["key"].replace(f"{CLASS_GROUP}/", "karpenter.k8s.aws/")} for item in own]
    pool = Pool.from_description({"name": each["metadata"]["name"], "requirements": picked})
    return "nvidia" in pool.kinds and not _opts_out(each["spec"])


def _opts_out(spec: Mapping[str, Any]) -> bool:
    labels = (spec["template"].get("metadata") or {}).get("labels") or {}
    return labels.get(OPT_OUT[GPU_OPERATOR]) == "false"


CHECKS = (
    Check(
        "tolerations",
        "Do device plugin, Node Feature Discovery and GPU Feature Discovery tolerate the pools' taints?",
        (),
        "the device plugin does not (with the GPU Operator, Node Feature Discovery neither)",
        "one of the others does not",
        (),
        tolerations,
    ),
    Check(
        "device_plugins",
        "Does only one device plugin come to each node?",
        ("objects",),
        "the GPU Operator stands beside the plugin, or a pool launches Bottlerocket or is EKS Auto Mode's, which bring one",
        "",
        ("list deployments.apps, daemonsets.apps, nodepools.karpenter.sh and ec2nodeclasses.karpenter.k8s.aws",),
        device_plugins,
    ),
    Check(
        "auto_mode",
        "Does EKS Auto Mode run a Karpenter of its own?",
        ("cluster",),
        "",
        "it does",
        ("eks:DescribeCluster",),
        auto_mode,
    ),
)
