"""The whole path on a lab, as a user walks it on EKS: bare cluster, installed, verified, unchanged, previewed, bare again."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
LAB_DIR = Path(os.environ.setdefault("LAB_DIR", str(ROOT / ".build" / "lab")))
# The user's own inventory, and beside it what only the lab knows: the cluster's name, the private registry's address.
INVENTORY = ("-i", str(ROOT / "examples" / "inventory"), "-i", str(LAB_DIR / "inventory.yml"), "--limit", "lab")
# Another one than the developer environment's, as `make matrix` has it.
ANSIBLE_PLAYBOOK = os.environ.get("ANSIBLE_PLAYBOOK", "ansible-playbook")
POOLS = ("nodepools.karpenter.sh", "ec2nodeclasses.karpenter.k8s.aws")


class StepFailed(Exception):
    """A step of the demo did not do what it promises; the message says what."""


def lab(command: str) -> str:
    """Run one of the lab's commands and return what it prints; its progress shows on standard error."""
    done = subprocess.run([sys.executable, "-m", "tests.lab", command], cwd=ROOT, check=False, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise StepFailed(f"the lab's command {command} ended with {done.returncode}")
    return done.stdout


def playbook(name: str, *options: str) -> str:
    """Run one of the collection's playbooks against the lab, show its output as it comes, and return it."""
    command = [ANSIBLE_PLAYBOOK, f"accelerated.nodes.{name}", *INVENTORY, *options]
    lines = []
    with subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            lines.append(line)
    if process.returncode:
        raise StepFailed(f"ansible-playbook accelerated.nodes.{name} ended with {process.returncode}")
    return "".join(lines)


def changed(output: str) -> int:
    """Number of changed tasks in a run's recap."""
    recap = re.search(r"^lab +: ok=.*?changed=(\d+)", output, re.MULTILINE)
    if not recap:
        raise StepFailed("the run had no recap")
    return int(recap[1])


def specs_of_pools() -> str:
    """What users said about pools, as the cluster has it now; without status and bookkeeping, which Karpenter writes at any time."""
    listing = subprocess.run(["kubectl", "get", ",".join(POOLS), "-o", "json"], check=True, capture_output=True, text=True).stdout
    return json.dumps([(item["kind"], item["metadata"]["name"], item["spec"]) for item in json.loads(listing)["items"]], sort_keys=True)


def pools_with_gpu_limit(limit: int) -> list[dict[str, Any]]:
    """The example's pools, of which ``gpu`` may have this many GPUs."""
    variables = yaml.safe_load((ROOT / "examples" / "inventory" / "group_vars" / "all.yml").read_text())
    pools = variables["node_pools_definitions"]
    next(pool for pool in pools if pool["name"] == "gpu")["limits"]["nvidia.com/gpu"] = limit
    return pools


def install_again() -> None:
    count = changed(playbook("install"))
    if count:
        raise StepFailed(f"the second install changed {count} tasks, and should change none")


def preview() -> None:
    """A check run with another limit must show the difference and make none."""
    before = specs_of_pools()
    output = playbook(
        "install", "--tags", "node_pools", "--check", "--diff", "-e", json.dumps({"node_pools_definitions": pools_with_gpu_limit(7)})
    )
    if not re.search(r"^\+.*\b7\b", output, re.MULTILINE):
        raise StepFailed("the check run showed no difference for the changed pool")
    if specs_of_pools() != before:
        raise StepFailed("the check run changed the cluster")


STEPS: dict[str, Callable[[], object]] = {
    "install": lambda: playbook("install"),
    "verify": lambda: playbook("verify"),
    "install again": install_again,
    "preview a change": preview,
    "teardown": lambda: playbook("teardown"),
}


def take_environment() -> None:
    """Meet the lab as a user meets EKS: by kubeconfig, endpoint and credentials in the environment."""
    script = f"{lab('env')}\nenv -0"
    variables = subprocess.run(["bash", "-c", script], check=True, capture_output=True, text=True).stdout
    os.environ.update(line.split("=", 1) for line in variables.split("\0") if "=" in line)


def walk(names: list[str]) -> dict[str, float]:
    """Do the steps; seconds by step."""
    seconds = {}
    for name in names:
        step = STEPS[name]
        print(f"\n=== {name} " + "=" * (100 - len(name)), flush=True)
        start = time.monotonic()
        step()
        seconds[name] = time.monotonic() - start
    return seconds


def main(names: list[str]) -> int:
    """All steps, or those named."""
    try:
        lab("up")
        take_environment()
        seconds = walk(names or list(STEPS))
    except StepFailed as failure:
        print(f"\nThe demo failed: {failure}. The lab is left up to look at: make lab-status, make lab-down.", file=sys.stderr)
        return 1
    if not os.environ.get("KEEP_LAB"):
        lab("down")
    print()
    for name, time_taken in seconds.items():
        print(f"{name:<18} {time_taken:6.1f} s")
    print(f"{'together':<18} {sum(seconds.values()):6.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
