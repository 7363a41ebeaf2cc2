# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the cluster answers, is of a version that Karpenter supports, and lets nodes in: pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from ansible_collections.accelerated.nodes.plugins.module_utils.charts._karpenter_versions import FIRST_BY_KUBERNETES, parts
from ansible_collections.accelerated.nodes.plugins.module_utils.common._text import dotted, version
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._check import (
    ERROR,
    NOT_CHECKED,
    WARNING,
    Check,
    Facts,
    Finding,
    Judgement,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._plan import Plan

FIRST_KARPENTER = {version(kubernetes): first for kubernetes, first in FIRST_BY_KUBERNETES.items()}
COMPATIBILITY = "https://karpenter.sh/docs/upgrading/compatibility/"

# Authentication mode of a cluster -> the way to let nodes in that it does not know.
# Source: https://docs.aws.amazon.com/eks/latest/userguide/setting-up-access-entries.html
UNKNOWN_ACCESS = {"CONFIG_MAP": "access_entry", "API": "aws_auth"}


def kubernetes_version(plan: Plan, facts: Facts) -> Judgement:
    """Whether the API server answers, and the chosen Karpenter supports the version that it says it has."""
    server = facts["server"]
    if server["problem"]:
        return Judgement(
            "no answer", [Finding(ERROR, server["problem"], "the cluster's API server", "Nothing in the cluster was looked at.")]
        )
    minor, chosen = version(server["version"])[:2], parts(plan.karpenter_version) or ()
    where = f"API server {server['host']}"
    saw = f"Kubernetes {server['version']}, Karpenter {plan.karpenter_version}"
    if minor > max(FIRST_KARPENTER):
        what = f"Kubernetes {dotted(minor)} is newer than the versions that this collection knows Karpenter to support."
        step = f"Look at {COMPATIBILITY}, and choose a Karpenter that supports it (karpenter_chart_version)."
        return Judgement(saw, [Finding(WARNING, what, where, step)])
    if minor not in FIRST_KARPENTER:
        what = f"Kubernetes {dotted(minor)} is older than {dotted(min(FIRST_KARPENTER))}, the first that this collection is for."
        return Judgement(saw, [Finding(ERROR, what, where, "Upgrade the cluster first.")])
    first = FIRST_KARPENTER[minor]
    if chosen >= first:
        return Judgement(saw, [])
    what = f"Karpenter {plan.karpenter_version} does not support Kubernetes {dotted(minor)}, which needs {dotted(first)} or later."
    step = f"Set karpenter_chart_version and eks_prerequisites_karpenter_version to {dotted(first)} or later ({COMPATIBILITY})."
    return Judgement(saw, [Finding(ERROR, what, where, step)])


def cluster_state(plan: Plan, facts: Facts) -> Judgement:
    """Whether the cluster is active, and which Kubernetes it has there."""
    cluster = facts["cluster"]
    status = cluster["status"]
    saw = f"{status}, Kubernetes {cluster['version']}, {plan.region}"
    if status == "ACTIVE":
        return Judgement(saw, [])
    what = f"The cluster is in state {status}, in which EKS changes nothing of it."
    return Judgement(saw, [Finding(ERROR, what, f"EKS cluster {plan.cluster_name}", "Run this again when it is ACTIVE.")])


def kubeconfig(plan: Plan, facts: Facts) -> Judgement:
    """Whether the kubeconfig leads to the cluster that is meant."""
    server, cluster = facts["server"], facts["cluster"]
    if server["problem"]:
        step = "Mend what kubernetes_version tells, and run this again."
        return Judgement("no answer", [Finding(NOT_CHECKED, "The API server does not answer.", "the cluster's API server", step)])
    seen, meant = _host(server["host"]), _host(cluster["endpoint"] or "")
    if seen == meant:
        return Judgement(seen, [])
    what = f"The kubeconfig leads to {seen}, and the endpoint of EKS cluster {plan.cluster_name} is {meant}: they may be two clusters."
    step = f"Unless it is a proxy, correct eks_kubeconfig and eks_context: `aws eks update-kubeconfig --name {plan.cluster_name} --region {plan.region}`."
    return Judgement(seen, [Finding(WARNING, what, "eks_kubeconfig", step)])


def _host(url: str) -> str:
    """Host and port of a URL, in one spelling."""
    return url.partition("://")[2].partition("/")[0].lower().removesuffix(":443")


def authentication_mode(plan: Plan, facts: Facts) -> Judgement:
    """Whether the cluster knows the way by which nodes are to be let in."""
    mode = facts["cluster"]["authentication_mode"]
    access = ("aws_auth" if mode == "CONFIG_MAP" else "access_entry") if plan.node_access == "auto" else plan.node_access
    where, saw = f"EKS cluster {plan.cluster_name}", f"{mode}, nodes by {access}"
    if access == UNKNOWN_ACCESS.get(mode):
        what = f"Authentication mode {mode} does not know {access}, which eks_prerequisites_node_access asks for: no node would join."
        return Judgement(saw, [Finding(ERROR, what, where, "Set eks_prerequisites_node_access to auto.")])
    if mode == "CONFIG_MAP":
        what = "The cluster knows no access entries, so that the node role has to be mapped in the ConfigMap aws-auth."
        step = (
            f"None is needed; better is `aws eks update-cluster-config --name {plan.cluster_name} --region {plan.region} --access-config"
            " authenticationMode=API_AND_CONFIG_MAP`, which cannot be undone."
        )
        return Judgement(saw, [Finding(WARNING, what, where, step)])
    return Judgement(saw, [])


CHECKS = (
    Check(
        "cluster",
        "Is the EKS cluster there and active?",
        ("cluster",),
        "it is not active",
        "",
        ("eks:DescribeCluster", "eks:ListAddons", "ec2:DescribeSubnets", "ec2:DescribeRouteTables"),
        cluster_state,
    ),
    Check(
        "kubernetes_version",
        "Does the API server answer, and does the chosen Karpenter support its version?",
        ("server",),
        "it does not answer; the version needs a newer Karpenter",
        "the version is newer than the table",
        (),
        kubernetes_version,
    ),
    Check(
        "kubeconfig",
        "Does the kubeconfig lead to the EKS cluster of that name?",
        ("cluster", "server"),
        "",
        "its server is not the cluster's endpoint",
        ("eks:DescribeCluster",),
        kubeconfig,
    ),
    Check(
        "authentication_mode",
        "Does the cluster know the way by which nodes are to be let in?",
        ("cluster",),
        "eks_prerequisites_node_access is one that the mode does not know",
        "the mode is CONFIG_MAP",
        ("eks:DescribeCluster",),
        authentication_mode,
    ),
)
