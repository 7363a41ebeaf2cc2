"""The configuration of containerd, of the containers' network and of the kubelet. Pure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.lab.real.settings import KUBELET_PORT, REGISTRY, SOCKET, Settings
from tests.lab.state import REAL_NODE, REGION

CNI_PLUGINS = "/usr/lib/cni"
PAUSE = f"{REGISTRY}/pause:lab"


def containerd(settings: Settings) -> str:
    """containerd's configuration file."""
    return f"""\
version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.aufs", "io.containerd.tracing.processor.v1.otlp"]

[grpc]
  address = "{SOCKET}"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE}"
  # Without CAP_SYS_RESOURCE no process may lower its own score, and every sandbox would fail.
  restrict_oom_score_adj = true

  [plugins."io.containerd.grpc.v1.cri".containerd]
    # Overlays cannot be stacked: on a machine that is a container itself, the others fail.
    snapshotter = "native"

  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{CNI_PLUGINS}"
    conf_dir = "{settings.directory / "cni"}"

  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "{settings.directory / "registries"}"
"""


def registries() -> str:
    """Whatever registry an image names: it is asked of the one in the containers' own network, and of no other."""
    return f'server = "http://{REGISTRY}"\n\n[host."http://{REGISTRY}"]\n  capabilities = ["pull", "resolve"]\n'


def network() -> dict[str, Any]:
    """The containers' network: a pair of interfaces each, in a namespace that nothing leads out of."""
    ranges = [[{"subnet": "198.18.0.0/24"}]]
    return {
        "cniVersion": "0.4.0",
        "name": "lab",
        "plugins": [{"type": "ptp", "ipMasq": False, "ipam": {"type": "host-local", "ranges": ranges, "dataDir": "/run/cni"}}],
    }


def kubelet(settings: Settings) -> dict[str, Any]:
    """The kubelet's configuration."""
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": settings.address,
        "port": KUBELET_PORT,
        "healthzPort": 0,
        # Nobody outside this machine reaches the address, and the lab's API server has no certificate for kubelets.
        "authentication": {"anonymous": {"enabled": True}, "webhook": {"enabled": False}},
        "authorization": {"mode": "AlwaysAllow"},
        "containerRuntimeEndpoint": f"unix://{SOCKET}",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": settings.cgroup,
        "failCgroupV1": False,
        "failSwapOn": False,
        # The firewall is the machine's own.
        "makeIPTablesUtilChains": False,
        "resolvConf": "",
        # Nobody answers there; without an address each pod has a warning that has nothing to do with it.
        "clusterDNS": ["198.18.0.53"],
        "clusterDomain": "cluster.local",
        # The machine's disk is not the test's business.
        "evictionHard": dict.fromkeys(("memory.available", "nodefs.available", "nodefs.inodesFree", "imagefs.available"), "0%"),
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
        "nodeStatusUpdateFrequency": "1s",
        "registerWithTaints": [{"key": REAL_NODE, "value": "true", "effect": "NoSchedule"}],
    }


def kubelet_command(settings: Settings, program: Path, kubeconfig: Path) -> list[str]:
    """The kubelet's command line."""
    labels = {REAL_NODE: "true", "topology.kubernetes.io/region": REGION, "topology.kubernetes.io/zone": f"{REGION}a"}
    options = {
        "config": settings.directory / "kubelet.json",
        "kubeconfig": kubeconfig,
        "node-ip": settings.address,
        "hostname-override": settings.node,
        "node-labels": ",".join(f"{name}={value}" for name, value in labels.items()),
    }
    return [str(program), *(f"--{name}={value}" for name, value in options.items())]
