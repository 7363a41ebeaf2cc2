"""Karpenter's CRDs without Karpenter: for tests that write NodeClaims themselves, and must not have them reconciled; and those of former versions."""

from __future__ import annotations

from pathlib import Path

from tests.lab import binaries, registry
from tests.lab.cluster import run
from tests.lab.state import BIN_DIR


def apply(kubeconfig: Path) -> None:
    """Apply the CRDs of the chart ``karpenter-crd`` to a running API server, and wait until it serves them.

    Raises:
        LabError: the server refused them, or does not serve them within 30 seconds.
    """
    chart = next(chart for chart in registry.charts() if chart.name == "karpenter-crd")
    registry.package(chart)
    manifests = run([str(BIN_DIR / "helm"), "template", chart.name, str(chart.package)])
    kubectl = [str(BIN_DIR / "kubectl"), f"--kubeconfig={kubeconfig}"]
    run([*kubectl, "apply", "--server-side", "--filename=-"], stdin=manifests)
    run([*kubectl, "wait", "--for=condition=Established", "--filename=-", "--timeout=30s"], stdin=manifests)


def former_chart(version: str, directory: Path, name: str = "karpenter-crd") -> Path:
    """A chart of a former Karpenter, packaged in ``directory``: that of the definitions has what that version had."""
    source = binaries.former_source(version) / "charts" / name
    versions = (f"--version={version}", f"--app-version={version}")
    run([str(BIN_DIR / "helm"), "package", str(source), *versions, f"--destination={directory}"])
    return directory / f"{name}-{version}.tgz"
