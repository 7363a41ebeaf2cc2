"""llmaz's controller, played: a Playground becomes the pods that llmaz and LeaderWorkerSet would make of it.

Only while the chart's Deployment is available. Everything else of llmaz (loading models, serving, its schedulers) is not there.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.lab.nodes.api import ERRORS, Api, ApiError

log = logging.getLogger(__name__)

PLAYGROUNDS = "/apis/inference.llmaz.io/v1alpha1/playgrounds"
MODELS = "/apis/llmaz.io/v1alpha1/openmodels"
DEPLOYMENTS = "/apis/apps/v1/deployments?labelSelector=app.kubernetes.io/name%3Dllmaz"

#: Seconds between looks.
POLL_SECONDS = 1.0
#: While there is no llmaz.
IDLE_SECONDS = 3.0


class Llmaz:
    """A thread that looks at Playgrounds, and keeps a StatefulSet for each."""

    def __init__(self, kubeconfig: Path) -> None:
        self._kubeconfig = kubeconfig

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop`` is set."""
        self._api = Api(self._kubeconfig)
        busy = False
        while not stop.wait(POLL_SECONDS if busy else IDLE_SECONDS):
            try:
                busy = self._round()
            except (*ERRORS, json.JSONDecodeError) as error:
                log.warning("this round failed, the next one tries again: %s", error)

    def _round(self) -> bool:
        """Make what is missing; return whether there is an llmaz at all."""
        found = [each for each in self._api.request("GET", DEPLOYMENTS)["items"] if (each.get("status") or {}).get("availableReplicas")]
        playgrounds = self._api.get(PLAYGROUNDS) if found else None
        if not playgrounds:
            return False
        scheduler = self._scheduler(found[0]["metadata"]["namespace"])
        for each in playgrounds["items"]:
            model = self._api.get(f"{MODELS}/{each['spec']['modelClaim']['modelName']}")
            if model and "deletionTimestamp" not in each["metadata"]:
                self._make(stateful_set(each, model, scheduler))
        return True

    def _scheduler(self, namespace: str) -> str:
        config = self._api.get(f"/api/v1/namespaces/{namespace}/configmaps/llmaz-global-config") or {}
        lines = (config.get("data") or {}).get("config.data", "").splitlines()
        return next((line.partition(":")[2].strip() for line in lines if line.startswith("scheduler-name:")), "default-scheduler")

    def _make(self, wanted: dict[str, Any]) -> None:
        path = f"/apis/apps/v1/namespaces/{wanted['metadata']['namespace']}/statefulsets"
        try:
            self._api.request("POST", path, wanted)
        except ApiError as error:
            if error.status != 409:
                raise


def stateful_set(playground: Mapping[str, Any], model: Mapping[str, Any], scheduler: str) -> dict[str, Any]:
    """What LeaderWorkerSet makes of a Playground: pods of one flavour, or with the InftyAI scheduler, pods that name all. Pure."""
    meta, spec = playground["metadata"], playground["spec"]
    name = meta["name"]
    flavors = _claimed(spec, model)
    labels = {"leaderworkerset.sh/name": name, "llmaz.io/model-name": model["metadata"]["name"]}
    owner = {key: playground[key] for key in ("apiVersion", "kind")} | {"name": name, "uid": meta["uid"], "controller": True}
    notes = {"llmaz.io/inference-service-flavors": ",".join(each["name"] for each in flavors)}
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {
            "name": name,
            "namespace": meta["namespace"],
            "labels": labels,
            "ownerReferences": [owner | {"blockOwnerDeletion": True}],
        },
        "spec": {
            "replicas": spec.get("replicas", 1),
            "serviceName": name,
            "podManagementPolicy": "Parallel",
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels, "annotations": notes}, "spec": _pod(spec, flavors, scheduler)},
        },
    }


def _claimed(spec: Mapping[str, Any], model: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The model's flavours that the Playground claims, the model's order kept; all where it claims none."""
    flavors = (model["spec"].get("inferenceConfig") or {}).get("flavors") or []
    names = spec["modelClaim"].get("inferenceFlavors")
    return [each for each in flavors if names is None or each["name"] in names]


def _pod(spec: Mapping[str, Any], flavors: list[Mapping[str, Any]], scheduler: str) -> dict[str, Any]:
    runtime = spec.get("backendRuntimeConfig") or {}
    first = flavors[0] if flavors else {}
    resources = {key: dict(value) for key, value in (runtime.get("resources") or {}).items()}
    for side in ("requests", "limits"):
        resources[side] = {**resources.get(side, {}), **first.get("limits", {})}
    container = {"name": "model-runner", "image": f"example.com/{runtime.get('backendName', 'vllm')}:1", "resources": resources}
    # EKS has the admission plugin ExtendedResourceToleration add them.
    tolerations = [{"key": key, "operator": "Exists", "effect": "NoSchedule"} for key in first.get("limits", {}) if "/" in key]
    alone = {"nodeSelector": first["nodeSelector"]} if first.get("nodeSelector") and scheduler == "default-scheduler" else {}
    return {"containers": [container], "tolerations": tolerations, "schedulerName": scheduler, **alone}
