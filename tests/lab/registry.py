"""The chart registry: an OCI registry on the loopback with the charts that a user would install.

Karpenter's two charts are its own, packaged from the Go module that the lab builds the controller from. NVIDIA's,
Neuron's and llmaz's are stand-ins (``charts/README.md``).
"""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from tests.lab import binaries, cluster
from tests.lab.state import BIN_DIR, LabError, State

STAND_INS = Path(__file__).with_name("charts")
PACKAGES = BIN_DIR.parent / "charts"


@dataclass(frozen=True)
class Chart:
    """One chart of the registry: where it is pushed to, and its file once packaged."""

    repository: str
    name: str
    version: str

    @property
    def package(self) -> Path:
        """The packaged chart."""
        return PACKAGES / f"{self.name}-{self.version}.tgz"

    @property
    def reference(self) -> str:
        """Path of the chart below the registry's address."""
        return f"{self.repository}/{self.name}"


def charts() -> list[Chart]:
    """All charts that the lab serves."""
    karpenter = next(module for module in binaries.MODULES if module.directory == "karpenter")
    version = binaries.pinned_version(karpenter)
    return [
        Chart("karpenter", "karpenter", version),
        Chart("karpenter", "karpenter-crd", version),
        Chart("nvidia", "nvidia-device-plugin", "0.20.0"),
        Chart("nvidia", "gpu-operator", "v26.7.0"),
        Chart("neuron", "neuron-helm-chart", "1.3.0"),
        Chart("inftyai", "llmaz", "0.0.10"),
    ]


def command(state: State) -> list[str]:
    """The registry's command line; it keeps what is pushed in memory."""
    return [str(BIN_DIR / "crane"), "registry", "serve", f"--address={state.registry}"]


def publish(state: State) -> None:
    """Package the charts that changed, and push all: the registry may have been started anew."""
    wait(state)
    for chart in charts():
        package(chart)
        destination = f"oci://{state.registry}/{chart.repository}"
        cluster.run([str(BIN_DIR / "helm"), "push", str(chart.package), destination, "--plain-http"])


def package(chart: Chart) -> None:
    """Package one chart, unless its package is newer than all its files."""
    source = _source(chart)
    newest = max(path.stat().st_mtime for path in source.rglob("*"))
    if chart.package.is_file() and chart.package.stat().st_mtime >= newest:
        return
    # Karpenter's chart at tag v1.14.3 still calls itself 1.13.0, image tag included.
    versions = [f"--version={chart.version}", f"--app-version={chart.version}"]
    cluster.run([str(BIN_DIR / "helm"), "package", str(source), *versions, f"--destination={PACKAGES}"])


def wait(state: State, patience: float = 60) -> None:
    """Wait until the registry answers.

    Raises:
        LabError: it does not within ``patience`` seconds.
    """
    deadline = time.monotonic() + patience
    while not answers(f"http://{state.registry}/v2/"):
        if time.monotonic() > deadline:
            raise LabError(f"the chart registry does not answer on {state.registry}; see {state.log('registry')}")
        time.sleep(0.1)


def answers(url: str) -> bool:
    """Whether anything answers HTTP there, be it with an error status."""
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def _source(chart: Chart) -> Path:
    own = STAND_INS / chart.name
    return own if own.is_dir() else binaries.module_source("karpenter") / "charts" / chart.name
