"""Stands in for the conversion webhook of Karpenter 1.0: what it did with the fields that the tests' objects have.

The lab has the controller of one version. Karpenter 1.0 was the one that converted between v1beta1 and v1; what differs in objects without
kubelet settings is how NodePools and NodeClaims refer to their class, and how disruption is said.
Source: the definitions of Karpenter 1.0, in both versions.
"""

from __future__ import annotations

import base64
import contextlib
import json
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.lab.proxy.certificates import Authority
from tests.lab.state import LOOPBACK

POLICIES = {"WhenUnderutilized": "WhenEmptyOrUnderutilized"}


def converted(item: Mapping[str, Any], version: str) -> dict[str, Any]:
    """An object of Karpenter's in another version of its group."""
    found = json.loads(json.dumps(item))
    group = found["apiVersion"].partition("/")[0]
    if found["apiVersion"] == version:
        return dict(found)
    found["apiVersion"] = f"{group}/{version.rpartition('/')[2]}"
    spec = found.get("spec", {})
    (_to_present if version.endswith("/v1") else _to_former)(spec, spec.get("template", {}).get("spec", spec))
    return dict(found)


def _to_present(spec: dict[str, Any], node: dict[str, Any]) -> None:
    if "nodeClassRef" in node:
        node["nodeClassRef"]["group"] = node["nodeClassRef"].pop("apiVersion").partition("/")[0]
    if "disruption" in spec:
        disruption = spec["disruption"]
        policy = disruption.get("consolidationPolicy", "WhenUnderutilized")
        disruption["consolidationPolicy"] = POLICIES.get(policy, policy)
        disruption.setdefault("consolidateAfter", "0s")
        node["expireAfter"] = disruption.pop("expireAfter", "720h")
    elif spec is node and "nodeClassRef" in node:
        # Of a NodeClaim, whose spec nobody may change: not even the API server, by a default.
        node.setdefault("expireAfter", "720h")


def _to_former(spec: dict[str, Any], node: dict[str, Any]) -> None:
    if "nodeClassRef" in node:
        node["nodeClassRef"]["apiVersion"] = f"{node['nodeClassRef'].pop('group')}/v1beta1"
    if "disruption" in spec:
        disruption = spec["disruption"]
        former = {present: name for name, present in POLICIES.items()}
        policy = disruption["consolidationPolicy"]
        disruption["consolidationPolicy"] = former.get(policy, policy)
        # Which the former version had with another policy alone.
        if policy in former:
            disruption.pop("consolidateAfter", None)
        disruption["expireAfter"] = node["expireAfter"]
    node.pop("expireAfter", None)


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        asked = review["request"]
        objects = [converted(item, asked["desiredAPIVersion"]) for item in asked["objects"]]
        response = {"uid": asked["uid"], "convertedObjects": objects, "result": {"status": "Success"}}
        body = json.dumps({"apiVersion": review["apiVersion"], "kind": review["kind"], "response": response}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Quiet."""


@contextlib.contextmanager
def served(directory: Path) -> Iterator[dict[str, Any]]:
    """Serves the webhook on the loopback, and gives the ``conversion`` of a definition that leads to it."""
    authority = Authority.new()
    server = ThreadingHTTPServer((LOOPBACK, 0), _Handler)
    server.socket = authority.context(directory).wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    client = {"url": f"https://{LOOPBACK}:{server.server_port}/", "caBundle": base64.b64encode(authority.pem).decode()}
    try:
        yield {"strategy": "Webhook", "webhook": {"conversionReviewVersions": ["v1"], "clientConfig": client}}
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
