# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from ansible_collections.accelerated.nodes.plugins.module_utils.api._watch import Deadline
from ansible_collections.accelerated.nodes.plugins.module_utils.common._progress import Progress
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._look_again import repeated, settled
from ansible_collections.accelerated.nodes.plugins.module_utils.judging import _remedies as remedies
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._expectations import expectation
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._findings import Finding
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._verification import NodeResult, Subject

from tests.unit.plugins.clock import Clock

FABRIC = Finding("fabric", "Completed", "In Progress (fabric.state)", remedies.FABRIC_MANAGER, "device 0")
ECC = Finding("uncorrectable ECC errors", "0", "2", remedies.RESET_DEVICE, "device 3")


def test_what_is_waited_for_is_told_although_the_look_before_was_told_just_now(tmp_path):
    progress, clock = Progress(str(tmp_path / "progress")), Clock()
    progress(lambda: {"checks": "1 of 1 done"}, 1.0, last=True)
    cluster = Cluster(n=[[FABRIC], []])
    settled(cluster.look(["n"]), cluster.look, Deadline(60, clock), progress, clock.pause)
    progress(lambda: {"checks": "1 of 1 done"}, 1.0, last=True)
    cluster = Cluster(n=[[], []])
    repeated(cluster.look(["n"]), cluster.look, 2, progress, Deadline(60, clock))
    told = (tmp_path / "progress").read_text()
    assert "waiting for fabric to settle: In Progress" in told
    assert "repeat: look 2 of 2" in told


class Cluster:
    """Nodes that each show one list of findings a look, the last one for ever; no list at all is a node that is gone."""

    def __init__(self, **nodes):
        self.nodes, self.asked = nodes, []

    def look(self, names):
        self.asked.append(list(names))
        return [self.result(name) for name in names if self.nodes[name]]

    def result(self, name):
        looks = self.nodes[name]
        findings = looks.pop(0) if len(looks) > 1 else looks[0]
        subject = Subject(name, {"metadata": {"name": name}}, None, expectation("p5.48xlarge", {}))
        return NodeResult(subject, "failed" if findings else "passed", tuple(findings))


class Said:
    def __init__(self):
        self.lines = []

    def __call__(self, lines, elapsed, changed=True, last=False):
        self.lines.append(lines())


def settle(cluster, seconds=60):
    clock, said = Clock(), Said()
    results = settled(cluster.look(list(cluster.nodes)), cluster.look, Deadline(seconds, clock), said, clock.pause)
    return [each.verdict for each in results], clock.now, said.lines


def test_settled_looks_again_at_what_settles_only_until_it_has():
    cluster = Cluster(a=[[FABRIC], [FABRIC], []], b=[[ECC]], c=[[]])
    verdicts, seconds, lines = settle(cluster)
    assert verdicts == ["passed", "failed", "passed"]
    assert cluster.asked == [["a", "b", "c"], ["a"], ["a"]]
    assert seconds == 10
    assert lines == [{"a": "waiting for fabric to settle: In Progress (fabric.state)"}] * 2


def test_settled_gives_up_in_time_and_keeps_the_last_word():
    verdicts, seconds, _lines = settle(Cluster(a=[[FABRIC]]), seconds=12)
    assert (verdicts, seconds) == (["failed"], 12)


def test_settled_does_not_wait_without_a_time_to():
    assert settle(Cluster(a=[[FABRIC], []]), seconds=0) == (["failed"], 0, [])


def test_settled_keeps_what_was_last_seen_of_a_node_that_is_gone():
    cluster = Cluster(a=[[FABRIC]])
    first = cluster.look(["a"])
    cluster.nodes["a"] = []
    clock = Clock()
    assert settled(first, cluster.look, Deadline(12, clock), Said(), clock.pause) == first


def repeat(cluster, times):
    said = Said()
    results = repeated(cluster.look(list(cluster.nodes)), cluster.look, times, said, Deadline(60, Clock()))
    return [each.verdict for each in results], results, said.lines


def test_repeated_passes_a_node_that_is_good_each_time_and_fails_one_that_is_not():
    cluster = Cluster(a=[[]], b=[[], [], [ECC]])
    verdicts, results, lines = repeat(cluster, 3)
    assert verdicts == ["passed", "failed"]
    assert results[1].findings[0].found.startswith("bad in look 3:")
    assert lines == [{"repeat": "look 2 of 3"}, {"repeat": "look 3 of 3"}]


def test_repeated_once_looks_no_more():
    cluster = Cluster(a=[[]])
    assert repeat(cluster, 1)[0] == ["passed"]
    assert cluster.asked == [["a"]]
