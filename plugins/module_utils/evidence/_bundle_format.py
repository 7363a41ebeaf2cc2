# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an evidence bundle holds, and in which form: observations as plain data and back, manifest, statement. Pure.

This file is internal to the collection and may change in any release; the form of a bundle is described in docs/verification.md, and
changes only together with ``FORMAT``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import CollectionError
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._verdict import Verdict
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._expectations import Expectation
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._check_pass import Observation
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._job_states import JobState
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._verification import NodeResult, Subject
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._nodeclaims import Condition, NodeClaim

FORMAT = "accelerated.nodes/evidence/v1"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://github.com/ansible-collections/accelerated.nodes/blob/main/docs/schemas/verification-evidence-v1.md"

# Written first: it says whose the directory is. Written last: without it a bundle is incomplete.
MARK, MANIFEST = "bundle.json", "manifest.json"
STATEMENT, REPORT, JUDGEMENTS = "statement.intoto.json", "report.json", "judgements.json"
EXPECTATIONS, VERSIONS = "expectations.json", "versions.json"
NODES = "nodes"

_TOP = frozenset({MARK, MANIFEST, STATEMENT, REPORT, JUDGEMENTS, EXPECTATIONS, VERSIONS, f".{MANIFEST}.part"})
_LOOK = re.compile(NODES + r"/[a-z0-9.-]+/look-[0-9]+\.(json|txt)")

# What a verdict, or whoever looks at one later, needs of a Node. Of its annotations only ours are, as others keep what they like there.
_OUR_PREFIX = "accelerated.nodes/"
_KEPT_OF_NODE: Mapping[str, tuple[str, ...]] = {
    "metadata": ("name", "uid", "labels", "creationTimestamp", "deletionTimestamp"),
    "spec": ("unschedulable", "taints", "providerID"),
    "status": ("allocatable", "capacity", "conditions", "nodeInfo"),
}


class BundleError(CollectionError):
    """A directory is no bundle, or not as it was written."""


def text_of(value: Any) -> str:
    """Return data as the text of a file: the same for the same data."""
    return json.dumps(value, indent=2, sort_keys=True) + "\n"


def folder_of(node: str) -> str:
    """Return the folder of a node in a bundle: safe as a path, and another for every name."""
    slug = re.sub(r"[^a-z0-9.]+", "-", node.lower()).strip("-.")[:60].strip("-.")
    return f"{NODES}/{slug or 'node'}-{hashlib.sha256(node.encode('utf-8', 'replace')).hexdigest()[:8]}"


def is_ours(path: str) -> bool:
    """Say whether a path in a bundle is one that this collection writes."""
    return path in _TOP or bool(_LOOK.fullmatch(path))


def plain(value: Any) -> Any:
    """Return a value of the core as data that JSON has."""
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return plain(value._asdict())
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(each) for each in value]
    return value


def observed(observation: Observation) -> dict[str, Any]:
    """Return all that a verdict needs, but for the log, which is a file of its own."""
    subject, state = observation.subject, observation.state
    return {
        "number": observation.number,
        "subject": {**plain(subject), "node": kept_of_node(subject.node)},
        "state": {key: value for key, value in plain(state).items() if key != "log"} if state else None,
        "seconds": observation.result.seconds,
        "holders": observation.holders,
        "cause": plain(observation.cause),
        "verdict": observation.result.verdict,
        "findings": [each.to_dict() for each in observation.result.findings],
    }


def kept_of_node(node: Optional[Mapping[str, Any]]) -> Optional[dict[str, Any]]:
    """Return what is kept of a Node."""
    if node is None:
        return None
    kept = {part: {key: node[part][key] for key in keys if key in node[part]} for part, keys in _KEPT_OF_NODE.items() if node.get(part)}
    ours = {key: value for key, value in (node["metadata"].get("annotations") or {}).items() if key.startswith(_OUR_PREFIX)}
    return {**kept, "metadata": {**kept["metadata"], "annotations": ours}}


def restored(data: Mapping[str, Any], log: str) -> Observation:
    """Return the observation that `observed` made data of; its result holds no more than the seconds.

    Raises:
        BundleError: The data is not of that form.
    """
    try:
        subject = _subject(data["subject"])
        state = JobState(**{**_known(JobState, data["state"]), "log": log}) if data["state"] is not None else None
        cause = Verdict(**_known(Verdict, data["cause"])) if data["cause"] is not None else None
        seconds = float(data["seconds"])
        return Observation(int(data["number"]), subject, state, NodeResult(subject, "", seconds=seconds), data["holders"], cause)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise BundleError(f"it is not what this collection writes ({type(error).__name__}: {error})") from error


def _subject(data: Mapping[str, Any]) -> Subject:
    claim, expected = data["claim"], Expectation(**_known(Expectation, data["expected"]))
    return Subject(**{**_known(Subject, data), "claim": _claim(claim) if claim is not None else None, "expected": expected})


def _claim(data: Mapping[str, Any]) -> NodeClaim:
    names = set(NodeClaim._fields)
    values = {key: value for key, value in data.items() if key in names}
    conditions = {key: Condition(**value) for key, value in values["conditions"].items()}
    return NodeClaim(**{**values, "conditions": conditions, "finalizers": tuple(values["finalizers"])})


def _known(kind: Any, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of the fields that this version has: a later one may have kept more."""
    names = {each.name: str(each.type) for each in fields(kind)}
    return {key: _tuples(value) if names[key].startswith("tuple") else value for key, value in data.items() if key in names}


def _tuples(values: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(tuple(each) if isinstance(each, list) else each for each in values)


def manifest(sums: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the list of a bundle's files.

    Args:
        sums: ``sha256`` and ``bytes`` of each file, by its path in the bundle.
    """
    return {"format": FORMAT, "files": {path: dict(sums[path]) for path in sorted(sums)}}


def statement(sums: Mapping[str, Mapping[str, Any]], predicate: Mapping[str, Any]) -> dict[str, Any]:
    """Return an unsigned in-toto statement (version 1) on these files."""
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": path, "digest": {"sha256": sums[path]["sha256"]}} for path in sorted(sums)],
        "predicateType": PREDICATE_TYPE,
        "predicate": dict(predicate),
    }


def differences(wanted: Mapping[str, Mapping[str, Any]], found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return in words which files are not as the manifest says; empty if all are."""
    words = [f"{path} is missing" for path in sorted(wanted.keys() - found.keys())]
    words += [f"{path} is not in the manifest" for path in sorted(found.keys() - wanted.keys())]
    changed = (path for path in sorted(wanted.keys() & found.keys()) if wanted[path].get("sha256") != found[path]["sha256"])
    return words + [f"{path} has changed" for path in changed]
