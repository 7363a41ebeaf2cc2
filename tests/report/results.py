"""Results of accelerator_verify as an example: a fleet of three pools on which not all is well. Made up, and the same each time."""

from __future__ import annotations

import random
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / ".build" / "collections"))

from ansible_collections.accelerated.nodes.plugins.module_utils.depth._test_results import TestResult
from ansible_collections.accelerated.nodes.plugins.module_utils.judging import _remedies as remedies
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._findings import WARNING, Finding
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report import summary

ZONES = ("us-west-2a", "us-west-2b", "us-west-2d")
# Pool -> instance type, accelerator, devices, model, memory of one, cores of one.
POOLS: dict[str, tuple[str, str, int, str, int | None, int | None]] = {
    "h100-training": ("p5.48xlarge", "nvidia", 8, "NVIDIA H100 80GB HBM3", 81559, None),
    "l4-inference": ("g6.xlarge", "nvidia", 1, "NVIDIA L4", 23034, None),
    "trainium-trn1": ("trn1.32xlarge", "neuron", 16, "", 32768, 2),
}
NVIDIA_DRIVER, CUDA, NEURON_DRIVER = "580.126.09", "13.0", ""


def uuid(chance: random.Random) -> str:
    """A UUID as NVIDIA writes it."""
    digits = f"{chance.getrandbits(128):032x}"
    return "GPU-" + "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def device(pool: str, index: int, chance: random.Random) -> dict[str, Any]:
    """One healthy device."""
    _type, accelerator, _count, model, memory, cores = POOLS[pool]
    nvidia = accelerator == "nvidia"
    return {
        "index": index,
        "uuid": uuid(chance) if nvidia else "",
        "model": model,
        "memory_mib": memory,
        "cores": cores,
        "bus_id": f"0000:{0x53 + 17 * index % 160:02x}:00.0" if nvidia else f"00:{0x10 + index:02x}.0",
        "serial": f"{chance.randrange(10**12, 2 * 10**12)}" if nvidia else "",
        "ecc": "enabled" if nvidia else None,
    }


def passed_test(name: str, kind: str, value: float | None = None) -> dict[str, Any]:
    """One test that a node has passed."""
    return TestResult(name, kind, "passed", value=value, exit_code=0, seconds=12.0).to_dict()


def node(pool: str, number: int, chance: random.Random, **changes: Any) -> dict[str, Any]:
    """One node that has passed, but for the changes."""
    instance_type, accelerator, count, *_rest = POOLS[pool]
    nvidia = accelerator == "nvidia"
    made = {
        "name": f"ip-10-0-{chance.randrange(16, 144)}-{chance.randrange(4, 250)}.us-west-2.compute.internal",
        "node_claim": f"{pool}-{''.join(chance.choices('bcdfghjklmnpqrstvwxz2456789', k=5))}",
        "node_pool": pool,
        "instance_type": instance_type,
        "accelerator": accelerator,
        "verdict": "passed",
        "reason": "",
        "findings": [],
        "devices": [device(pool, index, chance) for index in range(count)],
        "said_by_others": [],
        "expected_devices": count,
        "driver_version": NVIDIA_DRIVER if nvidia else NEURON_DRIVER,
        "cuda_version": CUDA if nvidia else "",
        "duration": round(chance.uniform(2.4, 6.5), 1),
        "zone": ZONES[number % len(ZONES)],
        "looks": [1],
        "probe": "scheduled",
        "tests": [passed_test("isolation", "isolation"), passed_test("all-reduce", "compute", 463.2)] if count == 8 else [],
        "marked": [],
        "capacity_type": "spot" if pool == "l4-inference" else "on-demand",
    }
    return {**made, **changes}


def finding(*words: Any, **more: Any) -> dict[str, str]:
    """A finding as the module returns it."""
    return Finding(*words, **more).to_dict()


LOST = [finding("number of devices", "8 (by instance type, p5.48xlarge)", "7", remedies.REPLACE_MISSING)]
ECC = [
    finding(
        "uncorrectable ECC errors", "0 since the driver was loaded", "volatile SRAM uncorrectable: 3", remedies.RESET_DEVICE, device=each
    )
    for each in ("device 2 (0000:75:00.0)", "device 5 (0000:a8:00.0)")
]
CLOCKS = finding(
    "clocks",
    "not held down by the hardware",
    "hw_thermal_slowdown: Active",
    remedies.WATCH_CLOCKS,
    device="device 3 (0000:86:00.0)",
    severity=WARNING,
)
PLUGIN = finding("allocatable", "16 aws.amazon.com/neuron (by instance type, trn1.32xlarge)", "0", remedies.PLUGIN)
HOLDERS = finding("devices", "no other pod that holds them", "held by training/llama-finetune-0", remedies.VERIFY_LATER)
IMAGE = finding("start", "the check's container starts", "ErrImagePull: manifest unknown", remedies.PULL_IMAGE)
AGENT = {
    "source": "EKS node monitoring agent",
    "mark": "AcceleratedHardwareReady",
    "value": "False",
    "message": "NvidiaXID79Error: GPU has fallen off the bus",
    "healthy": False,
}
UNSEEN = {"tests": [], "looks": [], "devices": [], "driver_version": "", "cuda_version": ""}
# What is wrong with some of the nodes, by pool and number.
FAULTS: dict[tuple[str, int], dict[str, Any]] = {
    ("h100-training", 1): {
        "verdict": "failed",
        "findings": ECC,
        "tests": [],
        "marked": ["tainted accelerated.nodes/failed=uncorrectable-ECC-errors:NoSchedule"],
    },
    ("h100-training", 4): {"verdict": "failed", "findings": LOST, "tests": [], "said_by_others": [AGENT]},
    ("h100-training", 6): {"findings": [CLOCKS]},
    ("l4-inference", 3): {"verdict": "busy", "findings": [HOLDERS], **UNSEEN, "duration": 0.0},
    ("l4-inference", 8): {"verdict": "unknown", "findings": [IMAGE], **UNSEEN},
    ("l4-inference", 9): {"verdict": "excluded", "reason": "a repair is under way until Friday", **UNSEEN, "duration": 0.0},
    ("trainium-trn1", 2): {"verdict": "failed", "findings": [PLUGIN], **UNSEEN, "duration": 0.0},
}


def fleet(sizes: tuple[int, int, int] = (8, 12, 4), seed: int = 5) -> list[dict[str, Any]]:
    """The nodes of the three pools, so many of each."""
    chance = random.Random(seed)
    made = []
    for pool, size in zip(POOLS, sizes, strict=True):
        for number in range(size):
            changes = FAULTS.get((pool, number), {})
            each = node(pool, number, chance, **changes)
            if any(found["check"] == "number of devices" for found in each["findings"]):
                each["devices"] = each["devices"][:-1]
            made.append(each)
    return made


def result(nodes: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """What the module returns, or fails with."""
    counts = summary(nodes)
    message = "" if counts["outcome"] == "passed" else counts["text"][:1].upper() + counts["text"][1:] + "."
    return {"nodes": nodes, "summary": counts, "leftovers": [], **({"msg": message} if message else {}), **more}


# The whole pool of Trainium nodes was asked for by the run.
PROVISIONED = [
    {
        "node_pool": each["node_pool"],
        "node_claim": each["node_claim"],
        "asked_at": "2026-11-29T09:01:10Z",
        "ready_at": "2026-11-29T09:03:22Z",
    }
    for each in fleet()
    if each["node_pool"] == "trainium-trn1"
]


def given_back(nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The Trainium nodes as given back at the end."""
    claims = [each["node_claim"] for each in nodes if each["node_pool"] == "trainium-trn1"]
    return [{"node_claim": each, "deleted_at": "2026-11-29T09:10:00Z", "gone_at": "2026-11-29T09:11:31Z"} for each in claims]
