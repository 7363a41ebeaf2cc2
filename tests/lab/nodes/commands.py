"""A container's command, played: a very small shell that knows the two tools and a few words. Pure.

Nothing of a pod's command is ever executed on the machine of the lab.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .facts import Device
from .tools import neuron_ls, nvidia_smi, vector_add
from .tools.output import Conditions, Output, says

TOOLS: Mapping[str, tuple[str, Callable[[Sequence[str], Sequence[Device], Conditions], Output]]] = {
    "nvidia-smi": ("nvidia", nvidia_smi.run),
    "neuron-ls": ("neuron", neuron_ls.run),
    "vectorAdd": ("nvidia", vector_add.run),
}

SHELLS = {"sh", "bash", "ash", "dash"}

#: Words of a script that have no effect here.
_SILENT = {"set", "export", "true", ":", "cd", "sync", "trap", "wait"}

#: What each container has under /dev.
_DEV = ("fd", "full", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin", "stdout", "tty", "urandom", "zero")

#: Redirections that throw a stream away; every other redirection is passed over.
_SILENCED = {
    ">/dev/null": ("stdout",),
    "1>/dev/null": ("stdout",),
    "2>/dev/null": ("stderr",),
    "&>/dev/null": ("stdout", "stderr"),
}

_SEPARATORS = {"&&", "||", ";", "|", "&", "\n"}


@dataclass(frozen=True)
class Machine:
    """Where the command runs: the devices that the container sees, the faults of its node, and its clock (seconds since 1970)."""

    devices: Sequence[Device] = ()
    conditions: Conditions = field(default_factory=Conditions)
    now: float = 0.0


def command_of(container: Mapping[str, Any]) -> list[str]:
    """The words that the container runs."""
    return [*(container.get("command") or []), *(container.get("args") or [])]


def uses_a_tool(words: Sequence[str]) -> bool:
    """Whether a command runs one of the tools, by itself or in a shell's script."""
    names = "|".join(re.escape(tool) for tool in TOOLS)
    return re.search(rf"(^|[\s/;&|(\"'])({names})($|[\s;&|)\"'])", " ".join(words)) is not None


def run(words: Sequence[str], machine: Machine) -> Output:
    """What a command prints and how it ends; a command that the lab does not know succeeds in silence."""
    if words[:1] in (["ls"], ["sleep"]):
        return _simple(list(words), machine)
    if not words or not (uses_a_tool(words) or re.search(r"(^|[\s;&|])sleep\s", " ".join(words))):
        return Output()
    if _base(words[0]) in SHELLS:
        return _shell(words, machine)
    output = _tool(words, machine)
    # Without a shell the container runtime itself fails to start it: exit code 128, StartError (see pods).
    return output if output is not None else Output(_not_found(words[0]), 128)


def _not_found(word: str) -> str:
    return f'exec: "{word}": executable file not found in $PATH\n'


def _base(word: str) -> str:
    return word.rsplit("/", 1)[-1]


def _shell(words: Sequence[str], machine: Machine) -> Output:
    """Run what follows ``-c``, with its arguments."""
    for place, word in enumerate(words[1:], start=1):
        if word.startswith("-") and word.endswith("c") and place + 1 < len(words):
            return _script(words[place + 1], words[place + 2 :], machine)
    return Output()


def _script(script: str, arguments: Sequence[str], machine: Machine) -> Output:
    """Run a script's simple commands in order, with ``&&``, ``||``, ``;``, ``exec``, ``exit`` and ``set -e``; redirections to
    /dev/null are obeyed, and ``$0`` and ``$@`` are its arguments."""
    text, status, seconds, separator, strict = "", 0, 0.0, ";", False
    for words, following in _simple_commands(script):
        if (separator == "&&" and status) or (separator == "||" and not status):
            separator = following
            continue
        if words[0] == "exit":
            return Output(text, int(words[1]) if len(words) > 1 and words[1].isdigit() else status, seconds=seconds)
        words, last = _expanded(words, arguments), words[0] == "exec"
        strict = strict or (words[0] == "set" and any(word.startswith("-") and "e" in word for word in words[1:]))
        output = _simple(words, replace(machine, now=machine.now + seconds))
        text, status, seconds, separator = text + output.text, output.exit_code, seconds + output.seconds, following
        if last or (strict and status and following != "||"):
            break
    return Output(text, status, seconds=seconds)


def _expanded(words: list[str], arguments: Sequence[str]) -> list[str]:
    known = {"$@": list(arguments[1:]), "$0": list(arguments[:1])}
    return [part for word in words for part in known.get(word, [word])]


def _simple_commands(script: str) -> list[tuple[list[str], str]]:
    """The commands of a script, each with the separator that follows it."""
    lexer = shlex.shlex(script.replace("\n", " ; "), posix=True, punctuation_chars=";&|")
    lexer.whitespace_split = True
    commands: list[tuple[list[str], str]] = []
    words: list[str] = []
    for word in [*lexer, ";"]:
        if word in _SEPARATORS:
            if words:
                commands.append((words, word))
            words = []
        else:
            words.append(word)
    return commands


def _simple(words: list[str], machine: Machine) -> Output:
    silent = {stream for word in words for stream in _SILENCED.get(word, ())}
    words = [word for word in words if not re.match(r"[0-9&]*>", word) and word != "exec"]
    if not words or words[0] in _SILENT or "=" in words[0]:
        return Output()
    if words[0] == "sleep":
        return Output(seconds=float("inf") if words[1:2] == ["infinity"] else float((words[1:] or ["0"])[0]))
    if words[0] == "date":
        return Output(words[1].removeprefix("+").replace("%s", str(int(machine.now))) + "\n")
    if words[:2] == ["ls", "/dev"]:
        return Output("".join(f"{name}\n" for name in (*_DEV, *_nodes(machine.devices))))
    if words[0] in ("echo", "printf"):
        return Output("" if "stdout" in silent else " ".join(words[1:]) + "\n")
    if words[0] == "false":
        return Output("", 1)
    output = _nested(words, machine)
    return replace(output, text="" if output.stream in silent else output.text)


def _nested(words: list[str], machine: Machine) -> Output:
    """A program that runs another, or a tool."""
    if words[0] == "timeout" and not machine.conditions.argument("tool-hangs", "no-timeout", ""):
        output = _simple(words[2:], machine)
        return output if output.seconds <= float(words[1]) else Output(output.text, 124, seconds=float(words[1]))
    if _base(words[0]) in SHELLS:
        return _shell(words, machine)
    output = _tool(words, machine)
    return Output(f"sh: line 1: {words[0]}: command not found\n", 127, "stderr") if output is None else output


def _nodes(devices: Sequence[Device]) -> list[str]:
    """The device nodes of the devices that the container sees."""
    return [f"{device.facts.accelerator}{device.index}" for device in devices]


def _tool(words: Sequence[str], machine: Machine) -> Output | None:
    """The tool's output; None when there is no such program in the container.

    The container runtime puts nvidia-smi into a container only together with a GPU; neuron-ls comes with the image.
    """
    name = _base(words[0])
    if name not in TOOLS or machine.conditions.has("tool-missing"):
        return None
    kind, tool = TOOLS[name]
    if name == "nvidia-smi" and not machine.devices and not machine.conditions.has("missing-device"):
        return None
    seen = [device for device in machine.devices if device.facts.accelerator == kind]
    return says(tool(list(words[1:]), seen, machine.conditions), machine.conditions)
