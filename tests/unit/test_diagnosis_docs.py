"""docs/diagnosis.md says what the tables of advice say."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils._advice import ADVICE, TOPICS
from ansible_collections.accelerated.nodes.plugins.module_utils._advice_row import Advice

ROOT = Path(__file__).resolve().parents[2]


def tool():
    specification = importlib.util.spec_from_file_location("diagnosis_docs", ROOT / "tools" / "diagnosis_docs.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_diagnosis_page_is_current() -> None:
    diagnosis_docs = tool()
    assert diagnosis_docs.PAGE.read_text() == diagnosis_docs.wanted(diagnosis_docs.PAGE.read_text(), TOPICS), "run make docs"


def test_diagnosis_page_has_a_row_for_each_reason() -> None:
    text = tool().PAGE.read_text()
    assert [reason for reason in ADVICE if f"\n| `{reason}` |" not in text] == []


def test_diagnosis_page_shows_its_picture() -> None:
    text = tool().PAGE.read_text()
    assert "](diagnosis.svg)" in text
    assert (ROOT / "docs" / "diagnosis.svg").is_file()


def test_row_keeps_the_table_whole() -> None:
    written = tool().row("Reason", Advice("It is {why} | so.", "Use <role>_values.", hopeless=True))
    assert written == "| `Reason` | It is *why* \\| so. | Use &lt;role>_values. | no |"


def test_wanted_refuses_a_page_without_its_marks() -> None:
    with pytest.raises(SystemExit, match="lacks the lines"):
        tool().wanted("# A page\n", TOPICS)
