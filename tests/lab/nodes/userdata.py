"""The user data of an AL2023 node: a MIME archive with nodeadm's NodeConfig, as Karpenter writes it. Pure."""

from __future__ import annotations

import base64
import binascii
import email
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

NODE_CONFIG = "application/node.eks.aws"


class NoNodeConfig(ValueError):
    """The user data holds no NodeConfig: nodeadm would stop and the node would not join."""


@dataclass(frozen=True)
class NodeConfig:
    """What the node's kubelet was told."""

    cluster: str
    labels: dict[str, str] = field(default_factory=dict)
    taints: list[dict[str, str]] = field(default_factory=list)
    max_pods: int = 110


def parse(user_data: str) -> NodeConfig:
    """Read user data, base64-encoded as EC2 keeps it, or plain.

    Several NodeConfigs in one archive are merged in order, as nodeadm does; labels and taints add up.

    Raises:
        NoNodeConfig: there is none in it.
    """
    documents = [yaml.safe_load(part) for part in _node_configs(_decoded(user_data))]
    if not documents:
        raise NoNodeConfig("the user data holds no NodeConfig (application/node.eks.aws)")
    kubelets = [document["spec"].get("kubelet") or {} for document in documents]
    configs = [kubelet.get("config") or {} for kubelet in kubelets]
    clusters = [(document["spec"].get("cluster") or {}).get("name") for document in documents]
    return NodeConfig(
        cluster=next((name for name in reversed(clusters) if name), ""),
        labels={key: value for kubelet in kubelets for key, value in _labels(kubelet.get("flags") or [])},
        taints=[_taint(taint) for config in configs for taint in config.get("registerWithTaints") or []],
        max_pods=next((config["maxPods"] for config in reversed(configs) if config.get("maxPods")), 110),
    )


def _decoded(user_data: str) -> str:
    try:
        return base64.b64decode(user_data, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return user_data


def _node_configs(archive: str) -> Iterator[str]:
    for part in email.message_from_string(archive).walk():
        if part.get_content_type() == NODE_CONFIG:
            yield str(part.get_payload())


def _labels(flags: list[str]) -> Iterator[tuple[str, str]]:
    for flag in flags:
        name, _, value = flag.partition("=")
        if name == "--node-labels":
            for label in value.strip("\"'").split(","):
                key, _, text = label.partition("=")
                yield key, text


def _taint(taint: dict[str, Any]) -> dict[str, str]:
    return {key: taint[key] for key in ("key", "value", "effect") if taint.get(key)}
