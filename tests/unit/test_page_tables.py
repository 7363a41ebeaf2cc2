"""The pages under docs/ say what the collection's tables say."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
import yaml
from ansible_collections.accelerated.nodes.plugins.module_utils.common._documentation import DOCUMENTATION, anchor, entry
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._advice import ADVICE, SHOWN, TOPICS
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._advice import documentation_of as reason_documentation
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._advice_row import Advice
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._device_checks import STATE_CHECKS
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._remedies import ACTIONS
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._remedies import documentation_of as action_documentation
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._preflight import CHECKS
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._preflight import PAGE as PREFLIGHT_PAGE

from tools import page_tables

ROOT = Path(__file__).resolve().parents[2]


PAGES = {page.name: page for page in page_tables.PAGES}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_page_is_current(page) -> None:
    assert page.path.read_text() == page.text, "run make docs"


def anchors(page: str) -> list[str]:
    """The anchor of each heading of a page, in their order."""
    return [anchor(line.lstrip("#").strip()) for line in PAGES[page].path.read_text().splitlines() if line.startswith("#")]


@pytest.mark.parametrize("page", PAGES)
def test_anchors_of_a_page_are_unique(page) -> None:
    assert [name for name, number in Counter(anchors(page)).items() if number > 1] == []


def named(links: Iterable[str]) -> dict[str, list[str]]:
    """Page -> the anchors that links name; a link to anywhere else fails."""
    found: dict[str, list[str]] = {}
    for link in links:
        match = re.fullmatch(re.escape(DOCUMENTATION) + r"/([\w.]+)#([\w-]+)", link)
        assert match, link
        found.setdefault(match[1], []).append(match[2])
    return found


def test_every_reason_action_and_check_has_the_entry_that_its_messages_link_to() -> None:
    checks = [entry(PREFLIGHT_PAGE, check.name) for check in CHECKS]
    reasons = [reason_documentation(reason) for reason in (*ADVICE, "SomethingNew")]
    links = named([*reasons, *map(action_documentation, ACTIONS), *checks])
    assert {page: set(names) - set(anchors(page)) for page, names in links.items()} == {
        "diagnosis.md": set(),
        "verification.md": set(),
        "preflight.md": set(),
    }
    assert len(set(links["diagnosis.md"])) == len(ADVICE) + 1
    assert links["diagnosis.md"][-1] == "another-reason"


def test_diagnosis_page_says_where_each_topic_is_shown_and_has_its_picture() -> None:
    assert set(SHOWN) == set(TOPICS)
    text = PAGES["diagnosis.md"].path.read_text()
    assert "](diagnosis.svg)" in text
    assert (ROOT / "docs" / "diagnosis.svg").is_file()


def asked_of_aws() -> set[str]:
    """The actions that the collection's own code names, such as ec2:describesubnets, by the calls of those functions that ask AWS."""
    calls = [
        node
        for path in (ROOT / "plugins").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in ("fetch", "fetch_or_none", "found_or_none")
    ]
    named = [(ast.unparse(call.args[0]), call.args[1].value) for call in calls if isinstance(call.args[1], ast.Constant)]
    return {f"{re.findall('[a-z0-9]+', client)[-1]}:{operation.replace('_', '')}" for client, operation in named}


def test_iam_page_names_every_action_that_the_collection_asks_for() -> None:
    asked = asked_of_aws()
    assert {"ec2:describesubnets", "sqs:getqueueurl", "iam:listroles", "eks:listaccessentries"} < asked
    text = PAGES["iam.md"].path.read_text().partition("## Tables")[0].lower()
    assert sorted(action for action in asked if f"`{action}`" not in text) == []


def test_documentation_is_where_galaxy_says() -> None:
    assert yaml.safe_load((ROOT / "galaxy.yml").read_text())["documentation"] == DOCUMENTATION


def test_verification_page_has_a_row_for_each_check() -> None:
    text = PAGES["verification.md"].path.read_text()
    assert [row.check for row in STATE_CHECKS if f"\n| {row.check} |" not in text] == []


def test_entry_says_what_the_row_says() -> None:
    written = page_tables.advice_entry("Reason", Advice("It is {why} | so.", "Use <role>_values.", hopeless=True))
    assert written == "#### `Reason`\n\nIt is *why* | so.\n\n**Next step:** Use &lt;role>_values.\n\nWaiting cannot help."
    assert "Waiting" not in page_tables.advice_entry("Reason", Advice("It is so.", "Wait."))


def test_table_keeps_its_cells_whole() -> None:
    written = page_tables.table("Title", ("a", "b"), [("It is so | or so.", "Use <role>_values.")]).splitlines()
    assert written[-1] == "| It is so \\| or so. | Use &lt;role>_values. |"
    assert written[0] == "### Title"


def test_text_refuses_a_page_without_its_marks(tmp_path: Path) -> None:
    page = page_tables.Page(str(tmp_path / "page.md"), "nowhere", lambda: [])
    page.path.write_text("# A page\n")
    with pytest.raises(SystemExit, match="lacks the lines"):
        assert page.text
