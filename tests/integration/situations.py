"""What can be wrong with a NodeClaim: a row a situation, with what makes it, who gives the reason, and what a wait must say.

A row is made on the lab with one pool of its own (named as the situation), one pod that asks for a node there, and faults
limited to that pool, so that many situations stand side by side.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.integration.lab_cluster import NODE_CLAIMS, NODE_CLASSES, NODE_POOLS, NODES, LabCluster, pod

Json = dict[str, Any]

#: Who gives the reason. The last two stand in for what only a cloud, or a Karpenter that is not out yet, can say.
KARPENTER, KUBERNETES, EMULATOR, INJECTED = "Karpenter", "Kubernetes", "the AWS emulator", "the API server, where it is injected"

NVIDIA, NEURON = "nvidia.com/gpu", "aws.amazon.com/neuron"
#: A type that is never refused: what one pool is refused, Karpenter holds back from every other for three minutes.
GPU = "g4dn.xlarge"
NODE_ROLE = "KarpenterNodeRole-lab"
DEFAULTS = {"cluster_name": "lab", "node_role": NODE_ROLE, "ami_alias": "al2023@v20261105"}

#: Whether what the system says has come to be in the cluster: (cluster, name of the situation).
Sign = Callable[[LabCluster, str], bool]
Act = Callable[[LabCluster, str], None]


@dataclass(frozen=True)
class Situation:
    """One row.

    Attributes:
        name: of the situation, its pool, its pod and its EC2NodeClass.
        reason: the verdict's.
        words: what its message must hold, in the system's own words.
        by: who gives the reason.
        sign: when it is there to be read.
        pool: its description, beside the name and the defaults; None where no pool is made.
        edit: changes the manifests that the collection's filter made of it.
        wants: what the pod requests; none for no pod.
        tolerates: the keys of the taints that the pod tolerates.
        faults: of the lab, each with its arguments; without a limit they get the pool's.
        options: of the module, beside the pool.
        first: what must be there before ``act`` brings the situation about.
        act: what brings it about, where manifests and faults do not.
        settled: its pod is made only once its pool is ready.
        before: what must be done before its pool and pod are made.
        undo: what undoes it.
        early: the wait ends before its deadline, as waiting cannot mend it.
        chancy: it comes about only if Karpenter sees two things at once.
        wave: situations of a wave stand side by side; those that change the whole cluster stand alone.
    """

    name: str
    reason: str
    words: tuple[str, ...]
    by: str
    sign: Sign
    pool: Mapping[str, Any] | None = field(default_factory=lambda: {"instance_types": [GPU]})
    edit: Callable[[list[Json]], None] = lambda manifests: None
    wants: Mapping[str, int] = field(default_factory=lambda: {NVIDIA: 1})
    tolerates: tuple[str, ...] = (NVIDIA, NEURON)
    faults: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    first: Sign | None = None
    act: Act | None = None
    before: Act | None = None
    undo: Act | None = None
    early: bool = False
    settled: bool = False
    chancy: bool = False
    wave: int = 0


def claim_says(condition: str, reason: str) -> Sign:
    """A NodeClaim of the pool has the condition, not True, with the reason."""
    return lambda cluster, name: any(_says(claim, condition, reason) for claim in cluster.claims(name))


def claim_is(condition: str) -> Sign:
    """A NodeClaim of the pool has the condition True."""
    return lambda cluster, name: any(_condition(claim, condition).get("status") == "True" for claim in cluster.claims(name))


def pool_says(condition: str, reason: str) -> Sign:
    """The NodePool has the condition, not True, with the reason."""
    return lambda cluster, name: _says(cluster.node_pool(name), condition, reason)


def class_says(condition: str, reason: str) -> Sign:
    """The EC2NodeClass has the condition, not True, with the reason."""
    return lambda cluster, name: _says(cluster.node_class(name), condition, reason)


def claim_event(reason: str, words: str = "") -> Sign:
    """An event of the reason was written about a NodeClaim of the pool, though it may be gone."""
    return lambda cluster, name: any(
        event.get("reason") == reason and event["involvedObject"].get("name", "").rpartition("-")[0] == name and words in event["message"]
        for event in cluster.events("NodeClaim")
    )


def pod_event(words: str) -> Sign:
    """Karpenter wrote on the pod why it makes no node for it."""
    return lambda cluster, name: any(
        event.get("reason") == "FailedScheduling" and event["involvedObject"].get("name", "") == name and words in event["message"]
        for event in cluster.events("Pod")
        if "karpenter" in (event.get("source") or {}).get("component", "") or "karpenter" in (event.get("reportingComponent") or "")
    )


def always(cluster: LabCluster, name: str) -> bool:
    """There is nothing to wait for."""
    return True


def _condition(obj: Json | None, condition: str) -> Json:
    found = ((obj or {}).get("status") or {}).get("conditions") or []
    return next((each for each in found if each["type"] == condition), {})


def _says(obj: Json | None, condition: str, reason: str) -> bool:
    found = _condition(obj, condition)
    return found.get("reason") == reason and found.get("status") != "True"


def spec_of(kind: str, **changes: Any) -> Callable[[list[Json]], None]:
    """An edit that sets fields of the spec of the manifest of a kind."""

    def edit(manifests: list[Json]) -> None:
        next(each for each in manifests if each["kind"] == kind)["spec"].update(changes)

    return edit


def template_of(**changes: Any) -> Callable[[list[Json]], None]:
    """An edit that sets fields of the NodePool's template, below its spec."""

    def edit(manifests: list[Json]) -> None:
        next(each for each in manifests if each["kind"] == "NodePool")["spec"]["template"]["spec"].update(changes)

    return edit


def without_class(manifests: list[Json]) -> None:
    """An edit that leaves the EC2NodeClass out."""
    manifests[:] = [each for each in manifests if each["kind"] != "EC2NodeClass"]


def without_gpu_label(manifests: list[Json]) -> None:
    """An edit that takes away what the NVIDIA chart's affinity asks for."""
    del next(each for each in manifests if each["kind"] == "NodePool")["spec"]["template"]["metadata"]["labels"]["nvidia.com/gpu.present"]


def share_with_a_cpu_pool(manifests: list[Json]) -> None:
    """An edit that lets a pool without GPUs use the class, too: of a class without any image that fits, Karpenter 1.14.3 makes nothing."""
    shared = copy.deepcopy(next(each for each in manifests if each["kind"] == "NodePool"))
    shared["metadata"]["name"] += "-cpu"
    types = {"key": "node.kubernetes.io/instance-type", "operator": "In", "values": ["m5.large"]}
    shared["spec"]["template"]["spec"]["requirements"] = [types]
    manifests.append(shared)


UNREGISTERED = claim_says("Initialized", "ResourceNotRegistered")
NOT_JOINED = claim_says("Registered", "NodeNotFound")

#: What lets a wait read how the cluster lets nodes in.
WITH_AWS = {"cluster_name": "lab", "region": "us-west-2"}

ON_NODES = (
    Situation(
        "plugin-missing",
        "DevicePluginMissing",
        ('Resource "aws.amazon.com/neuron" was requested but not registered',),
        KARPENTER,
        UNREGISTERED,
        pool={"instance_types": ["inf2.xlarge"]},
        wants={NEURON: 1},
    ),
    Situation(
        "plugin-crashes",
        "DevicePluginNotReady",
        ('Resource "nvidia.com/gpu" was requested but not registered', "CrashLoopBackOff"),
        KARPENTER,
        UNREGISTERED,
        faults={"plugin-missing": {}},
    ),
    Situation(
        "plugin-image",
        "DevicePluginNotReady",
        ('Resource "nvidia.com/gpu" was requested but not registered', "ImagePullBackOff"),
        KARPENTER,
        UNREGISTERED,
        faults={"plugin-image-pull": {}},
    ),
    Situation(
        "plugin-finds-nothing",
        "DevicePluginFindsNothing",
        ('Resource "nvidia.com/gpu" was requested but not registered',),
        KARPENTER,
        UNREGISTERED,
        faults={"plugin-finds-nothing": {}},
    ),
    Situation(
        "plugin-taint",
        "DevicePluginTaintNotTolerated",
        ('Resource "nvidia.com/gpu" was requested but not registered',),
        KARPENTER,
        UNREGISTERED,
        pool={"instance_types": [GPU], "taints": [{"key": "team", "value": "ml", "effect": "NoSchedule"}]},
        tolerates=(NVIDIA, "team"),
        early=True,
    ),
    Situation(
        "plugin-affinity",
        "DevicePluginNotScheduled",
        ('Resource "nvidia.com/gpu" was requested but not registered',),
        KARPENTER,
        UNREGISTERED,
        edit=without_gpu_label,
        early=True,
    ),
    Situation(
        "fewer-devices",
        "FewerAcceleratorsThanPromised",
        ("nvidia.com/gpu", "3", "4"),
        KUBERNETES,
        claim_is("Ready"),
        pool={"instance_types": ["g4dn.12xlarge"]},
        faults={"missing-device": {"count": "1"}},
    ),
    Situation(
        "startup-taint",
        "StartupTaintRemoverMissing",
        ('StartupTaint "example.com/agent:NoSchedule" still exists',),
        KARPENTER,
        claim_says("Initialized", "StartupTaintsExist"),
        pool={"instance_types": [GPU], "startup_taints": [{"key": "example.com/agent", "effect": "NoSchedule"}]},
    ),
    Situation(
        "no-cilium",
        "StartupTaintRemoverMissing",
        ('StartupTaint "node.cilium.io/agent-not-ready:NoExecute" still exists',),
        KARPENTER,
        claim_says("Initialized", "StartupTaintsExist"),
        pool={"instance_types": [GPU], "startup_taints": [{"key": "node.cilium.io/agent-not-ready", "effect": "NoExecute"}]},
        early=True,
    ),
    Situation(
        "kubelet-not-ready",
        "NodeNotReady",
        ("cni plugin not initialized",),
        KARPENTER,
        claim_says("Initialized", "NodeNotReady"),
        faults={"kubelet-not-ready": {}},
    ),
    Situation(
        "two-nodes",
        "MultipleNodesFound",
        ("matched multiple nodes",),
        KARPENTER,
        claim_says("Registered", "MultipleNodesFound"),
        faults={"twin-node": {}},
        early=True,
        chancy=True,
    ),
    Situation(
        "never-joins",
        "NodeNotFound",
        ("Node not registered with cluster",),
        KARPENTER,
        NOT_JOINED,
        faults={"node-never-joins": {}},
        options=WITH_AWS,
    ),
    Situation(
        "role-without-entry",
        "NodeRoleMismatch",
        ("Node not registered with cluster", "API_AND_CONFIG_MAP", "role/OtherNodeRole", "role/KarpenterNodeRole-lab"),
        KARPENTER,
        NOT_JOINED,
        pool={"instance_types": [GPU], "node_role": "OtherNodeRole"},
        before=lambda cluster, name: cluster.make_role("OtherNodeRole"),
        options=WITH_AWS,
        early=True,
    ),
    Situation(
        "entry-of-wrong-type",
        "AccessEntryWrongType",
        ("Node not registered with cluster", "role/StandardNodeRole", "STANDARD"),
        KARPENTER,
        NOT_JOINED,
        pool={"instance_types": [GPU], "node_role": "StandardNodeRole"},
        before=lambda cluster, name: cluster.make_role("StandardNodeRole", entry="STANDARD"),
        options=WITH_AWS,
        early=True,
    ),
)

#: Of claims that are going, waited for with the state absent.
ABSENT = {"state": "absent"}
#: A pool with room for one node: Karpenter would make another for the pod of one that goes.
FULL = {"instance_types": [GPU], "limits": {"cpu": 4}}
DRAINING = claim_says("Drained", "Draining")


#: A finalizer that nobody takes away.
HOLD = "example.com/hold"


def path_of(claim: Json) -> str:
    """Where a NodeClaim is."""
    return f"{NODE_CLAIMS}/{claim['metadata']['name']}"


def hold_by_budget(cluster: LabCluster, name: str) -> None:
    """A budget that lets no pod go; then the claim is deleted."""
    budget = {"minAvailable": 1, "selector": {"matchLabels": {"situation": name}}}
    cluster.apply({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": name}, "spec": budget})
    cluster.delete_claims(name)


def hold_by_annotation(cluster: LabCluster, name: str) -> None:
    """A pod that asks not to be disturbed; then the claim is deleted."""
    cluster.annotate_pod(name, "karpenter.sh/do-not-disrupt", "true")
    cluster.delete_claims(name)


def hold_by_finalizer(cluster: LabCluster, name: str) -> None:
    """A finalizer that nobody takes away; then the claim is deleted."""
    for claim in cluster.claims(name):
        cluster.set_finalizers(path_of(claim), [*claim["metadata"]["finalizers"], HOLD])
    cluster.delete_claims(name)


def let_go(cluster: LabCluster, name: str) -> None:
    """Take the finalizer and the budget away."""
    for claim in cluster.claims(name):
        cluster.set_finalizers(path_of(claim), [each for each in claim["metadata"].get("finalizers", []) if each != HOLD])
    cluster.delete(f"/apis/policy/v1/namespaces/default/poddisruptionbudgets/{name}")


def held_by_finalizer(cluster: LabCluster, name: str) -> bool:
    """Karpenter has done its part, and the claim is still there."""
    return any(claim["metadata"].get("finalizers") == [HOLD] for claim in cluster.claims(name))


GOING = (
    Situation(
        "held-by-budget",
        "Terminating",
        ("Draining", "default/held-by-budget"),
        KARPENTER,
        DRAINING,
        pool=FULL,
        options=ABSENT,
        first=claim_is("Ready"),
        act=hold_by_budget,
        undo=let_go,
    ),
    Situation(
        "held-by-pod",
        "Terminating",
        ("Draining", "pods still there: default/held-by-pod (karpenter.sh/do-not-disrupt)"),
        KARPENTER,
        DRAINING,
        pool=FULL,
        options=ABSENT,
        first=claim_is("Ready"),
        act=hold_by_annotation,
    ),
    Situation(
        "held-by-finalizer",
        "Terminating",
        ("example.com/hold",),
        KUBERNETES,
        held_by_finalizer,
        pool=FULL,
        options=ABSENT,
        first=claim_is("Ready"),
        act=hold_by_finalizer,
        undo=let_go,
    ),
)


def delete_pool(cluster: LabCluster, name: str) -> None:
    """The pool is deleted, and somebody's finalizer keeps it; then a pod asks for a node of it."""
    cluster.set_finalizers(f"{NODE_POOLS}/{name}", [HOLD])
    cluster.delete(f"{NODE_POOLS}/{name}")
    cluster.apply(pod(name, {NVIDIA: 1}, (NVIDIA,)))


def let_pool_go(cluster: LabCluster, name: str) -> None:
    """Take the finalizer away."""
    cluster.set_finalizers(f"{NODE_POOLS}/{name}", [])


def delete_node(cluster: LabCluster, name: str) -> None:
    """A Node is deleted past Karpenter: its finalizer was taken away, and somebody else's keeps the Node."""
    for claim in cluster.claims(name):
        path = f"{NODES}/{claim['status']['nodeName']}"
        cluster.set_finalizers(path, [HOLD])
        cluster.delete(path)


def let_node_go(cluster: LabCluster, name: str) -> None:
    """Take the finalizer away."""
    for claim in cluster.claims(name):
        cluster.set_finalizers(f"{NODES}/{claim['status']['nodeName']}", [])


#: What is deleted from under a wait.
DELETED = (
    Situation(
        "pool-deleted",
        "NodePoolTerminating",
        (f"kept by {HOLD}",),
        KUBERNETES,
        always,
        wants={},
        first=lambda cluster, name: cluster.is_ready(name),
        act=delete_pool,
        undo=let_pool_go,
        early=True,
    ),
    Situation(
        "class-deleted",
        "NodeClassTerminating",
        ("kept by karpenter.k8s.aws/termination",),
        KARPENTER,
        pool_says("NodeClassReady", "NodeClassTerminating"),
        pool=FULL,
        options={"count": 2},
        first=claim_is("Ready"),
        act=lambda cluster, name: cluster.delete(f"{NODE_CLASSES}/{name}"),
        early=True,
    ),
    Situation(
        "node-deleted",
        "NodeGone",
        (),
        KUBERNETES,
        claim_is("Ready"),
        pool=FULL,
        first=claim_is("Ready"),
        act=delete_node,
        undo=let_node_go,
    ),
)

ON_POOLS = (
    Situation("no-pool", "NodePoolNotFound", (), KUBERNETES, always, pool=None, wants={}, early=True),
    Situation(
        "no-class",
        "NodeClassNotFound",
        ("NodeClass not found on cluster",),
        KARPENTER,
        pool_says("NodeClassReady", "NodeClassNotFound"),
        edit=without_class,
        early=True,
    ),
    Situation(
        "invalid-pool",
        "NodePoolValidationFailed",
        ("duplicate taint Key/Effect pair",),
        KARPENTER,
        pool_says("ValidationSucceeded", "NodePoolValidationFailed"),
        edit=template_of(startupTaints=[{"key": NVIDIA, "effect": "NoSchedule"}]),
        early=True,
    ),
    Situation(
        "no-subnets",
        "SubnetsNotFound",
        ("SubnetSelector did not match any Subnets",),
        KARPENTER,
        class_says("SubnetsReady", "SubnetsNotFound"),
        pool={"instance_types": [GPU], "subnet_selector": [{"tags": {"karpenter.sh/discovery": "labb"}}]},
        early=True,
    ),
    Situation(
        "no-security-groups",
        "SecurityGroupsNotFound",
        ("SecurityGroupSelector did not match any SecurityGroups",),
        KARPENTER,
        class_says("SecurityGroupsReady", "SecurityGroupsNotFound"),
        pool={"instance_types": [GPU], "security_group_selector": [{"tags": {"karpenter.sh/discovery": "labb"}}]},
        early=True,
    ),
    Situation(
        "no-ami",
        "AMINotFound",
        ("AMISelector did not match any AMIs",),
        KARPENTER,
        class_says("AMIsReady", "AMINotFound"),
        edit=spec_of("EC2NodeClass", amiFamily="AL2023", amiSelectorTerms=[{"tags": {"team": "nobody"}}]),
        early=True,
    ),
    Situation(
        "ami-without-nvidia",
        "AcceleratorAMIMissing",
        ("amazon-eks-node-al2023-x86_64-standard",),
        KARPENTER,
        lambda cluster, name: _condition(cluster.node_class(name), "AMIsReady").get("status") == "True",
        pool={"instance_types": [GPU], "ami_alias": "al2023@v20260910"},
        edit=share_with_a_cpu_pool,
        faults={"ami-variant-missing": {"variant": "nvidia", "release": "v20260910"}},
        early=True,
    ),
    Situation(
        "ami-by-name",
        "AcceleratorAMIMissing",
        ("amazon-eks-node-al2023-x86_64-standard",),
        KARPENTER,
        UNREGISTERED,
        edit=spec_of(
            "EC2NodeClass",
            amiFamily="AL2023",
            amiSelectorTerms=[{"name": "amazon-eks-node-al2023-x86_64-standard-1.36-v20261105", "owner": "602401143452"}],
        ),
        early=True,
    ),
    Situation(
        "limit",
        "NodePoolLimitReached",
        ("exceed limits for nodepool",),
        KARPENTER,
        pod_event("exceed limits for nodepool"),
        pool={"instance_types": [GPU], "limits": {"cpu": 2}},
        early=True,
        settled=True,
    ),
    Situation(
        "no-type-fits",
        "NoInstanceTypeFits",
        ("no instance type",),
        KARPENTER,
        pod_event("no instance type"),
        wants={NVIDIA: 8},
        early=True,
        settled=True,
    ),
    Situation(
        "pod-taint",
        "PodTaintNotTolerated",
        ("did not tolerate taint", "team=ml:NoSchedule"),
        KARPENTER,
        pod_event("did not tolerate taint"),
        pool={"instance_types": [GPU], "taints": [{"key": "team", "value": "ml", "effect": "NoSchedule"}]},
        tolerates=(),
        early=True,
        settled=True,
    ),
)


def launch_error(name: str, reason: str, code: str, message: str, words: str, early: bool = False) -> Situation:
    """A launch that EC2 refuses for a reason that Karpenter writes on the NodeClaim.

    All of them in one wave: while a NodeClaim cannot be launched, Karpenter makes no others (Synced in pkg/controllers/state).
    """
    faults = {"launch-error": {"code": code, "message": message}}
    return Situation(name, reason, (words,), EMULATOR, claim_says("Launched", reason), faults=faults, early=early, settled=True, wave=1)


def no_capacity(name: str, reason: str, instance_type: str, fault: str, words: str, early: bool = False, **more: Any) -> Situation:
    """A launch that EC2 refuses in a way that Karpenter calls missing capacity; it deletes the NodeClaim at once."""
    pool = {"instance_types": [instance_type], **more}
    return Situation(
        name, reason, (words,), EMULATOR, claim_event("InsufficientCapacityError", words), pool=pool, faults={fault: {}}, early=early
    )


AT_EC2 = (
    no_capacity("capacity", "InsufficientCapacityError", "g5.xlarge", "no-capacity", "InsufficientInstanceCapacity"),
    no_capacity("quota", "VCPULimitExceeded", "g5.2xlarge", "quota", "VcpuLimitExceeded", early=True),
    no_capacity(
        "spot-quota", "SpotQuotaExceeded", "g5.4xlarge", "spot-quota", "MaxSpotInstanceCountExceeded", True, capacity_types=["spot"]
    ),
    # In one zone only: Karpenter holds a full subnet back from every pool.
    no_capacity(
        "no-addresses",
        "InsufficientFreeAddressesInSubnet",
        "g6e.16xlarge",
        "no-addresses",
        "InsufficientFreeAddressesInSubnet",
        zones=["us-west-2d"],
    ),
    Situation(
        "fleet-quota",
        "FleetQuotaExceeded",
        ("MaxFleetCountExceeded",),
        EMULATOR,
        claim_event("InsufficientCapacityError", "MaxFleetCountExceeded"),
        pool={"instance_types": ["g5.8xlarge"]},
        faults={"launch-error": {"code": "MaxFleetCountExceeded", "message": "You have reached the maximum number of fleets."}},
        early=True,
    ),
    Situation(
        "spot-role",
        "SpotSLRCreationFailed",
        ("ServiceLinkedRoleCreationNotPermitted",),
        EMULATOR,
        claim_event("InsufficientCapacityError", "ServiceLinkedRoleCreationNotPermitted"),
        pool={"instance_types": ["g5.16xlarge"], "capacity_types": ["spot"]},
        faults={"launch-error": {"code": "AuthFailure.ServiceLinkedRoleCreationNotPermitted"}},
        early=True,
    ),
    launch_error(
        "scp",
        "Unauthorized",
        "UnauthorizedOperation",
        "refused with an explicit deny in a service control policy",
        "due to a service control policy",
        early=True,
    ),
    launch_error(
        "ami-not-shared",
        "AMIAuthorizationFailure",
        "AuthFailure",
        "Not authorized for images: [ami-1]",
        "User is not authorized for AMI used in instance launch",
        early=True,
    ),
    launch_error(
        "two-vpcs",
        "SecurityGroupSubnetVPCMismatch",
        "InvalidParameter",
        "Security group sg-1 and subnet subnet-1 belong to different networks.",
        "must be in the same VPC",
        early=True,
    ),
    launch_error(
        "profile-gone",
        "InstanceProfileNameInvalid",
        "InvalidParameterValue",
        "Value (x) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name",
        "Instance profile name used from EC2NodeClass status does not exist",
        early=True,
    ),
    launch_error(
        "user-data",
        "UserDataSizeLimitExceeded",
        "InvalidUserData.Malformed",
        "User data is limited to 16384 bytes",
        "Rendered user data exceeds the EC2 user data size limit",
        early=True,
    ),
    launch_error(
        "ami-gone",
        "AMINotFound",
        "InvalidAMIID.NotFound",
        "The image id '[ami-1]' does not exist",
        "AMI used for instance launch either does not exist",
        early=True,
    ),
    launch_error("throttled", "RequestLimitExceeded", "RequestLimitExceeded", "Request limit exceeded.", "Request limit exceeded"),
    launch_error("ec2-fails", "InternalError", "InternalError", "An internal error has occurred", "An internal error has occurred"),
    launch_error(
        "free-tier",
        "FreeTierIneligible",
        "InvalidParameterCombination",
        "The specified instance type is not eligible for Free Tier.",
        "not eligible for Free Tier",
        early=True,
    ),
    launch_error(
        "pending-account",
        "AccountPendingVerification",
        "PendingVerification",
        "Your request for accessing resources in this region is being validated",
        "still being verified",
    ),
    launch_error("unheard-of", "LaunchFailed", "NeverHeardOf", "EC2 says something new", "Instance launch failed"),
    *(
        Situation(
            f"may-not-{action.replace('_', '-')}",
            reason,
            (f"Controller isn't authorized to call ec2:{called}",),
            EMULATOR,
            class_says("ValidationSucceeded", reason),
            faults={"unauthorized": {"action": action}},
            early=True,
        )
        for action, called, reason in (
            ("create_fleet", "CreateFleet", "CreateFleetAuthCheckFailed"),
            ("create_launch_template", "CreateLaunchTemplate", "CreateLaunchTemplateAuthCheckFailed"),
            ("run_instances", "RunInstances", "RunInstancesAuthCheckFailed"),
        )
    ),
)


def inject(cluster: LabCluster, name: str) -> None:
    """A NodeClaim of a class that Karpenter's AWS provider leaves alone, with a condition that no Karpenter writes today."""
    cluster.inject_claim(name, {"type": "Launched", "status": "Unknown", "reason": "FluxCapacitorEmpty", "message": "1.21 GW are missing"})


AT_THE_API_SERVER = (
    Situation(
        "unknown-reason",
        "FluxCapacitorEmpty",
        ("1.21 GW are missing",),
        INJECTED,
        claim_says("Launched", "FluxCapacitorEmpty"),
        wants={},
        first=always,
        act=inject,
    ),
)


def controller_gone(cluster: LabCluster, name: str) -> None:
    """Await that the controller has ended."""
    cluster.eventually(lambda: cluster.controller_is(running=False), "Karpenter's controller has ended")


def scale_to_zero(cluster: LabCluster, name: str) -> None:
    """As an operator does, and forgets."""
    cluster.scale_controller(0)
    controller_gone(cluster, name)


def controller_back(cluster: LabCluster, name: str) -> None:
    """Await that the controller runs again."""
    cluster.scale_controller(2)
    cluster.eventually(lambda: cluster.controller_is(running=True), "Karpenter's controller runs again")


#: Each alone: they change how every node joins, or whether Karpenter runs.
ALONE = (
    Situation(
        "no-entry",
        "AccessEntryMissing",
        ("Node not registered with cluster", "role/KarpenterNodeRole-lab", "none"),
        KARPENTER,
        NOT_JOINED,
        faults={"access-entry": {"type": "missing"}},
        options=WITH_AWS,
        early=True,
        wave=2,
    ),
    Situation(
        "no-mapping",
        "AwsAuthMappingMissing",
        ("Node not registered with cluster", "CONFIG_MAP", "role/KarpenterNodeRole-lab"),
        KARPENTER,
        NOT_JOINED,
        faults={"authentication-mode": {"mode": "CONFIG_MAP"}},
        options=WITH_AWS,
        early=True,
        wave=3,
    ),
    Situation(
        "controller-crashes",
        "ControllerNotRunning",
        ("CrashLoopBackOff",),
        KUBERNETES,
        always,
        faults={"controller-crashes": {}},
        before=controller_gone,
        undo=controller_back,
        wave=4,
    ),
    Situation(
        "controller-scaled-to-0",
        "ControllerNotRunning",
        ("0 of 0 pods",),
        KUBERNETES,
        always,
        before=scale_to_zero,
        undo=controller_back,
        wave=5,
    ),
)

SITUATIONS = (*ON_NODES, *GOING, *DELETED, *ON_POOLS, *AT_EC2, *AT_THE_API_SERVER, *ALONE)
