"""A container's command, played: a very small shell that knows the two tools and a few words. Pure.

Nothing of a pod's command is ever executed on the machine of the lab.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .facts import Device
from .tools import neuron_ls, nvidia_smi
from .tools.output import Conditions, Output

TOOLS: Mapping[str, tuple[str, Callable[[Sequence[str], Sequence[Device], Conditions], Output]]] = {
    "nvidia-smi": ("nvidia", nvidia_smi.run),
    "neuron-ls": ("neuron", neuron_ls.run),
}

SHELLS = {"sh", "bash", "ash", "dash"}

#: Words of a script that have no effect here.
_SILENT = {"set", "export", "sleep", "true", ":", "cd", "sync", "trap"}

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
    """Where the command runs: the devices that the container sees, and the faults of its node."""

    devices: Sequence[Device] = ()
    conditions: Conditions = field(default_factory=Conditions)


def command_of(container: Mapping[str, Any]) -> list[str]:
    """The words that the container runs."""
    return [*(container.get("command") or []), *(container.get("args") or [])]


def uses_a_tool(words: Sequence[str]) -> bool:
    """Whether a command runs nvidia-smi or neuron-ls, by itself or in a shell's script."""
    names = "|".join(re.escape(tool) for tool in TOOLS)
    return re.search(rf"(^|[\s/;&|(\"'])({names})($|[\s;&|)\"'])", " ".join(words)) is not None


def run(words: Sequence[str], machine: Machine) -> Output:
    """What a command prints and how it ends; a command that the lab does not know succeeds in silence."""
    if not words or not uses_a_tool(words):
        return Output()
    if _base(words[0]) in SHELLS:
        return _script(_script_of(words), machine)
    output = _tool(words, machine)
    # Without a shell the container runtime itself fails to start it: exit code 128, StartError (see pods).
    return output if output is not None else Output(_not_found(words[0]), 128)


def _not_found(word: str) -> str:
    return f'exec: "{word}": executable file not found in $PATH\n'


def _base(word: str) -> str:
    return word.rsplit("/", 1)[-1]


def _script_of(words: Sequence[str]) -> str:
    for place, word in enumerate(words[1:], start=1):
        if word.startswith("-") and word.endswith("c") and place + 1 < len(words):
            return words[place + 1]
    return ""


def _script(script: str, machine: Machine) -> Output:
    """Run a script's simple commands in order, with ``&&``, ``||``, ``;``, ``exit`` and ``set -e``; redirections to
    /dev/null are obeyed."""
    text, status, separator, strict = "", 0, ";", False
    for words, following in _simple_commands(script):
        if (separator == "&&" and status) or (separator == "||" and not status):
            separator = following
            continue
        if words[0] == "exit":
            return Output(text, int(words[1]) if len(words) > 1 and words[1].isdigit() else status)
        strict = strict or (words[0] == "set" and any(word.startswith("-") and "e" in word for word in words[1:]))
        output = _simple(words, machine)
        text, status, separator = text + output.text, output.exit_code, following
        if strict and status and following != "||":
            break
    return Output(text, status)


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
    if words[0] in ("echo", "printf"):
        return Output("" if "stdout" in silent else " ".join(words[1:]) + "\n")
    if words[0] == "false":
        return Output("", 1)
    output = _tool(words, machine)
    if output is None:
        output = Output(f"sh: line 1: {words[0]}: command not found\n", 127, "stderr")
    return Output("" if output.stream in silent else output.text, output.exit_code)


def _tool(words: Sequence[str], machine: Machine) -> Output | None:
    """The tool's output; None when there is no such program in the container.

    The container runtime puts nvidia-smi into a container only together with a GPU; neuron-ls comes with the image.
    """
    name = _base(words[0])
    if name not in TOOLS:
        return None
    kind, tool = TOOLS[name]
    if kind == "nvidia" and not machine.devices and not machine.conditions.has("missing-device"):
        return None
    seen = [device for device in machine.devices if device.facts.accelerator == kind]
    return tool(list(words[1:]), seen, machine.conditions)
