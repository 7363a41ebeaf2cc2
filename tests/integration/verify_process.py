"""accelerator_verify as a process of its own, as Ansible starts it: its arguments in a file, its result on standard output."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
MODULE = "ansible_collections.accelerated.nodes.plugins.modules.accelerator_verify"


def start(lab: Mapping[str, str], place: Path, options: Mapping[str, Any]) -> subprocess.Popen[str]:
    """Begin a run; ``place`` is a folder for its files."""
    place.mkdir(parents=True, exist_ok=True)
    arguments = place / "arguments"
    arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": {"progress_file": str(place / "progress"), **options}}), encoding="utf-8")
    (place / "progress").touch()
    return subprocess.Popen(
        [sys.executable, "-m", MODULE, str(arguments)],
        env={**lab, "PYTHONPATH": str(ROOT / ".build" / "collections")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=(place / "errors").open("w", encoding="utf-8"),
        text=True,
    )


def result_of(process: subprocess.Popen[str], place: Path, seconds: float) -> dict[str, Any]:
    """What a run returned.

    Raises:
        AssertionError: it did not end in time, or not with a result.
    """
    try:
        out, _nothing = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        raise AssertionError(f"the module has not ended within {seconds:.0f} s; {(place / 'progress').read_text()}") from None
    return parsed(out, place)


def parsed(out: str, place: Path) -> dict[str, Any]:
    """The result on a run's standard output.

    Raises:
        AssertionError: there is none, or a traceback beside it.
    """
    errors = (place / "errors").read_text(encoding="utf-8")
    assert out.strip().startswith("{"), f"no result: {out[-2000:]} {errors[-2000:]}"
    assert "Traceback" not in out + errors, errors
    return json.loads(out)
