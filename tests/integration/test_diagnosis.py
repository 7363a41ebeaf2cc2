"""Each thing that can be wrong with a NodeClaim, made on the lab: the wait names it, in the system's own words, and says what to do.

The reasons are the real Karpenter's, except those of rows that say otherwise (``situations.py``).
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock, Thread
from typing import Any

import pytest

from tests.integration.lab_cluster import LabCluster, one_line, pod, replica_set
from tests.integration.situations import DEFAULTS, NVIDIA, SITUATIONS, Situation
from tests.lab.nodes import faults
from tests.lab.state import State

pytestmark = [pytest.mark.lab, pytest.mark.faults]

COLLECTIONS = Path(__file__).resolve().parents[2] / ".build" / "collections"
WAIT_MODULE = "ansible_collections.accelerated.nodes.plugins.modules.nodeclaim_wait"

#: Deadlines (seconds) of waits that end early, which begin before there is a reason, and of those that last, which begin when it is
#: there: the next where the machine was too busy for the wait to read the cause within the last.
LONG, SHORT = 240, (8, 24, 72)

#: What a wait says that could not read the cause, or anything, within its deadline.
NOT_IN_TIME = ("The cause could not be read in time.", "ConnectionLost")

#: How often a situation that is a matter of luck is made.
TRIES = 4

#: Situations that stand side by side: the lab itself needs the processors too.
SIDE_BY_SIDE = 12

#: The deadline (seconds) of waits that end well, once what is wrong is mended: Karpenter tries types that AWS did not have again
#: after three minutes.
MENDED = 420


@dataclass(frozen=True)
class Outcome:
    """How a wait ended: its result as JSON, what it wrote beside it, and the cluster's events about the pool and what is named after it."""

    result: dict[str, Any]
    stderr: str
    events: str = ""


class Stage:
    """Makes situations and waits for each with the module, run as a process."""

    def __init__(self, lab: dict[str, str], directory: Path) -> None:
        self._lab, self._directory = lab, directory
        self.cluster = LabCluster(State.load())
        self.lab_dir = Path(lab["LAB_DIR"])
        self._faults = Lock()

    def wait(self, name: str, **options: Any) -> Outcome:
        """Run nodeclaim_wait for the pool ``name``."""
        arguments = self._directory / f"{name}.json"
        arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": {"node_pools": [name], **options}}))
        command = [sys.executable, "-m", WAIT_MODULE, str(arguments)]
        done = subprocess.run(command, cwd=COLLECTIONS, env=self._lab, capture_output=True, text=True, check=False)
        assert done.stdout.strip().startswith("{"), f"the module printed no result: {done.stdout}{done.stderr}"
        return Outcome(json.loads(done.stdout), done.stderr)

    def turn(self, fault: str, name: str, on: bool = True, **arguments: str) -> None:
        """Turn a fault on or off for the pool ``name`` alone, as far as the fault can be limited."""
        limits = {limit: name for limit in ("node-pool", "node-class") if limit in faults.FAULTS[fault].arguments}
        with self._faults:
            if on:
                faults.set_fault(f"{fault}:{name}", {**limits, **arguments}, self.lab_dir)
            else:
                faults.clear_fault(f"{fault}:{name}", self.lab_dir)

    def play(self, situation: Situation) -> Outcome:
        """Make a situation, have the module wait for what it spoils, and take it away again; one that is a matter of luck more than once."""
        outcome = next(filter(None, (self._play_once(situation) for _try in range(TRIES))), None)
        assert outcome, f"{situation.name} has not come about in {TRIES} tries"
        return outcome

    def _play_once(self, situation: Situation) -> Outcome | None:
        """How the wait ended; None where there was nothing wrong to be found, as can be by bad luck."""
        try:
            self._make(situation)
            outcome = replace(self._judge(situation), events=self.cluster.story(situation.name))
            by_luck = situation.chancy and not outcome.result.get("failed") and not situation.sign(self.cluster, situation.name)
            return None if by_luck else outcome
        finally:
            self._undo(situation)

    def _make(self, situation: Situation) -> None:
        """Bring its faults, pool and pod about."""
        for fault, arguments in situation.faults.items():
            self.turn(fault, situation.name, **arguments)
        if situation.before:
            situation.before(self.cluster, situation.name)
        if situation.pool is not None:
            self.cluster.apply(*manifests(situation))
        if situation.settled:
            self.cluster.eventually(lambda: self.cluster.is_ready(situation.name), f"NodePool {situation.name} is ready")
        if situation.wants:
            self.cluster.apply(pod(situation.name, situation.wants, situation.tolerates))

    def _judge(self, situation: Situation) -> Outcome:
        """Run the module: at once where it ends by itself, else once the situation has come about."""
        name, cluster = situation.name, self.cluster
        if situation.act:
            cluster.eventually(lambda: situation.first(cluster, name), f"{name} can be brought about")
            situation.act(cluster, name)
        early = self.wait(name, wait_timeout=LONG, **situation.options) if situation.early else None
        if early and not early.result.get("failed"):
            return early
        cluster.eventually(lambda: situation.sign(cluster, name), f"{situation.by} says what {name} is about")
        return early or self._wait_long_enough(name, **situation.options)

    def _wait_long_enough(self, name: str, **options: Any) -> Outcome:
        """How the first wait ended that could read the cause, or the last."""
        for seconds in SHORT:
            outcome = self.wait(name, wait_timeout=seconds, **options)
            if not any(words in outcome.result["msg"] for words in NOT_IN_TIME):
                break
        return outcome

    def _undo(self, situation: Situation) -> None:
        """Remove what was made while its faults last: Karpenter remembers for a day which AMIs it found."""
        if situation.undo:
            self._mend(situation)
            situation.undo(self.cluster, situation.name)
        self.cluster.remove(situation.name)
        self.cluster.await_removal(situation.name)
        self._mend(situation)

    def _mend(self, situation: Situation) -> None:
        for fault in situation.faults:
            self.turn(fault, situation.name, on=False)

    def progress(self, name: str) -> str:
        """What the wait for the pool ``name`` has shown so far."""
        path = self._directory / f"{name}.progress"
        return path.read_text() if path.exists() else ""

    def begin(self, name: str, **options: Any) -> Future[Outcome]:
        """Begin a wait that is expected to end well; gives how it ends."""
        ended: Future[Outcome] = Future()

        def follow() -> None:
            try:
                ended.set_result(self.wait(name, wait_timeout=MENDED, progress_file=str(self._directory / f"{name}.progress"), **options))
            except (AssertionError, OSError) as error:
                ended.set_exception(error)

        Thread(target=follow, name=name, daemon=True).start()
        return ended


def manifests(situation: Situation) -> list[dict[str, Any]]:
    """The situation's pool, as the collection's filter renders it, with the row's edits."""
    rendered = rendered_pool(situation.name, **(situation.pool or {}))
    situation.edit(rendered)
    return rendered


def rendered_pool(name: str, **description: Any) -> list[dict[str, Any]]:
    """EC2NodeClass and NodePool of a short description."""
    if str(COLLECTIONS) not in sys.path:
        sys.path.append(str(COLLECTIONS))
    from ansible_collections.accelerated.nodes.plugins.plugin_utils.filters._node_pools import node_pool

    rendered = node_pool({"name": name, "allow_unlimited_accelerators": True, **description}, DEFAULTS)
    return [each | {"metadata": {**each["metadata"], "labels": {"situation": name}}} for each in rendered]


def capacity_comes_back(stage: Stage, name: str) -> Outcome:
    """Two pods, each content with one instance type alone; AWS has neither, and has them again once both were tried."""
    cluster, types = stage.cluster, ("g6.xlarge", "g6.2xlarge")
    stage.turn("no-capacity", name)
    cluster.apply(*rendered_pool(name, instance_types=list(types)))
    ended = stage.begin(name, count=2)
    cluster.eventually(lambda: bool(stage.progress(name)), "the wait looks, before NodeClaims come and go within seconds")
    for number, instance_type in enumerate(types):
        selector = {"node.kubernetes.io/instance-type": instance_type}
        cluster.apply(pod(f"{name}-{number}", {NVIDIA: 1}, [NVIDIA], name, **selector))
    cluster.eventually(lambda: all(f"sufficient {each} capacity" in refusals(cluster, name) for each in types), "both types are refused")
    stage.turn("no-capacity", name, on=False)
    return ended.result()


def refusals(cluster: LabCluster, name: str) -> str:
    """What was said about NodeClaims of the pool that found no capacity."""
    about = (event for event in cluster.events("NodeClaim") if event["involvedObject"].get("name", "").rpartition("-")[0] == name)
    return " ".join(event["message"] for event in about if event.get("reason") == "InsufficientCapacityError")


def slow_node(stage: Stage, name: str) -> Outcome:
    """A node that takes its time."""
    stage.turn("slow-node", name, seconds="15")
    stage.cluster.apply(*rendered_pool(name, instance_types=["g4dn.xlarge"]), pod(name, {NVIDIA: 1}, [NVIDIA]))
    return stage.begin(name).result()


def spot_taken_back(stage: Stage, name: str) -> Outcome:
    """AWS takes a Spot instance back while the wait needs one more; afterwards there are two."""
    cluster = stage.cluster
    cluster.apply(*rendered_pool(name, instance_types=["g6e.2xlarge"], capacity_types=["spot"]))
    cluster.apply(replica_set(pod(name, {NVIDIA: 1}, [NVIDIA])))
    ended = stage.begin(name, count=2)
    cluster.eventually(lambda: "1 of " in stage.progress(name), "the wait has seen the node that AWS will take")
    first = {claim["metadata"]["name"] for claim in cluster.claims(name)}
    stage.turn("spot-interruption", name)
    cluster.eventually(lambda: not first & {claim["metadata"]["name"] for claim in cluster.claims(name)}, "the NodeClaim is gone")
    stage.turn("spot-interruption", name, on=False)
    cluster.scale(name, 2)
    return ended.result()


#: What goes wrong and is mended while a wait lasts, by the pool's name.
TALES: dict[str, Callable[[Stage, str], Outcome]] = {
    "capacity-comes-back": capacity_comes_back,
    "slow-node": slow_node,
    "spot-taken-back": spot_taken_back,
}


@pytest.fixture(scope="module")
def stage(play: Callable[..., str], installed: None, lab: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A cluster with Karpenter and NVIDIA's device plugin, no Neuron plugin and no pool."""
    play("accelerated.nodes.teardown", "--tags", "neuron")
    made = Stage(lab, tmp_path_factory.mktemp("waits"))
    yield made
    made.cluster.close()
    faults.clear_fault(lab_dir=Path(lab["LAB_DIR"]))
    play("accelerated.nodes.install", "--tags", "neuron")


@pytest.fixture(scope="module")
def tales(stage: Stage, request: pytest.FixtureRequest) -> Iterator[dict[str, Future[Outcome]]]:
    """How the waits of the tales end; they begin with the first situation, as the longest takes minutes of waiting."""
    asked = chosen(request, "tale")
    with ThreadPoolExecutor(max(len(asked), 1)) as threads:
        yield {name: threads.submit(TALES[name], stage, name) for name in asked}
    for name in asked:
        for fault in ("no-capacity", "slow-node", "spot-interruption"):
            stage.turn(fault, name, on=False)
        stage.cluster.remove(name)
    for name in asked:
        stage.cluster.await_removal(name)


def chosen(request: pytest.FixtureRequest, parameter: str) -> list[Any]:
    """The values of a parameter of this file's tests that were chosen for this run."""
    items = (item for item in request.session.items if getattr(item, "module", None) is request.module)
    params = (item.callspec.params for item in items if hasattr(item, "callspec"))
    return [each[parameter] for each in params if parameter in each]


@pytest.fixture(scope="module")
def outcomes(stage: Stage, tales: dict[str, Future[Outcome]], request: pytest.FixtureRequest) -> Iterator[Callable[[Situation], Outcome]]:
    """How the wait for a situation ended; those of a wave are played together, when the first of them is asked for."""
    ended: dict[str, Future[Outcome]] = {}

    def outcome(situation: Situation) -> Outcome:
        if situation.name not in ended:
            with ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
                wave = [each for each in chosen(request, "situation") if each.wave == situation.wave]
                ended.update({each.name: threads.submit(stage.play, each) for each in wave})
        return ended[situation.name].result()

    yield outcome


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.name)
def test_wait_names_what_is_wrong(situation: Situation, outcomes: Callable[[Situation], Outcome]) -> None:
    outcome = outcomes(situation)
    result, verdict = outcome.result, outcome.result.get("verdict", {})
    assert result.get("failed"), f"a false success: {result}"
    assert verdict.get("reason") == situation.reason, f"{result['msg']}\n{outcome.events}"
    assert [words for words in situation.words if words not in one_line(verdict["message"])] == [], verdict
    assert verdict["explanation"]
    assert verdict["next_step"]
    assert "{" not in verdict["explanation"] + verdict["next_step"], verdict
    assert "Traceback" not in result["msg"] + outcome.stderr
    if situation.early:
        assert result["elapsed"] < LONG, result["msg"]
        assert "cannot help" in result["msg"]
    else:
        assert result["elapsed"] >= SHORT[0], result["msg"]


@pytest.mark.parametrize("tale", ["slow-node"])
def test_wait_shows_what_it_waits_for(tale: str, tales: dict[str, Future[Outcome]], stage: Stage) -> None:
    assert_ready(tales[tale].result(), 1)
    assert "Launched" in stage.progress(tale)
    assert "1 of 1 ready" in stage.progress(tale)


@pytest.mark.parametrize("tale", ["spot-taken-back"])
def test_wait_outlasts_an_interruption(tale: str, tales: dict[str, Future[Outcome]]) -> None:
    result = tales[tale].result().result
    assert_ready(tales[tale].result(), 2)
    ends = [entry["end"]["reason"] for entry in result["ledger"] if entry["end"]]
    assert "SpotInterrupted" in ends


@pytest.mark.parametrize("tale", ["capacity-comes-back"])
def test_wait_outlasts_missing_capacity(tale: str, tales: dict[str, Future[Outcome]]) -> None:
    result = tales[tale].result().result
    assert_ready(tales[tale].result(), 2)
    ended = [entry for entry in result["ledger"] if entry["end"]]
    assert len(ended) >= 2
    assert {entry["end"]["reason"] for entry in ended} == {"InsufficientCapacityError"}
    assert not {entry["name"] for entry in ended} & {claim["name"] for claim in result["nodeclaims"]}


def assert_ready(outcome: Outcome, count: int) -> None:
    """The wait ended well, with so many NodeClaims."""
    assert not outcome.result.get("failed"), outcome.result["msg"]
    assert [claim["phase"] for claim in outcome.result["nodeclaims"]] == ["Ready"] * count
    assert "Traceback" not in outcome.stderr
