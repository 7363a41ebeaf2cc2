"""Write the tables of docs/diagnosis.md from the collection's tables of advice; with --check, only say whether they are current."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "diagnosis.md"
BEGIN = "<!-- reasons: written by `make docs` from plugins/module_utils/_advice_*.py -->"
END = "<!-- end of reasons -->"


def topics() -> Mapping[str, Mapping[str, Any]]:
    """Topic -> reason -> advice, as the collection has them."""
    sys.path.insert(0, str(ROOT / ".build" / "collections"))
    from ansible_collections.accelerated.nodes.plugins.module_utils._advice import TOPICS

    return TOPICS


def row(reason: str, advice: Any) -> str:
    """One line of a table. A placeholder is shown as the word that takes its place."""
    texts = (
        re.sub(r"\{(\w+)\}", r"*\1*", text).replace("<", "&lt;").replace("|", "\\|") for text in (advice.explanation, advice.next_step)
    )
    return f"| `{reason}` | {' | '.join(texts)} | {'no' if advice.hopeless else 'yes'} |"


def tables(found: Mapping[str, Mapping[str, Any]]) -> str:
    """A heading and a table for each topic."""
    head = "| Reason | What it means | Next step | Can waiting help? |\n| --- | --- | --- | --- |"
    return "\n\n".join(f"### {topic}\n\n{head}\n" + "\n".join(row(*item) for item in rows.items()) for topic, rows in found.items())


def wanted(text: str, found: Mapping[str, Mapping[str, Any]]) -> str:
    """The page with its tables as they should be."""
    before, mark, rest = text.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not mark or not end:
        raise SystemExit(f"{PAGE.relative_to(ROOT)} lacks the lines between which the tables go: {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{tables(found)}\n\n{END}{after}"


def main(arguments: list[str]) -> int:
    text = PAGE.read_text()
    page = wanted(text, topics())
    if page == text:
        return 0
    print(PAGE.relative_to(ROOT))
    if "--check" in arguments:
        return 1
    PAGE.write_text(page)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
