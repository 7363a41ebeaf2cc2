"""What a guide tells its reader to do, read off its Markdown: commands with the output that it shows, and files to edit. Pure.

A page is run as it stands, so that it cannot go stale. Its rules:

- a block fenced as ``shell`` holds commands, and runs by itself: nothing is exported from one to the next;
- a block fenced as ``text`` right behind it shows their output, in which ``...`` stands for anything;
- ``<!-- edit: FILE -->`` stands where the reader puts the own cluster into a file;
- ``<!-- not run on the lab: REASON -->`` as the first line leaves the page out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

# Left to `make proof`, as a Molecule scenario walks its inventory in `make test`.
LONG = ("nvidia-gpu",)
NOT_RUN = "<!-- not run on the lab: "
_FENCE = re.compile(r"^```(?P<kind>\w*)\n(?P<body>.*?)^```$|^<!-- edit: (?P<file>\S+) -->$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Step:
    """Commands and the output that they are to have, or a file to edit."""

    command: str = ""
    shown: str = ""
    file: str = ""


def steps(page: str) -> list[Step]:
    """What the page says, in order."""
    found: list[Step] = []
    for match in _FENCE.finditer(page):
        if match["file"]:
            found.append(Step(file=match["file"]))
        elif match["kind"] == "shell":
            found.append(Step(command=match["body"]))
        elif match["kind"] == "text" and found:
            found[-1] = Step(found[-1].command, match["body"], found[-1].file)
    return found


def missing(shown: str, output: str) -> str:
    """The first line that a page shows and that the output does not have behind those before it; empty when it has all."""
    lines = iter(output.splitlines())
    for line in (each for each in shown.splitlines() if each.strip(" .")):
        wanted = _pattern(line)
        if not any(wanted.search(each) for each in lines):
            return line
    return ""


def _pattern(line: str) -> re.Pattern[str]:
    """The line's words, however many blanks are between them; ``...`` is the rest of a word, or any number of words."""
    text, apart = "", ""
    for word in line.split():
        if word == "...":
            text += r"(\s+\S+)*" if text else r"(\S+\s+)*"
        else:
            text += apart + re.escape(word).replace(re.escape("..."), r"\S*")
        apart = r"\s+" if text and not text.endswith(r"\s+)*") else ""
    return re.compile(rf"(?<!\S){text}(?!\S)")


def guides(folder: Path) -> list[Path]:
    """The pages that are run: in English, as translations have the same commands."""
    pages = sorted(path for path in folder.glob("*.md") if "." not in path.stem)
    return [path for path in pages if not path.read_text(encoding="utf-8").startswith(NOT_RUN)]
