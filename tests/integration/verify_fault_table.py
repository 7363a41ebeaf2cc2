"""Faults of Jobs and devices under accelerator_verify: a row is a fault, and the verdict, check and words that its node must get.

What the lab simulates (tests/lab/README.md) are kubelets, tools and EC2; admission, quotas, the Job controller, the scheduler and
Karpenter with its interruption queue are the real programs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

PASSED, FAILED, BUSY, UNKNOWN = "passed", "failed", "busy", "unknown"
#: Seconds for one check, and for all of them.
CHECK_SECONDS, WAIT_SECONDS = 30, 120
#: NodePool of the rows -> its definition, as the role node_pools takes it.
POOLS = {
    "faults": {"instance_types": ["g6.xlarge"], "capacity_types": ["on-demand"]},
    "faults-spot": {"instance_types": ["g6.xlarge"], "capacity_types": ["spot"]},
    "faults-fabric": {"instance_types": ["p5.48xlarge"], "capacity_types": ["on-demand"]},
    "faults-neuron": {"instance_types": ["trn1.2xlarge"], "capacity_types": ["on-demand"]},
}
#: One more pool, of which there never is an instance.
DRY_POOL, DRY_TYPE = "faults-dry", "g6.2xlarge"
AGENT = "AcceleratedHardwareReady"


@dataclass(frozen=True)
class Row:
    """A fault.

    Attributes:
        faults: the lab's faults, with their arguments, on the row's node.
        check, words: of the finding that tells; a regular expression, of any case, for the words. Empty for a node without one.
        severity: that finding's.
        pool: where the row's node comes from.
        condition: reason and message of the EKS node monitoring agent's condition, False, on the Node.
        policy: what real admission does to the node's Job or pod: ``job``, ``pod`` (refused) or ``inject``.
        meanwhile: what happens once the check's pod runs: ``interrupt`` (its Spot instance), ``delete`` (its NodeClaim).
        held: whether another pod holds the node's devices.
        capacity: what the Node's capacity promises besides, by resource.
        published: the DRA driver that publishes the node's devices; empty for none.
    """

    name: str
    faults: Mapping[str, Mapping[str, str]]
    verdict: str
    check: str
    words: str
    severity: str = "error"
    pool: str = "faults"
    condition: tuple[str, str] | None = None
    policy: str = ""
    meanwhile: str = ""
    held: bool = field(default=False)
    capacity: Mapping[str, str] = field(default_factory=dict)
    published: str = ""


def says(text: str, code: int = 0, after: str = "") -> dict[str, dict[str, str]]:
    return {"tool-says": {"text": text, "exit-code": str(code), "after": after}}


def shows(path: str, value: str) -> dict[str, dict[str, str]]:
    return {"gpu-field": {"path": path, "value": value}}


HANGS = {"tool-hangs": {"no-timeout": "yes"}}
VOLATILE = "ecc_errors.volatile"

#: Sources of the device rows' words: NVIDIA's Xid catalog and nvidia-smi manual, and the EKS User Guide on node health issues.
ROWS = (
    Row("healthy", {}, PASSED, "", ""),
    # Devices and drivers
    Row("no devices", says("No devices were found\n", 6), FAILED, "tool", "exit code 6: the driver is loaded and sees no usable GPU"),
    Row("driver and library mismatch", {"driver-mismatch": {}}, FAILED, "tool", "exit code 18: .*of different versions"),
    Row("no permission", says("Failed to initialize NVML: Insufficient Permissions\n", 4), FAILED, "tool", "may not open the device"),
    Row("GPU lost, Xid 79", {"gpu-lost": {}}, FAILED, "tool", r"exit code 15: the GPU has fallen off the bus \(Xid 79\)"),
    Row("Xid 48", shows(f"{VOLATILE}.dram_uncorrectable", "1"), FAILED, "uncorrectable ECC errors", "1"),
    Row("Xid 94", shows(f"{VOLATILE}.sram_uncorrectable_secded", "1"), FAILED, "uncorrectable ECC errors", "sram"),
    Row("Xid 95", shows("gpu_recovery_action", "GPU Reset"), FAILED, "recovery action", "GPU Reset"),
    Row("Xid 63", shows("remapped_rows.remapped_row_pending", "Yes"), FAILED, "row remapping", "pending"),
    Row("Xid 64", shows("remapped_rows.remapped_row_failure", "Yes"), FAILED, "row remapping", "failure"),
    Row(
        "Xid that the agent alone tells of",
        {},
        PASSED,
        "contradiction",
        "NvidiaXID64Error.*Xid 64",
        "warning",
        condition=("NvidiaXID64Error", "Xid 64 was found in the kernel log"),
    ),
    Row("ECC errors", {"ecc-errors": {"errors": "3"}}, FAILED, "uncorrectable ECC errors", "3"),
    Row("a cell that says reset", shows("temperature.gpu_temp", "[GPU requires reset]"), FAILED, "readable", "GPU requires reset"),
    Row("fabric not ready", {"fabric-in-progress": {}}, FAILED, "fabric", "In Progress", pool="faults-fabric"),
    Row("EFA not offered", {}, FAILED, "EFA", "0", capacity={"vpc.amazonaws.com/efa": "1"}),
    Row(
        "served by DRA",
        {"plugin-finds-nothing": {"kind": "nvidia"}},
        UNKNOWN,
        "resource",
        "served by DRA: driver gpu.nvidia.com publishes 1 of 1",
        published="gpu.nvidia.com",
    ),
    Row("no Neuron devices", {"gpu-lost": {}}, FAILED, "tool", "Neuron driver shows no device", pool="faults-neuron"),
    # What the tool leaves behind
    Row("tool missing", {"tool-missing": {}}, FAILED, "tool", "exit code 127: the container has no such tool"),
    Row("exit code 14, good table", says("WARNING: infoROM is corrupted\n", 14, "yes"), FAILED, "tool", "exit code 14: the infoROM"),
    Row("exit code 0, bad table", says("| 0  ERR!  ERR! |\n"), FAILED, "output", "printed no XML"),
    Row("truncated log", {"truncated-log": {"bytes": "900"}}, FAILED, "output", "cut off|no end|does not end"),
    Row("enormous log", {"enormous-log": {"bytes": "6000000"}}, FAILED, "output", "more, of which the rest was not read"),
    Row("not UTF-8", {"binary-log": {}}, FAILED, "output", "printed no XML"),
    Row("XML entity bomb", {"entity-bomb": {}}, FAILED, "output", "declarations of its own"),
    Row("tool hangs", {"tool-hangs": {}}, FAILED, "tool", "exit code 124: the tool did not end in time"),
    # What becomes of the pod
    Row("pod's deadline", HANGS, UNKNOWN, "check", "DeadlineExceeded: Pod was active on the node longer than the specified deadline"),
    Row("image cannot be pulled", {"image-pull": {}}, UNKNOWN, "start", "ImagePullBackOff.*events: Failed: .*connection refused"),
    Row("sandbox never made", {"sandbox-fails": {}}, UNKNOWN, "check", "still pending at the deadline.*FailedCreatePodSandBox.*IP address"),
    Row("pod evicted", {"pod-evicted": {}}, UNKNOWN, "node", "the check's pod was evicted .*low on resource: memory"),
    Row("out of memory", {"oom-killed": {}}, UNKNOWN, "check", r"out of memory \(OOMKilled, exit code 137\)"),
    Row("logs not served", {"logs-not-served": {}}, UNKNOWN, "check", "LogUnreadable: .*500"),
    Row("devices held", {}, BUSY, "devices", "held by default/holder", held=True),
    # What becomes of the node
    Row("Spot interruption", HANGS, UNKNOWN, "node", "EC2 takes the Spot instance back", pool="faults-spot", meanwhile="interrupt"),
    Row("NodeClaim deleted", HANGS, UNKNOWN, "node", "the Node .* (being drained|being deleted|was deleted)", meanwhile="delete"),
    # What the API server does (real)
    Row("Job refused", {}, UNKNOWN, "admission", "Refused: .*no Job is to be here", policy="job"),
    Row("pod refused", {}, UNKNOWN, "admission", "FailedCreate: .*no pod is to be here", policy="pod"),
    Row("container injected", {}, PASSED, "pod", "sidecar too", "warning", policy="inject"),
)

#: ResourceQuota of a namespace of its own, by name -> what it leaves, and the words of the node there.
QUOTAS = {
    "no-jobs": ({"count/jobs.batch": "0"}, "QuotaExceeded: .*exceeded quota: no-jobs"),
    "no-pods": ({"pods": "0"}, "FailedCreate: .*exceeded quota: no-pods"),
}


def definitions() -> list[dict[str, object]]:
    """The NodePools, as the role node_pools takes them."""
    pools = {**POOLS, DRY_POOL: {"instance_types": [DRY_TYPE], "capacity_types": ["on-demand"]}}
    return [{"name": name, "allow_unlimited_accelerators": True, **pool} for name, pool in pools.items()]
