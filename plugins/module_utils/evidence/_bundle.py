# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keeps the evidence of a run while it happens, and judges a kept bundle again.

This file is internal to the collection and may change in any release. What decides is in _bundle_judge, what a bundle holds in
_bundle_format.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import CollectionError
from ansible_collections.accelerated.nodes.plugins.module_utils.common._version import COLLECTION_VERSION
from ansible_collections.accelerated.nodes.plugins.module_utils.evidence import _bundle_format as form
from ansible_collections.accelerated.nodes.plugins.module_utils.evidence._bundle_files import BundleReader, BundleWriter, refuse_foreign
from ansible_collections.accelerated.nodes.plugins.module_utils.evidence._bundle_judge import judged, merged, together, unexplained
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report import report, sentence, succeeded, summary
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._check_pass import Observation, without_facts
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._exclusions import Exclusion
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._request import Request
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._verification import NodeResult


class EvidenceKeeper:
    """Writes the bundle of one run: each observation when it comes, so that none is kept in memory with its log.

    A disk that is full must not end a verification half-way: the trouble is told at the end.
    """

    def __init__(self, folder: str, request: Request, kubernetes: str = "") -> None:
        refuse_foreign(Path(folder))
        self._writer = BundleWriter(folder)
        self._request, self._kubernetes = request, kubernetes
        self._began = ""
        self._trouble: Optional[str] = None
        self._images: dict[str, set[str]] = {}
        # By node and look: what was judged, without the tool's words.
        self._looks: dict[str, dict[int, NodeResult]] = {}
        self._names: dict[str, str] = {}

    def observe(self, observation: Observation) -> None:
        """Keep what one check left."""
        name, number, state = observation.subject.name, observation.number, observation.state
        self._looks.setdefault(name, {})[number] = without_facts(observation.result)
        if state and state.image_id:
            self._images.setdefault(state.image or state.image_id, set()).add(state.image_id)
        look = f"{form.folder_of(name)}/look-{number}"
        self._write(f"{look}.json", form.text_of(form.observed(observation)))
        if state and state.log:
            self._write(f"{look}.txt", state.log)

    def finish(self, result: Mapping[str, Any]) -> dict[str, str]:
        """Complete the bundle with what the run ended with, and return where it is and the sum of its manifest.

        Raises:
            CollectionError: The bundle could not be written.
        """
        content = report(result)
        files = {
            form.EXPECTATIONS: self._expectations(),
            form.VERSIONS: self._versions(),
            form.JUDGEMENTS: {"nodes": self._judgements(content["nodes"])},
            form.REPORT: content,
        }
        for name, data in files.items():
            self._write(name, form.text_of(data))
        self._write(form.STATEMENT, form.text_of(form.statement(self._writer.sums, self._predicate(content))))
        digest = ""
        if self._trouble is None:
            try:
                digest = self._writer.end()
            except OSError as error:
                self._trouble = str(error)
        if self._trouble is not None:
            raise CollectionError(
                f"The evidence bundle {self._writer.folder} could not be written: {self._trouble}. Make room or name another directory, "
                "and verify again."
            )
        return {"path": str(self._writer.folder), "manifest_sha256": digest}

    def _write(self, name: str, content: str) -> None:
        if self._trouble is not None:
            return
        try:
            if not self._began:
                self._began = _now()
                self._writer.begin({"started": self._began, "collection": COLLECTION_VERSION})
            self._writer.write(name, content)
        except OSError as error:
            self._trouble = str(error)
        except form.BundleError as error:
            self._trouble = error.message

    def _expectations(self) -> dict[str, Any]:
        request = self._request
        return {
            "expect": form.plain(request.scope.expect),
            "exclude": [{**form.plain(each), "nodes": sorted(each.nodes)} for each in request.scope.exclude],
            "min_coverage": request.min_coverage,
            "images": form.plain(request.images),
        }

    def _versions(self) -> dict[str, Any]:
        images = [{"image": image, "image_id": each} for image, ids in sorted(self._images.items()) for each in sorted(ids)]
        return {"collection": COLLECTION_VERSION, "kubernetes": self._kubernetes, "images": images}

    def _judgements(self, nodes: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        looks = {each["name"]: self._looks_of(each) for each in nodes}
        known = [name for name, mine in looks.items() if mine]
        base = dict(zip(known, together([looks[name] for name in known])))
        return [unexplained(each, base.get(each["name"])) for each in nodes]

    def _looks_of(self, node: Mapping[str, Any]) -> list[NodeResult]:
        mine = self._looks.get(node["name"], {})
        return [mine[number] for number in (node.get("looks") or [0]) if number in mine]

    def _predicate(self, content: Mapping[str, Any]) -> dict[str, Any]:
        nodes = content["nodes"]
        return {
            "verifier": {"id": "accelerated.nodes.accelerator_verify", "version": COLLECTION_VERSION},
            "startedOn": self._began,
            "finishedOn": _now(),
            "result": "PASSED" if succeeded(content) else "FAILED",
            "summary": content["summary"],
            "nodes": [{key: each[key] for key in ("name", "node_pool", "instance_type", "verdict")} for each in nodes],
            "versions": self._versions(),
        }


def judge_again(folder: str) -> dict[str, Any]:
    """Return the result of a run from its bundle, judged anew.

    Raises:
        BundleError: The bundle is not as it was written.
        CollectionError: The nodes have not passed; carries the result.
    """
    bundle = BundleReader(folder)
    kept = bundle.data(form.REPORT)
    try:
        nodes = _nodes_again(bundle, kept)
        expectations = bundle.data(form.EXPECTATIONS)
        counts = summary(nodes, int(expectations["min_coverage"]))
        result = {"changed": False, "nodes": nodes, "summary": counts, "leftovers": list(kept["leftovers"])}
        result.update({key: kept[key] for key in ("provisioned", "given_back", "verdict") if kept.get(key)})
        trouble = _trouble(kept, nodes, counts)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise bundle.wrong(form.REPORT, f"it is not what this collection writes ({type(error).__name__}: {error})") from error
    if trouble:
        raise CollectionError(trouble, **result)
    return result


def _trouble(kept: Mapping[str, Any], nodes: Sequence[Mapping[str, Any]], counts: Mapping[str, Any]) -> str:
    """Return the message of a run that is not green: its own, as long as the verdicts are what they were."""
    same = counts == kept["summary"] and nodes == kept["nodes"]
    if same or succeeded({**report({"nodes": nodes, "summary": counts}), "leftovers": kept["leftovers"]}):
        return str(kept["message"]) if same else ""
    text = str(counts["text"])
    wrong = [sentence(each) for each in nodes if each["verdict"] not in ("passed", "excluded")][:3]
    return " ".join([text[:1].upper() + text[1:] + ".", *wrong, *kept["leftovers"]])


def _nodes_again(bundle: BundleReader, kept: Mapping[str, Any]) -> list[dict[str, Any]]:
    records = {each["name"]: each for each in bundle.data(form.JUDGEMENTS)["nodes"]}
    exclusions = _exclusions(bundle.data(form.EXPECTATIONS)["exclude"])
    looks: dict[str, list[NodeResult]] = {}
    for each in kept["nodes"]:
        record = records[each["name"]]
        found = [_look(bundle, each["name"], number, exclusions) for number in record["looks"] or [0]] if not record["whole"] else []
        if found and None not in found:
            looks[each["name"]] = [one for one in found if one is not None]
    fresh = dict(zip(looks, together(list(looks.values()))))
    return [
        merged(each, fresh[each["name"]], records[each["name"]]["quoted"]) if each["name"] in fresh else dict(each)
        for each in kept["nodes"]
    ]


def _look(bundle: BundleReader, node: str, number: int, exclusions: Sequence[Exclusion]) -> Optional[NodeResult]:
    path = f"{form.folder_of(node)}/look-{int(number)}"
    log = bundle.text(f"{path}.txt") if f"{path}.txt" in bundle.names else ""
    try:
        found = judged(form.restored(bundle.data(f"{path}.json"), log), exclusions)
    except form.BundleError as error:
        raise bundle.wrong(f"{path}.json", error.message) from error
    return without_facts(found) if found else None


def _exclusions(rows: Sequence[Mapping[str, Any]]) -> tuple[Exclusion, ...]:
    return tuple(Exclusion(each["reason"], frozenset(each["nodes"]), dict(each["match_labels"])) for each in rows)


def _now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
