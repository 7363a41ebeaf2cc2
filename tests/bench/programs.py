"""The programs that are measured: ours and its peers, each as a process of its own."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from tests.bench.measure import Program
from tests.lab.state import BIN_DIR, CHECKOUT

DYNAMIC_LIST = Path(__file__).with_name("dynamic_list.py")
KIND = {"api_version": "karpenter.sh/v1", "kind": "NodeClaim"}


class Programs:
    """Starts programs that talk to one cluster.

    :param directory: for what they keep between runs, such as kubectl's and kubernetes.core's caches of discovery.
    """

    def __init__(self, kubeconfig: Path, directory: Path) -> None:
        self._kubeconfig, self._directory = kubeconfig, directory
        self._count = 0
        self._environment = {
            **os.environ,
            "HOME": str(directory),
            "TMPDIR": str(directory),
            "KUBECONFIG": str(kubeconfig),
            "K8S_AUTH_KUBECONFIG": str(kubeconfig),
            "ANSIBLE_COLLECTIONS_PATH": str(CHECKOUT / ".build" / "collections"),
            "PYTHONDONTWRITEBYTECODE": "",
        }

    def ours(self, module: str, **options: Any) -> Program:
        """One of our modules."""
        return self._module(f"accelerated.nodes.plugins.modules.{module}", options)

    def k8s_info(self, **options: Any) -> Program:
        """kubernetes.core.k8s_info for NodeClaims."""
        return self._module("kubernetes.core.plugins.modules.k8s_info", KIND | options)

    def kubectl(self, *arguments: str) -> Program:
        """kubectl."""
        return self.start(str(BIN_DIR / "kubectl"), *arguments)

    def dynamic_list(self, selector: str) -> Program:
        """The kubernetes package's dynamic client, listing NodeClaims."""
        return self.start(sys.executable, str(DYNAMIC_LIST), selector)

    def start(self, *command: str, **variables: str) -> Program:
        """Any program, in the directory from which modules are found, with further environment variables."""
        return Program(command, self._environment | variables, CHECKOUT / ".build" / "collections")

    def _module(self, name: str, options: dict[str, Any]) -> Program:
        self._count += 1
        arguments = self._directory / f"arguments-{self._count}.json"
        arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": options}))
        return self.start(sys.executable, "-m", f"ansible_collections.{name}", str(arguments))
