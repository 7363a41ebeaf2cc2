"""The job templates of extensions/awx under ansible-runner, as AWX runs them, on the lab.

There is no AWX here. The second cluster is an API server of its own with Karpenter's definitions and nothing else (tests/lab/proxy), the twin is
the lab's under another name.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.awx_desk import Desk
from tests.integration.awx_job import Credential, Json, Outcome
from tests.integration.patience import eventually
from tests.lab.nodes import faults
from tests.lab.nodes.api import Api
from tests.lab.proxy.control_plane import ControlPlane
from tests.unit.awx.awx_data import items

pytestmark = pytest.mark.lab

LINE = re.compile(r"\[lab\] (?P<text>.+) \(\d+ s\)")
JOBS = "/apis/batch/v1/jobs?labelSelector=app.kubernetes.io/managed-by=accelerated.nodes"
PATIENCE = 120.0


@pytest.fixture(scope="module")
def desk(lab: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    desk = Desk(lab, tmp_path_factory.mktemp("awx"))
    desk.account()
    yield desk
    desk.close()


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    plane = ControlPlane(tmp_path_factory.mktemp("other") / "plane")
    plane.up()
    yield plane
    plane.down()


def beside_another(desk: Desk, other: ControlPlane, **variables: str) -> tuple[Json, list[Credential]]:
    """The lab and the second cluster as hosts, the latter with these variables besides, and credentials for both."""
    hosts = {"lab": {**desk.host, "eks_context": "lab"}, "other-1": {**desk.host, "eks_context": "other", **variables}}
    return hosts, [desk.aws(), desk.kubeconfig(other=other.state.kubeconfig)]


def check_well(desk: Desk, outcome: Outcome) -> Json:
    """See that a job was successful and told nobody a secret; returns its statistics."""
    assert (outcome.status, outcome.rc) == ("successful", 0), outcome.output
    return check_secrets(desk, outcome)


def check_secrets(desk: Desk, outcome: Outcome) -> Json:
    assert outcome.events and "Traceback" not in outcome.output
    assert outcome.leaks(desk.secrets) == []
    return outcome.statistics


@pytest.mark.usefixtures("installed")
def test_built_in_credentials_are_enough_and_two_clusters_do_not_overwrite_each_other(desk: Desk) -> None:
    hosts = {"lab": desk.host, "lab-twin": desk.host}
    # The whole of it is among the long ones.
    left = check_well(desk, desk.job("preflight", hosts, [desk.aws(), desk.bearer()], options=["--tags", "preflight"]).run())
    assert set(left) == {"accelerated_preflight_lab", "accelerated_preflight_lab_twin"}
    assert all(each["ok"] and each["cluster"] == "lab" for each in left.values())


WRONG: list[tuple[str, Json, str]] = [
    ("verify", {"accelerator_verify_level": "thorough"}, "value of accelerator_verify_level must be one of: quick, full, got: thorough"),
    (
        "teardown",
        {"accelerated_confirm": "another"},
        "lab is not removed, and neither is any other cluster: accelerated_confirm names another",
    ),
]
MORE_WRONG: list[tuple[str, Json, str]] = [
    ("preflight", {"preflight_skip": ["sub-nets"]}, "sub-nets"),
    ("install", {"karpenter_wait_timeout": "soon"}, "karpenter_wait_timeout"),
    ("install", {"node_pools_wait_timeout": "0"}, "node_pools_wait_timeout is 0, and must be 1 second or more"),
    ("verify", {"accelerator_verify_mark": "perhaps"}, "accelerator_verify_mark"),
    ("verify", {"accelerator_verify_min_coverage": 101}, "min_coverage is 101, but must be a whole number of percent"),
    ("verify node", {"accelerator_verify_label_selectors": "a in b"}, "Correct the label selector 'a in b'"),
    ("upgrade", {"karpenter_chart_version": "latest"}, "latest"),
    ("llmaz", {"llmaz_model_timeout": "soon"}, "llmaz_model_timeout"),
    ("teardown", {"accelerated_confirm": "lab", "node_pools_drain_timeout": "-1"}, "node_pools_drain_timeout is -1"),
]


# A verification that was refused says so in its report, too: one of an earlier run that was green must not stay there.
FOR_THE_REPORT = "Make the directory of the reports"


def refused(desk: Desk, name: str, wrong: Json, says: str) -> None:
    outcome = desk.job(name, answers=wrong).run()
    assert (outcome.status, outcome.rc != 0) == ("failed", True), outcome.output
    assert any(says in message for message in outcome.messages), outcome.output
    changed = [
        each["event_data"] for each in outcome.events if each["event"] == "runner_on_ok" and each["event_data"]["res"].get("changed")
    ]
    assert {each["task"] for each in changed} <= {FOR_THE_REPORT}
    check_secrets(desk, outcome)


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(("name", "wrong", "says"), WRONG, ids=lambda value: value if isinstance(value, str) and " " not in value else None)
def test_a_wrong_answer_is_refused(desk: Desk, name: str, wrong: Json, says: str) -> None:
    refused(desk, name, wrong, says)


def test_a_workflow_that_went_wrong_ends_in_a_job_that_says_where_and_fails(desk: Desk) -> None:
    left = {
        "accelerated_preflight_lab": {"ok": True},
        "accelerated_install_lab": {"ok": False, "message": "It has not come to its end."},
        "accelerated_install_lab_twin": {"ok": True},
    }
    outcome = desk.job("explain", artifacts=left).run()
    assert outcome.status == "failed"
    assert outcome.messages == ["Cluster lab: install: It has not come to its end."]


# From here on: from a bare cluster through every template, and back. Longer than a test of every day.


@pytest.fixture(scope="module")
def installed_by_jobs(desk: Desk, other: ControlPlane) -> Iterator[Json]:
    """What a job of the template install has made, as loud as it can be; removed by a job of teardown."""
    outcome = desk.job("install", options=["-vvv"]).run()
    yield check_well(desk, outcome)
    # Two clusters at once; there is nothing to remove from the second.
    left = check_well(
        desk,
        desk.job(
            "teardown", *beside_another(desk, other, eks_cluster_name="other"), answers={"accelerated_confirm": "lab\nother-1\n"}
        ).run(),
    )
    assert left["accelerated_teardown_lab"]["ok"]
    assert left["accelerated_teardown_other_1"]["ok"]


@pytest.fixture(scope="module")
def verified(desk: Desk, installed_by_jobs: Json) -> Json:
    """A node, and what a job of the template verify has found."""
    return check_well(desk, desk.job("verify", answers={"accelerator_verify_node_pools": "gpu\r\n"}).run())


@pytest.mark.proof
@pytest.mark.parametrize(("name", "wrong", "says"), MORE_WRONG)
def test_wrong_answers_are_refused(desk: Desk, name: str, wrong: Json, says: str) -> None:
    refused(desk, name, wrong, says)


@pytest.mark.proof
def test_an_installation_leaves_what_it_has_made(installed_by_jobs: Json) -> None:
    left = installed_by_jobs
    assert left["accelerated_install_lab"] == {
        "ok": True, "cluster": "lab", "region": "us-west-2", "message": "", "karpenter_version": "1.14.3", "node_pools": ["gpu"],
    }  # fmt: skip
    assert left["accelerated_preflight_lab"]["ok"]


@pytest.mark.proof
def test_a_verification_leaves_its_verdict(verified: Json) -> None:
    left = verified["accelerated_verify_lab"]
    assert left["ok"] and left["summary"]["text"] == "verified 1 of 1 nodes"
    assert left["not_passed"] == [] and left["changes"] is None


@pytest.mark.proof
@pytest.mark.usefixtures("verified")
def test_one_clusters_failure_leaves_the_others_verdict(desk: Desk, other: ControlPlane) -> None:
    """In one job, and in slices, of whose artifacts a workflow keeps all names."""
    hosts, credentials = beside_another(desk, other)
    outcome = desk.job("verify", hosts, credentials).run()
    assert outcome.status == "failed"
    whole = check_secrets(desk, outcome)
    slices: dict[str, Outcome] = {}

    def run_slice(name: str) -> None:
        slices[name] = desk.job("verify", {name: hosts[name]}, credentials).run()

    threads = [threading.Thread(target=run_slice, args=(name,)) for name in hosts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {name: each.status for name, each in slices.items()} == {"lab": "successful", "other-1": "failed"}
    handed_on: Json = {}
    for each in slices.values():
        handed_on.update(check_secrets(desk, each))
    for left in (whole, handed_on):
        assert {name: each["ok"] for name, each in left.items()} == {"accelerated_verify_lab": True, "accelerated_verify_other_1": False}
        assert left["accelerated_verify_other_1"]["message"]


@pytest.mark.proof
@pytest.mark.usefixtures("verified")
def test_a_job_that_is_cancelled_while_it_tells_its_progress_leaves_nothing(desk: Desk, lab: dict[str, str]) -> None:
    """It is cancelled upon a line of progress: had the lines come at its end, there would be nothing to cancel."""
    faults.set_fault("tool-hangs", {"node-pool": "gpu"}, Path(lab["LAB_DIR"]))
    api = Api(Path(lab["KUBECONFIG"]))
    seen: list[str] = []

    def checking(event: Json) -> bool:
        seen.extend(match["text"] for match in LINE.finditer(event.get("stdout") or ""))
        return bool(seen) and bool(api.request("GET", JOBS)["items"])

    try:
        outcome = desk.job("verify").run(until=checking)
    finally:
        faults.clear_fault("tool-hangs", Path(lab["LAB_DIR"]))
    assert outcome.status == "canceled"
    check_secrets(desk, outcome)
    eventually(lambda: not api.request("GET", JOBS)["items"], "the Jobs of the cancelled verification are gone", PATIENCE)
    assert check_well(desk, desk.job("verify").run())["accelerated_verify_lab"]["ok"]


# Where a job is cancelled: in the play whose name begins so, in this role.
CANCELLED = {
    "preflight": ("Refuse", "preflight"),
    "install": ("Install", "karpenter"),
    "upgrade": ("Upgrade", "karpenter"),
    "llmaz": ("Serve", "llmaz"),
    "teardown": ("Remove", "node_pools"),
}


@pytest.mark.proof
@pytest.mark.usefixtures("installed_by_jobs")
@pytest.mark.parametrize("name", CANCELLED)
def test_what_was_cancelled_is_taken_up_again(desk: Desk, name: str) -> None:
    """By a second run; what was being removed, by an installation."""
    play, role = CANCELLED[name]

    def in_the_middle(event: Json) -> bool:
        about = event["event_data"]
        return about.get("play", "").startswith(play) and about.get("resolved_role") == f"accelerated.nodes.{role}"

    told = {"answers": {"accelerated_confirm": "lab"}} if name == "teardown" else {}
    outcome = desk.job(name, **told).run(until=in_the_middle)
    assert outcome.status == "canceled"
    assert not check_secrets(desk, outcome).get(f"accelerated_{name}_lab", {}).get("ok")
    again = "install" if name == "teardown" else name
    assert check_well(desk, desk.job(again).run())[f"accelerated_{again}_lab"]["ok"]


@pytest.mark.proof
@pytest.mark.usefixtures("installed_by_jobs")
@pytest.mark.parametrize("name", ["preflight", "install", "upgrade", "llmaz"])
def test_a_cluster_that_is_none_does_not_keep_the_other_from_its_end(desk: Desk, other: ControlPlane, name: str) -> None:
    """Two clusters in one job; AWS knows nothing of the second."""
    outcome = desk.job(name, *beside_another(desk, other, eks_cluster_name="other")).run()
    assert outcome.status == "failed"
    left = check_secrets(desk, outcome)
    assert left[f"accelerated_{name}_lab"]["ok"]
    assert not left.get(f"accelerated_{name}_other_1", {}).get("ok")
    assert any("other" in message for message in outcome.messages), outcome.output


@pytest.mark.proof
@pytest.mark.usefixtures("verified")
def test_the_nightly_verification_says_what_has_changed(desk: Desk, lab: dict[str, str], tmp_path: Path) -> None:
    """The mount of the container group is a directory here; each job has a directory of its own besides, as in AWX."""

    def night() -> tuple[Outcome, Json]:
        job = desk.job("nightly verify", answers={"accelerator_verify_history_dir": str(tmp_path)}, credentials=[desk.aws(), desk.bearer()])
        outcome = job.run()
        return outcome, check_secrets(desk, outcome)["accelerated_verify_lab"]

    first, left = night()
    assert left["ok"] and left["changes"] is None
    assert left["history"]["text"] in first.output and left["history"]["text"].startswith("Nothing to compare with")
    faults.set_fault("ecc-errors", {"node-pool": "gpu"}, Path(lab["LAB_DIR"]))
    try:
        second, left = night()
    finally:
        faults.clear_fault("ecc-errors", Path(lab["LAB_DIR"]))
    assert not left["ok"] and left["changes"]["counts"]["new"] == len(left["changes"]["new"]) > 0
    assert left["changes"]["new"][0]["check"] == "uncorrectable ECC errors" and left["changes"]["with"].startswith(str(tmp_path / "lab"))
    assert "New findings: gpu/" in second.output
    bundles = sorted((tmp_path / "lab").iterdir())
    (bundles[-1] / "manifest.json").write_text("{}")
    third, left = night()
    assert left["ok"] and left["history"]["compared_with"] == str(bundles[0])
    (trouble,) = left["history"]["troubles"]
    assert str(bundles[1]) in trouble and trouble in third.output


@pytest.mark.proof
@pytest.mark.usefixtures("installed_by_jobs")
@pytest.mark.parametrize("name", ["preflight", "upgrade", "llmaz"])
def test_a_template_runs_with_its_surveys_defaults(desk: Desk, name: str) -> None:
    left = check_well(desk, desk.job(name, credentials=[desk.aws(), desk.bearer(verify_ssl=False)]).run())
    assert all(each["ok"] for each in left.values())
    assert f"accelerated_{name}_lab" in left


@pytest.mark.proof
@pytest.mark.usefixtures("installed_by_jobs")
def test_an_event_has_its_node_verified(desk: Desk, lab: dict[str, str]) -> None:
    check_well(desk, desk.job("verify").run())  # Which asks for a node, where there is none.
    nodes = Api(Path(lab["KUBECONFIG"])).request("GET", "/api/v1/nodes?labelSelector=karpenter.sh/nodepool=gpu")["items"]
    name = nodes[0]["metadata"]["labels"]["kubernetes.io/hostname"]
    outcome = desk.job("verify node", answers={"accelerator_verify_label_selectors": [f"kubernetes.io/hostname={name}"]}).run()
    assert check_well(desk, outcome)["accelerated_verify_lab"]["summary"]["text"] == "verified 1 of 1 nodes"


def test_every_template_is_run_here() -> None:
    """Of those whose names stand in a call or a table of this file."""
    text = Path(__file__).read_text()
    ran = set(re.findall(r'desk\.job\("([a-z ]+)"', text)) | set(CANCELLED) | {name for name, _wrong, _says in (*WRONG, *MORE_WRONG)}
    assert {item["name"].removeprefix("accelerated.nodes ") for item in items("controller_templates")} <= ran
