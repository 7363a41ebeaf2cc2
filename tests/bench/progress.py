"""What progress costs: a wait of a minute whose claims change each second, with progress lines and without."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.bench.bench import Bench
from tests.bench.claims import status
from tests.bench.figures import Figure
from tests.bench.measure import Program
from tests.lab.state import CHECKOUT

ROUNDS = 3
SECONDS, QUICK_SECONDS = 60, 10
SIZE = 4
SELECTION = {"node_pools": ["bench"], "wait_timeout": 300}


def run(bench: Bench) -> list[Figure]:
    """The module by itself, and the playbook that shows the lines, each beside its like without progress; two at a time, so that both
    meet the same machine.
    """
    bench.claims.clear()
    bench.claims.create(range(SIZE), ready=False)
    pairs = {"nodeclaim_wait": _modules(bench), "ansible-playbook": _playbooks(bench)}
    return [figure for what, pair in pairs.items() for figure in _figures(bench, what, *pair)]


def _modules(bench: Bench) -> tuple[Callable[[], Program], Callable[[], Program]]:
    lines = bench.directory / "progress.txt"
    return (
        lambda: bench.programs.ours("nodeclaim_wait", **SELECTION, progress_file=str(lines)),
        lambda: bench.programs.ours("nodeclaim_wait", **SELECTION),
    )


def _playbooks(bench: Bench) -> tuple[Callable[[], Program], Callable[[], Program]]:
    """Without progress: the collection without its action plugins, so that the module runs as any other."""
    playbook = bench.directory / "wait.yml"
    variables = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    play = {"hosts": "localhost", "gather_facts": False, "vars": variables, "tasks": [{"accelerated.nodes.nodeclaim_wait": SELECTION}]}
    playbook.write_text(json.dumps([play]))
    without = _without_actions(bench.directory / "collections")
    command = (str(Path(sys.executable).with_name("ansible-playbook")), "-i", "localhost,", str(playbook))
    return (
        lambda: bench.programs.start(*command),
        lambda: bench.programs.start(*command, ANSIBLE_COLLECTIONS_PATH=str(without)),
    )


def _without_actions(root: Path) -> Path:
    """A tree of links to the collection that lacks plugins/action."""
    plugins = root / "ansible_collections" / "accelerated" / "nodes" / "plugins"
    plugins.mkdir(parents=True)
    for name in ("galaxy.yml", "meta"):
        (plugins.parent / name).symlink_to(CHECKOUT / name)
    for folder in (CHECKOUT / "plugins").iterdir():
        if folder.name != "action":
            (plugins / folder.name).symlink_to(folder)
    return root


def _figures(bench: Bench, what: str, with_progress: Callable[[], Program], without: Callable[[], Program]) -> list[Figure]:
    seconds = QUICK_SECONDS if bench.quick else SECONDS
    found: dict[str, list[tuple[float, float]]] = {"with": [], "without": []}
    for number in bench.rounds(ROUNDS):
        pair = {"with": with_progress, "without": without}
        if number % 2:
            pair = dict(reversed(pair.items()))
        for name, took in _side_by_side(bench, pair, seconds).items():
            found[name].append(took)
    cpu = {name: statistics.median(took[0] for took in values) for name, values in found.items()}
    end = {name: statistics.median(took[1] for took in values) for name, values in found.items()}
    against = "without progress"
    return [
        Figure(f"CPU of a wait of {seconds} s with progress, {what}", "s", cpu["with"], against, cpu["without"]),
        Figure(f"flip to exit with progress, {what}", "ms", end["with"], against, end["without"]),
    ]


def _side_by_side(bench: Bench, starts: dict[str, Callable[[], Program]], seconds: float) -> dict[str, tuple[float, float]]:
    """CPU seconds, and milliseconds from the change that ends the wait to the end, by name."""
    bench.claims.put((number, {"status": status(number, ready=False)}) for number in range(SIZE))
    audit = bench.audit()
    programs = {name: start() for name, start in starts.items()}
    audit.await_request(next(iter(programs.values())), "watch", len(programs))
    for second in range(int(seconds)):
        bench.claims.put_one(second % SIZE, {"status": status(second % SIZE, ready=False, reason=f"Second{second}")})
        time.sleep(1)
    # The last claim through the API server, as in the other benchmarks.
    bench.claims.put((number, {"status": status(number)}) for number in range(1, SIZE))
    time.sleep(1)
    flipped = time.monotonic()
    bench.claims.patch(0, status(0))
    usages = {name: program.wait_in_background() for name, program in programs.items()}
    done = {name: usage() for name, usage in usages.items()}
    return {name: (usage.cpu, (usage.ended - flipped) * 1000) for name, usage in done.items()}
