"""The pages under docs/ say what the collection's tables say."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._advice import ADVICE
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._advice_row import Advice
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._device_checks import STATE_CHECKS

ROOT = Path(__file__).resolve().parents[2]


def tool():
    specification = importlib.util.spec_from_file_location("page_tables", ROOT / "tools" / "page_tables.py")
    module = importlib.util.module_from_spec(specification)
    sys.modules["page_tables"] = module
    specification.loader.exec_module(module)
    return module


PAGES = {page.name: page for page in tool().PAGES}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_page_is_current(page) -> None:
    assert page.path.read_text() == page.text, "run make docs"


def test_diagnosis_page_has_a_row_for_each_reason_and_its_picture() -> None:
    text = PAGES["diagnosis.md"].path.read_text()
    assert [reason for reason in ADVICE if f"\n| `{reason}` |" not in text] == []
    assert "](diagnosis.svg)" in text
    assert (ROOT / "docs" / "diagnosis.svg").is_file()


def test_verification_page_has_a_row_for_each_check() -> None:
    text = PAGES["verification.md"].path.read_text()
    assert [row.check for row in STATE_CHECKS if f"\n| {row.check} |" not in text] == []


def test_table_keeps_its_cells_whole() -> None:
    row = tool().advice_row("Reason", Advice("It is {why} | so.", "Use <role>_values.", hopeless=True))
    written = tool().table("Title", ("a", "b", "c", "d"), [row]).splitlines()
    assert written[-1] == "| `Reason` | It is *why* \\| so. | Use &lt;role>_values. | no |"
    assert written[0] == "### Title"


def test_text_refuses_a_page_without_its_marks(tmp_path: Path) -> None:
    page = tool().Page(str(tmp_path / "page.md"), "nowhere", lambda: [])
    page.path.write_text("# A page\n")
    with pytest.raises(SystemExit, match="lacks the lines"):
        assert page.text
