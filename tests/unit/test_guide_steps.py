"""How the guides are read, and what all of them keep to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.integration import test_molecule
from tests.integration.guide_steps import LONG, Step, guides, missing, steps

GUIDES = Path(__file__).resolve().parents[2] / "docs" / "guides"
SCENARIOS = GUIDES.parents[1] / "extensions" / "molecule"
PAGE = """\
# Title

```shell
first
  --option
```

Words.

<!-- edit: some/file.yml -->

```yaml
not: run
```

```shell
second
```

```text
NAME   READY
a      True
```
"""


def test_steps_are_commands_with_their_output_and_edits() -> None:
    assert steps(PAGE) == [
        Step(command="first\n  --option\n"),
        Step(file="some/file.yml"),
        Step(command="second\n", shown="NAME   READY\na      True\n"),
    ]


@pytest.mark.parametrize(
    ("shown", "output", "lacks"),
    [
        ("a  b\n", "x\na b   c\n", ""),
        ("a ... c\nd\n", "a    17s c\nx\nd\n", ""),
        ("a ... c\n", "a 17s\nc\n", "a ... c"),
        ("a\nb\n", "b\na\n", "b"),
        ("ok=... changed=0 ...\n", "x : ok=12 changed=0 failed=0\n", ""),
        ("changed=0 ...\n", "changed=01\n", "changed=0 ..."),
        ("a ...\n", "a\n", ""),
        ("changed=0 failed\n", "changed=01 failed\n", "changed=0 failed"),
        ("...\n\n", "", ""),
    ],
)
def test_missing_is_the_first_line_that_the_output_does_not_have(shown: str, output: str, lacks: str) -> None:
    assert missing(shown, output) == lacks


def test_there_are_guides() -> None:
    assert guides(GUIDES)


@pytest.mark.parametrize("page", guides(GUIDES), ids=lambda page: page.stem)
def test_a_guide_ends_with_its_teardown_and_shows_outputs(page: Path) -> None:
    found = steps(page.read_text(encoding="utf-8"))
    assert any(step.shown for step in found)
    assert any("accelerated.nodes.teardown" in step.command for step in found[-2:])


@pytest.mark.parametrize("page", guides(GUIDES), ids=lambda page: page.stem)
def test_a_guide_installs_twice_and_shows_what_its_document_looks_at(page: Path) -> None:
    """That nothing changes the second time, that the pools are READY, which type Karpenter chose and, where a pod prints something, what."""
    found = steps(page.read_text(encoding="utf-8"))
    again = next(step for step in found if "changed=0" in step.shown)
    plays = [line for step in found[: found.index(again) + 1] for line in step.command.splitlines() if line.startswith("ansible-playbook")]
    assert plays == plays[:1] * 2
    looked = {
        word for word in ("nodepool", "nodeclaims") for step in found if f"kubectl get {word}" in step.command and "True" in step.shown
    }
    assert looked == {"nodepool", "nodeclaims"}
    pods = [step for step in found if "kubectl apply" in step.command]
    assert [step for step in pods if "kubectl logs" not in step.command or not step.shown] == []
    assert pods or page.stem == "llmaz", "llmaz's document serves a model instead"


@pytest.mark.parametrize("page", guides(GUIDES), ids=lambda page: page.stem)
def test_a_guide_says_where_its_document_is_wrong(page: Path) -> None:
    section = page.read_text(encoding="utf-8").partition("\n## Where the document is wrong\n")[2].partition("\n## ")[0]
    assert len(re.findall(r"^- ", section, re.MULTILINE)) >= 4


@pytest.mark.parametrize("page", guides(GUIDES), ids=lambda page: page.stem)
def test_a_guides_inventory_is_a_scenario_too_and_one_of_the_two_is_quick(page: Path) -> None:
    """Which `make test` runs; the other is left to `make proof`."""
    files = [path for path in SCENARIOS.glob("*/molecule.yml") if f"/examples/{page.stem}/inventory" in path.read_text(encoding="utf-8")]
    (scenario,) = (path.parent.name for path in files)
    assert [page.stem in LONG, scenario in test_molecule.LONG].count(True) == 1


each_translation = pytest.mark.parametrize("page", sorted(GUIDES.glob("*.*.md")), ids=lambda page: page.stem)


def of_both(page: Path) -> tuple[str, str]:
    """A translation's text and the original's."""
    original = GUIDES / f"{page.name.split('.')[0]}.md"
    return page.read_text(encoding="utf-8"), original.read_text(encoding="utf-8")


@each_translation
def test_a_translation_has_the_same_commands(page: Path) -> None:
    translated, original = of_both(page)
    assert steps(translated) == steps(original)


@each_translation
def test_a_translation_says_as_much(page: Path) -> None:
    """The same headings, rows and points in the same order, and in each of them the same names, values and links."""
    texts = of_both(page)
    outlines = [re.findall(r"^(?:#+ |- |\d+[.] |[|])", text, re.MULTILINE) for text in texts]
    assert outlines[0] == outlines[1]
    names = [sorted(re.findall(r"`[^`\n]+`|\]\([^)]+\)", text)) for text in texts]
    own = {f"]({page.name})", f"]({page.name.split('.')[0]}.md)"}
    assert [each for each in names[0] if each not in own] == [each for each in names[1] if each not in own]
