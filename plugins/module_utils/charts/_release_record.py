# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Helm has noted of a release in the cluster, and whether that is what is wanted: pure.

Helm keeps each revision as a Secret. To read it takes one request; to ask Helm for the same takes a run of it for each of state, values and
manifest, each of which starts, discovers the API and fetches credentials.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
import zlib
from collections.abc import Iterable, Mapping
from typing import Any, Optional

WORKLOAD_KINDS = ("DaemonSet", "Deployment")
DEPLOYED = "deployed"
#: States in which a release is there, as Helm lists it; of another one nothing is left, or not for long.
THERE = re.compile(r"deployed|failed|pending-.*")
#: A version that names one chart and no range of them.
WHOLE_VERSION = re.compile(r"v?\d+\.\d+\.\d+([-+].+)?")

_WORKLOAD = re.compile(rf"^kind:\s*[\"']?({'|'.join(WORKLOAD_KINDS)})\b", re.MULTILINE)
_DOCUMENT = re.compile(r"^---.*$", re.MULTILINE)


def opened(secret: Mapping[str, Any]) -> dict[str, Any]:
    """Return a revision from its Secret: base64 of gzipped JSON, and that in the Secret's base64.

    :raises ValueError: it is something else, or too new to be read.
    """
    try:
        revision = json.loads(gzip.decompress(base64.b64decode(base64.b64decode(secret["data"]["release"]))))
    except (KeyError, TypeError, ValueError, OSError, EOFError, zlib.error) as error:
        raise ValueError(f"the record of a release cannot be read: {error}") from error
    if not isinstance(revision, dict):
        raise ValueError("the record of a release is no object")  # noqa: TRY004 - what is in it is wrong, not the caller's
    return revision


def latest(secrets: Iterable[Mapping[str, Any]]) -> Optional[dict[str, Any]]:
    """Return the release that these records are of, by its last revision, as kubernetes.core.helm_info does; None if it is not there.

    Of its manifest only what rolls out is kept: definitions are long, and nobody asks for them.

    :raises ValueError: the record is not as Helm writes it.
    """
    revisions = sorted(secrets, key=lambda each: _number(each["metadata"].get("labels") or {}))
    if not revisions:
        return None
    revision = opened(revisions[-1])
    try:
        chart, info = revision["chart"]["metadata"], revision["info"]
        release = {
            "name": revision["name"],
            "namespace": revision["namespace"],
            "revision": revision["version"],
            "status": info["status"],
            "updated": info.get("last_deployed", "?"),
            "chart": f"{chart['name']}-{chart['version']}",
            "release_values": revision.get("config") or {},
            "manifest": rolling(revision.get("manifest") or ""),
        }
    except (KeyError, TypeError) as error:
        raise ValueError(f"the record of a release lacks {error}") from error
    return release if THERE.fullmatch(release["status"]) else None


def rolling(manifest: str) -> list[dict[str, Any]]:
    """Return those objects of a rendered chart that roll pods out.

    :raises ValueError: one of them is no YAML.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return [yaml.load(text, Loader=loader) for text in _DOCUMENT.split(manifest) if _WORKLOAD.search(text)]  # noqa: S506 - both are safe
    except yaml.YAMLError as error:
        raise ValueError(f"the manifest of a release cannot be read: {error}") from error


def is_wanted(release: Mapping[str, Any] | None, options: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    """Whether the release is deployed with this chart, version and values, so that Helm would have nothing to do.

    Only where the options themselves say which chart and version that is: a folder, an archive or a range of versions do not.

    :param options: chart_ref, chart_repo_url and chart_version.
    :param values: of plain types.
    """
    reference, version = options["chart_ref"], options["chart_version"] or ""
    named = reference.startswith("oci://") or bool(options["chart_repo_url"])
    if release is None or release["status"] != DEPLOYED or not named or not WHOLE_VERSION.fullmatch(version):
        return False
    return release["chart"] == f"{reference.rstrip('/').rpartition('/')[2]}-{version}" and release["release_values"] == values


def rolled_out(workload: Mapping[str, Any]) -> bool:
    """Whether a Deployment or DaemonSet has come to where its controller knows of nothing left to do, as kubernetes.core waits for it."""
    wanted, seen = workload.get("spec") or {}, workload.get("status") or {}
    if seen.get("observedGeneration") != workload["metadata"].get("generation"):
        return False
    if workload["kind"] == "Deployment":
        numbers = [seen.get(name) or 0 for name in ("replicas", "updatedReplicas", "availableReplicas")]
        return set(numbers) == {wanted.get("replicas", 1)} and not seen.get("unavailableReplicas")
    numbers = [seen.get(name) or 0 for name in ("updatedNumberScheduled", "numberReady", "numberAvailable")]
    return set(numbers) == {seen.get("desiredNumberScheduled", -1)} and not seen.get("numberUnavailable")


def _number(labels: Mapping[str, str]) -> int:
    text = labels.get("version", "")
    return int(text) if text.isdigit() else -1
