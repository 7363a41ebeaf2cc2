# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError, CollectionError
from ansible_collections.accelerated.nodes.plugins.module_utils.common._version import COLLECTION_VERSION
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._looks import combined
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._verdict import Verdict
from ansible_collections.accelerated.nodes.plugins.module_utils.evidence._bundle import EvidenceKeeper, judge_again
from ansible_collections.accelerated.nodes.plugins.module_utils.evidence._bundle_files import BundleReader
from ansible_collections.accelerated.nodes.plugins.module_utils.evidence._bundle_format import (
    PREDICATE_TYPE,
    BundleError,
    folder_of,
    is_ours,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.evidence._evidence_run import EvidenceRun
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._findings import Finding
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._fleet import compared
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._remedies import PLUGIN, VERIFY_AGAIN
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._wishes import wishes_from
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report import summary
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._check_pass import Observation
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._exclusions import exclusions_from
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._job_states import JobState
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._request import Request
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._verification import Scope, conclude, excluded, obstacle, subjects
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._nodeclaims import NodeClaim

ROOT = Path(__file__).parents[5]
FIXTURES = ROOT / "tests" / "unit" / "fixtures"
GOOD = (FIXTURES / "nvidia_smi_g4dn_xlarge_driver_580.xml").read_text()
OTHER_DRIVER = GOOD.replace("<driver_version>580.", "<driver_version>570.")
BAD_ECC = (FIXTURES / "nvidia_smi_g5_12xlarge_ecc_errors.xml").read_text()
EVENT = {
    "type": "Warning",
    "reason": "NvidiaXID79Error",
    "message": "NVRM: Xid (PCI:0000:00:1e): 79, GPU has fallen off the bus.",
    "involvedObject": {"kind": "Node", "name": "n-event"},
    "lastTimestamp": "2026-11-29T09:00:00Z",
}
IMAGE_ID = "public.ecr.aws/a/b@sha256:" + "0" * 64
EXCLUDE = [{"reason": "in repair", "nodes": ["n-excluded"], "match_labels": {}}]
REQUEST = Request(scope=Scope(expect=wishes_from({"driver_version": "570"}), exclude=exclusions_from(EXCLUDE)), min_coverage=50)
CAUSE = Verdict("NodeClaim gpu-1", "NodeNotFound", "no Node", "It has not joined.", "Look at its console.", True)


def node(name: str, instance_type: str = "g4dn.xlarge", gpus: str = "1", ready: str = "True") -> dict:
    labels = {
        "node.kubernetes.io/instance-type": instance_type,
        "karpenter.sh/nodepool": "gpu",
        "topology.kubernetes.io/zone": "us-west-2a",
    }
    return {
        "metadata": {"name": name, "uid": name, "labels": labels, "annotations": {"token": "s3cret"}},
        "spec": {},
        "status": {"allocatable": {"nvidia.com/gpu": gpus}, "conditions": [{"type": "Ready", "status": ready}]},
    }


def claim(name: str) -> NodeClaim:
    labels = {"karpenter.sh/nodepool": "gpu", "node.kubernetes.io/instance-type": "g4dn.xlarge"}
    conditions = [{"type": "Launched", "status": "True", "reason": "x", "lastTransitionTime": "2026-11-29T09:00:00Z"}]
    return NodeClaim.from_object({"metadata": {"name": name, "labels": labels}, "spec": {}, "status": {"conditions": conditions}})


def ended(log: str, exit_code: int = 0) -> JobState:
    return JobState("ended", "Completed", exit_code=exit_code, pod="p", log=log, image="a/b:1", image_id=IMAGE_ID)


# What each node's looks gave: states with holders; nothing for nodes that no Job can be run on.
LOOKS: dict[str, list[tuple[JobState | None, list[str] | None]]] = {
    "n-good": [(ended(GOOD), None)],
    "n-event": [(ended(GOOD), None)],
    "n-driver": [(ended(OTHER_DRIVER), None)],
    "n-lost": [(ended("Unable to determine the device handle for GPU0: GPU is lost.\n", 15), None)],
    "n-flapping": [(ended(GOOD), None), (ended("", 1), None), (ended(GOOD), None)],
    "n-busy": [(JobState("stopped", "Unschedulable", "0/3 nodes"), ["training/job-0"])],
    "n-never": [(None, None)],
    "n-hangs": [(JobState("running", "Running", log="Thu Nov\n"), None)],
}


def observations() -> list[Observation]:
    """A run's observations, in the order in which they might come."""
    nodes = [*(node(each) for each in LOOKS), node("n-ecc", "g5.12xlarge", "4"), node("n-notready", ready="False"), node("n-excluded")]
    found = {each.name: each for each in subjects(REQUEST.scope, [*nodes, node("n-plugin", gpus="0")], [claim("gpu-1")], [EVENT])}
    seen = []
    for name, looks in {**LOOKS, "n-ecc": [(ended(BAD_ECC), None)]}.items():
        for number, (state, holders) in enumerate(looks, start=1):
            result = replace(conclude(found[name], state, 2.5, holders), looks=(number,))
            seen.append(Observation(number, found[name], state, result, holders))
    for name in ("n-notready", "n-excluded", "n-plugin", "gpu-1"):
        cause = CAUSE if name == "gpu-1" else None
        result = excluded(found[name], REQUEST.scope.exclude) or obstacle(found[name], cause)
        seen.append(Observation(0, found[name], None, result, cause=cause))
    return seen


def outcome(seen: list[Observation]) -> dict:
    """The result that these observations end in, as the module makes it."""
    looks: dict[str, list] = {}
    for each in seen:
        looks.setdefault(each.subject.name, []).append(each.result)
    nodes = [each.to_dict() for each in compared([combined(mine) for mine in looks.values()])]
    return {"changed": False, "nodes": nodes, "summary": summary(nodes, REQUEST.min_coverage), "leftovers": []}


def kept(folder: Path, seen: list[Observation], result: dict) -> dict:
    keeper = EvidenceKeeper(str(folder), REQUEST, "v1.34.2")
    for each in seen:
        keeper.observe(each)
    return keeper.finish(result)


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    seen = observations()
    kept(tmp_path / "b", seen, {**outcome(seen), "msg": "Not all is well."})
    return tmp_path / "b"


def test_a_kept_bundle_is_judged_with_identical_findings(bundle: Path) -> None:
    before = outcome(observations())
    with pytest.raises(CollectionError, match=r"^Not all is well\.$") as caught:
        judge_again(str(bundle))
    again = caught.value.result
    assert json.dumps(again["nodes"], sort_keys=True) == json.dumps(before["nodes"], sort_keys=True)
    assert again["summary"] == before["summary"]
    verdicts = {each["name"]: each["verdict"] for each in again["nodes"]}
    assert verdicts["n-flapping"] == "failed" and verdicts["n-busy"] == "busy" and verdicts["gpu-1"] == "unknown"
    assert verdicts["n-excluded"] == "excluded" and verdicts["n-driver"] == "passed"
    (told,) = (each for each in again["nodes"] if each["name"] == "n-event")
    assert [each["mark"] for each in told["said_by_others"]] == ["event"] and told["findings"]
    # Nothing of it was taken over from the report: all of it was reached again from what was kept.
    assert not any(each["whole"] or each["quoted"] for each in json.loads((bundle / "judgements.json").read_text())["nodes"])


def test_a_bundle_is_judged_and_not_believed(bundle: Path) -> None:
    """An output that is another, with all sums made anew, leads to another verdict."""
    good = bundle / folder_of("n-good") / "look-1.txt"
    good.write_text((bundle / folder_of("n-lost") / "look-1.txt").read_text())
    manifest = json.loads((bundle / "manifest.json").read_text())
    manifest["files"][str(good.relative_to(bundle))]["sha256"] = hashlib.sha256(good.read_bytes()).hexdigest()
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(CollectionError) as caught:
        judge_again(str(bundle))
    (found,) = (each for each in caught.value.result["nodes"] if each["name"] == "n-good")
    assert found["verdict"] == "failed"
    assert "n-good" in caught.value.message


def test_a_green_run_is_green_again(tmp_path: Path) -> None:
    seen = [each for each in observations() if each.subject.name == "n-good"]
    result = outcome(seen)
    kept(tmp_path / "b", seen, result)
    again = judge_again(str(tmp_path / "b"))
    assert (again["nodes"], again["summary"]["outcome"]) == (result["nodes"], "passed")


def test_findings_from_elsewhere_are_quoted_in_their_place(tmp_path: Path) -> None:
    seen = observations()
    result = outcome(seen)
    isolation = Finding("isolation", "no device", "2 devices", PLUGIN).to_dict()
    good = next(each for each in result["nodes"] if each["name"] == "n-good")
    good.update(verdict="failed", findings=[isolation, *good["findings"]])
    dra = next(each for each in result["nodes"] if each["name"] == "n-plugin")
    dra.update(verdict="unknown", findings=[Finding("resource", "x", "served by DRA", VERIFY_AGAIN).to_dict()])
    kept(tmp_path / "b", seen, {**result, "msg": "x"})
    with pytest.raises(CollectionError) as caught:
        judge_again(str(tmp_path / "b"))
    assert caught.value.result["nodes"] == result["nodes"]


def test_a_changed_byte_in_any_file_is_named(bundle: Path) -> None:
    for path in sorted(each for each in bundle.rglob("*") if each.is_file() and each.name != "manifest.json"):
        data = path.read_bytes()
        path.write_bytes(bytes([data[0] ^ 1]) + data[1:])
        with pytest.raises(BundleError, match=f"{path.relative_to(bundle)} has changed"):
            BundleReader(str(bundle))
        path.write_bytes(data)
    BundleReader(str(bundle))


def test_missing_and_added_files_are_named(bundle: Path) -> None:
    (bundle / "nodes" / "new.txt").write_text("x")
    (bundle / "versions.json").unlink()
    with pytest.raises(BundleError, match=r"versions.json is missing, nodes/new.txt is not in the manifest"):
        judge_again(str(bundle))


def test_a_link_is_no_file_of_a_bundle(bundle: Path) -> None:
    (bundle / "nodes" / "link").symlink_to("/etc")
    with pytest.raises(BundleError, match="nodes/link, which is neither a file nor a folder"):
        judge_again(str(bundle))


def test_a_bundle_that_was_cut_short_is_incomplete(tmp_path: Path) -> None:
    keeper = EvidenceKeeper(str(tmp_path / "b"), REQUEST)
    keeper.observe(observations()[0])
    with pytest.raises(BundleError, match="is incomplete: the run that wrote it was cut short"):
        judge_again(str(tmp_path / "b"))


@pytest.mark.parametrize(("make", "words"), [(False, "is not there"), (True, "it has no manifest.json")])
def test_what_is_no_bundle_is_said(tmp_path: Path, make: bool, words: str) -> None:
    folder = tmp_path / "b"
    if make:
        folder.mkdir()
    with pytest.raises(BundleError, match=words):
        judge_again(str(folder))


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": "other", "files": {}}', '{"files": {"a": 1}}'])
def test_a_manifest_that_is_none_is_refused(bundle: Path, content: str) -> None:
    (bundle / "manifest.json").write_text(content)
    with pytest.raises(BundleError, match=r"cannot be used: manifest.json"):
        judge_again(str(bundle))


@pytest.mark.parametrize("name", ["report.json", "judgements.json", "expectations.json", "look-1.json"])
@pytest.mark.parametrize("content", ["not json", "[]", "{}", '{"nodes": [{"name": "n-good"}]}', '{"nodes": 5}'])
def test_a_file_of_another_form_is_a_sentence(bundle: Path, name: str, content: str) -> None:
    path = bundle / folder_of("n-good") / name if name.startswith("look") else bundle / name
    path.write_text(content)
    manifest = json.loads((bundle / "manifest.json").read_text())
    manifest["files"][str(path.relative_to(bundle))]["sha256"] = hashlib.sha256(content.encode()).hexdigest()
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BundleError, match="cannot be used"):
        judge_again(str(bundle))


def test_an_earlier_bundle_is_replaced_and_other_directories_are_not(bundle: Path, tmp_path: Path) -> None:
    seen = [each for each in observations() if each.subject.name == "n-good"]
    kept(bundle, seen, outcome(seen))
    assert [each.name for each in (bundle / "nodes").iterdir()] == [folder_of("n-good").split("/")[1]]
    assert judge_again(str(bundle))["summary"]["total"] == 1
    (bundle / "notes.txt").write_text("mine")
    with pytest.raises(BundleError, match=r"holds notes.txt"):
        EvidenceKeeper(str(bundle), REQUEST)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "report.json").write_text("mine")
    with pytest.raises(BundleError, match=r"holds report.json"):
        EvidenceKeeper(str(tmp_path / "home"), REQUEST)
    with pytest.raises(BundleError, match="no directory"):
        EvidenceKeeper(str(bundle / "notes.txt"), REQUEST)


def test_a_disk_that_takes_nothing_is_told_at_the_end_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    keeper = EvidenceKeeper(str(tmp_path / "file" / "b"), REQUEST)
    for each in observations():
        keeper.observe(each)
    with pytest.raises(CollectionError, match=r"could not be written: .*Not a directory"):
        keeper.finish(outcome(observations()))


def test_statement_manifest_and_versions_say_what_they_should(bundle: Path) -> None:
    statement = json.loads((bundle / "statement.intoto.json").read_text())
    files = {str(each.relative_to(bundle)) for each in bundle.rglob("*") if each.is_file()}
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == PREDICATE_TYPE
    assert (ROOT / "docs" / "schemas" / PREDICATE_TYPE.rsplit("/", 1)[1]).exists()
    digests = {each["name"]: each["digest"]["sha256"] for each in statement["subject"]}
    assert digests.keys() == files - {"manifest.json", "statement.intoto.json"}
    assert all(hashlib.sha256((bundle / name).read_bytes()).hexdigest() == digest for name, digest in digests.items())
    assert all(is_ours(each) for each in files)
    versions = json.loads((bundle / "versions.json").read_text())
    assert versions == {"collection": COLLECTION_VERSION, "kubernetes": "v1.34.2", "images": [{"image": "a/b:1", "image_id": IMAGE_ID}]}
    assert statement["predicate"]["result"] == "FAILED"


def test_what_the_tool_printed_is_kept_as_it_was(bundle: Path) -> None:
    assert (bundle / folder_of("n-ecc") / "look-1.txt").read_text() == BAD_ECC
    assert sorted(each.name for each in (bundle / folder_of("n-flapping")).iterdir()) == [
        "look-1.json",
        "look-1.txt",
        "look-2.json",
        "look-3.json",
        "look-3.txt",
    ]


def test_no_annotation_gets_into_a_bundle(bundle: Path) -> None:
    assert not [each for each in bundle.rglob("*") if each.is_file() and "s3cret" in each.read_text()]


def test_folders_are_safe_and_differ() -> None:
    names = ["../../etc/passwd", "A", "a", "..", "", "x" * 300, "\x00", "ä", "a/b", "\ud800"]
    folders = [folder_of(each) for each in names]
    assert len(set(folders)) == len(names)
    assert all(is_ours(f"{each}/look-1.txt") and ".." not in each.split("/") and len(each) < 100 for each in folders)


class Cluster:
    """Tells its version, or refuses to."""

    def __init__(self, fails: bool = False) -> None:
        self._fails = fails

    def get(self, path: str) -> dict:
        assert path == "/version"
        if self._fails:
            raise ApiError("no", 403)
        return {"gitVersion": "v1.34.2"}


def evidence_run(**options: str) -> EvidenceRun:
    return EvidenceRun({"evidence": None, "from_evidence": None, "compare_with": None, "history": None, "history_keep": 30, **options})


def test_a_run_keeps_evidence_and_compares(bundle: Path, tmp_path: Path) -> None:
    seen = [each for each in observations() if each.subject.name == "n-good"]
    # The new bundle takes the place of the one that it is compared with.
    run = evidence_run(evidence=str(bundle), compare_with=str(bundle))
    assert not run.kept
    run.keep(Cluster(), REQUEST)
    for each in seen:
        run.observe(each)
    result = run.ended(lambda: outcome(seen))
    assert result["evidence"]["manifest_sha256"] == hashlib.sha256((bundle / "manifest.json").read_bytes()).hexdigest()
    assert len(result["comparison"]["missing"]) == len(LOOKS) + 5 - 1
    again = evidence_run(from_evidence=str(bundle), compare_with=str(bundle))
    assert again.kept
    assert again.judge_again()["comparison"]["missing"] == []


def test_a_run_that_failed_keeps_its_evidence_and_says_both(tmp_path: Path) -> None:
    seen = observations()

    def fails() -> dict:
        raise CollectionError("Not all is well.", **outcome(seen))

    run = evidence_run(evidence=str(tmp_path / "b"))
    run.keep(Cluster(fails=True), REQUEST)
    for each in seen:
        run.observe(each)
    with pytest.raises(CollectionError, match=r"Not all is well\.") as caught:
        run.ended(fails)
    assert caught.value.result["evidence"]["path"] == str(tmp_path / "b")
    assert json.loads((tmp_path / "b" / "report.json").read_text())["message"] == "Not all is well."
    (tmp_path / "file").write_text("")
    run = evidence_run(evidence=str(tmp_path / "file" / "b"))
    run.keep(Cluster(), REQUEST)
    run.observe(seen[0])
    with pytest.raises(CollectionError, match=r"^Not all is well\. The evidence bundle .* could not be written") as caught:
        run.ended(fails)
    assert len(caught.value.result["nodes"]) == len(LOOKS) + 5


def test_a_run_that_could_not_begin_leaves_no_bundle(tmp_path: Path) -> None:
    def fails() -> dict:
        raise ApiError("no connection")

    run = evidence_run(evidence=str(tmp_path / "b"))
    run.keep(Cluster(), REQUEST)
    with pytest.raises(ApiError):
        run.ended(fails)
    assert not os.path.exists(tmp_path / "b")
