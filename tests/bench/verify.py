"""A thousand nodes verified, beside what the cluster itself needs for the same Jobs, and beside a playbook of kubernetes.core's modules."""

from __future__ import annotations

import contextlib
import copy
import json
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.bench.bench import Bench
from tests.bench.figures import Figure, Goal
from tests.bench.fleet import INSTANCE_TYPE, JOBS, Fleet, fleet, name_of, wait
from tests.bench.measure import Usage
from tests.bench.programs import Programs
from tests.lab.nodes.api import Cache

SIZE, QUICK_SIZE = 1000, 50
PLAYBOOK_SIZE, QUICK_PLAYBOOK_SIZE = 20, 5
NAMESPACE = "accelerated-nodes-verify"
PATIENCE = 1800
MIB = 1 << 20
HOSTNAME = "kubernetes.io/hostname"
#: Labels that the server gives a Job's pods.
SERVERS = ("batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name", "controller-uid", "job-name")
VARIABLES = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
#: One node after the other, as one writes it without the collection; what it made is left to be removed.
PLAYBOOK = {
    "hosts": "localhost",
    "gather_facts": False,
    "tasks": [
        {"kubernetes.core.k8s": {"definition": "{{ item }}"}, "loop": "{{ jobs }}", "loop_control": {"label": "{{ item.metadata.name }}"}},
        {
            "kubernetes.core.k8s_info": {
                "api_version": "batch/v1",
                "kind": "Job",
                "namespace": NAMESPACE,
                "name": "{{ item.metadata.name }}",
                "wait": True,
                "wait_timeout": 300,
                "wait_condition": {"type": "Complete", "status": "True"},
            },
            "loop": "{{ jobs }}",
            "loop_control": {"label": "{{ item.metadata.name }}"},
        },
        {
            "kubernetes.core.k8s_log": {
                "api_version": "batch/v1",
                "kind": "Job",
                "namespace": NAMESPACE,
                "name": "{{ item.metadata.name }}",
            },
            "loop": "{{ jobs }}",
            "loop_control": {"label": "{{ item.metadata.name }}"},
        },
    ],
}


def run(bench: Bench) -> list[Figure]:
    """Ours on all nodes and on one, kubectl on all, and the playbook on a few."""
    size, few = (QUICK_SIZE, QUICK_PLAYBOOK_SIZE) if bench.quick else (SIZE, PLAYBOOK_SIZE)
    with fleet(bench.directory / "fleet") as many:
        many.grow(range(size))
        programs = Programs(many.state.kubeconfig, bench.directory / "home")
        first, template = _of_one(many, programs)
        jobs = [copied(template, number) for number in range(size)]
        ours = programs.ours("accelerator_verify", max_parallel=size, wait_timeout=PATIENCE).wait()
        wait(lambda: not many.jobs(NAMESPACE), "the module's Jobs do not go", 300)
        theirs = _by_kubectl(many, programs, jobs, bench.directory)
        many.clear(NAMESPACE)
        none, looped = (_by_playbook(programs, jobs[:number], bench.directory) for number in (0, few))
    return figures(size, few, (first, ours), theirs, (looped.seconds - none.seconds) / few)


def copied(job: dict[str, Any], number: int) -> dict[str, Any]:
    """The Job for the node of another number."""
    made = copy.deepcopy(job)
    made["metadata"]["name"] = f"copy-{number:05d}"
    made["spec"]["template"]["spec"]["nodeSelector"] = {HOSTNAME: name_of(number)}
    return made


def _of_one(many: Fleet, programs: Programs) -> tuple[Usage, dict[str, Any]]:
    """What it takes to verify one node, and the Job that did, as it was asked for."""
    program = programs.ours("accelerator_verify", nodes=[name_of(0)], wait_timeout=PATIENCE)
    wait(lambda: bool(many.jobs(NAMESPACE)) or not program.running, "the module makes no Job", 60, pause=0.02)
    made = many.jobs(NAMESPACE)[0]
    labels = {key: value for key, value in made["spec"]["template"]["metadata"]["labels"].items() if key not in SERVERS}
    template = {"metadata": {**made["spec"]["template"]["metadata"], "labels": labels}, "spec": made["spec"]["template"]["spec"]}
    kept = ("backoffLimit", "activeDeadlineSeconds", "ttlSecondsAfterFinished")
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"namespace": NAMESPACE, "labels": labels},
        "spec": {**{key: made["spec"][key] for key in kept}, "template": template},
    }
    return program.wait(), job


def _by_kubectl(many: Fleet, programs: Programs, jobs: list[dict[str, Any]], directory: Path) -> float:
    """Seconds from the start of ``kubectl create`` to when the last Job is complete."""
    path = directory / "jobs.json"
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": jobs}))
    with _watched(many) as seen:
        began = time.monotonic()
        creation = programs.kubectl("create", "-f", str(path))
        wait(lambda: _complete(seen) >= len(jobs), "the Jobs do not complete", PATIENCE, pause=0.1)
        seconds = time.monotonic() - began
        creation.wait()
    return seconds


@contextlib.contextmanager
def _watched(many: Fleet) -> Iterator[Cache]:
    """The Jobs, kept current by a watch: to list them again and again would keep the server from its work."""
    stop = threading.Event()
    cache = Cache(many.api, f"{JOBS}/namespaces/{NAMESPACE}/jobs", lambda: None, stop)
    try:
        yield cache
    finally:
        stop.set()


def _complete(seen: Cache) -> int:
    return sum(bool((job.get("status") or {}).get("completionTime")) for job in seen.all())


def _by_playbook(programs: Programs, jobs: list[dict[str, Any]], directory: Path) -> Usage:
    """The playbook's run over these Jobs."""
    path = directory / f"peer-{len(jobs)}.yml"
    path.write_text(yaml.safe_dump([{**PLAYBOOK, "vars": {**VARIABLES, "jobs": jobs}}]))
    command = (str(Path(sys.executable).with_name("ansible-playbook")), "-i", "localhost,", str(path))
    return programs.start(*command).wait()


def figures(size: int, few: int, usages: tuple[Usage, Usage], theirs: float, by_playbook: float) -> list[Figure]:
    """What was found: usages of one node and of all, seconds of the cluster alone, and seconds a node of the playbook.

    :raises RuntimeError: a node has not passed, so that the time was for something else.
    """
    one, all_of_them = usages
    counts = all_of_them.result["summary"]
    if counts["passed"] != size:
        raise RuntimeError(f"of {size} nodes {counts['passed']} have passed: {counts['text']}")
    what = f"{size:,} nodes of {INSTANCE_TYPE}"
    return [
        Figure(
            f"{what} verified",
            "s",
            all_of_them.seconds,
            "the cluster alone",
            theirs,
            Goal("ratio", 1.5),
            "the peer creates the same Jobs with kubectl; it reads no log and removes nothing",
        ),
        Figure(
            f"each of {what} verified",
            "s",
            all_of_them.seconds / size,
            "k8s, k8s_info and k8s_log in loops",
            by_playbook,
            Goal("ratio", 1 / 50),
            f"the peer on {few} nodes, without what a playbook costs to start",
        ),
        Figure(
            f"memory to verify {what}",
            "MiB",
            all_of_them.peak / MIB,
            "one node",
            one.peak / MIB,
            Goal("difference", 150),
            f"CPU {all_of_them.cpu:.1f} s",
        ),
    ]
