"""The documentation site: built without a warning and without a network, whole, and usable on a phone and a desk. Needs no lab."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._advice import ADVICE, documentation_of

from tests.docs_site.links import PageLinks, faults, read
from tests.report.browser import Page, browser

ROOT = Path(__file__).resolve().parents[2]
WANTED = [
    "index",
    "quick-start",
    "architecture",
    "lab",
    "guides/trainium",
    "guides/trainium.ja",
    "guides/inferentia",
    "guides/nvidia-gpu",
    "guides/llmaz",
    "awx",
    "execution-environments",
    "molecule",
    "preflight",
    "pools",
    "verification",
    "diagnosis",
    "upgrade",
    "teardown",
    "eda",
    "identity",
    "iam",
    "permissions",
    "benchmarks",
    "changelog",
    "contributing",
    "reference/index",
]
# Of each kind of page one: words, tables of many columns, pictures, a guide's shell, code, antsibull-docs' tables.
LOOKED_AT = (
    "index",
    "quick-start",
    "architecture",
    "diagnosis",
    "permissions",
    "awx",
    "benchmarks",
    "guides/trainium.ja",
    "reference/nodeclaim_wait_module",
    "changelog",
)
WIDTHS = {"phone": 390, "desk": 1280}

# What reaches over the window's edge and does not scroll in a box of its own, such as a table's or a program's; the theme lets all of a page
# scroll instead, so that the window's own width says nothing.
OVERFLOWING = """
(() => {
  const boxed = (each) => {
    for (let at = each.parentElement; at && !at.matches('article, header, body'); at = at.parentElement)
      if (["auto", "scroll", "hidden"].includes(getComputedStyle(at).overflowX) && at.getBoundingClientRect().right <= innerWidth + 0.5)
        return true;
    return false;
  };
  return Array.from(document.querySelectorAll("article *, header *")).filter((each) => {
    const box = each.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && box.right > innerWidth + 0.5 && !boxed(each);
  }).slice(0, 5).map((each) => each.outerHTML.slice(0, 160));
})()
"""
UNLOADED = "Array.from(document.images).filter((each) => !each.complete || !each.naturalWidth).map((each) => each.src)"
CONTENTS = 'document.querySelector(".sidebar-tree a[href$=\\"diagnosis.html\\"], .sidebar-tree a.current.reference")'
OPEN_CONTENTS = 'document.querySelector("label[for=\\"__navigation\\"]").click()'
IN_VIEW = (
    f"(() => {{ const box = {CONTENTS}.getBoundingClientRect(); return box.left >= 0 && box.right <= innerWidth && box.width > 0; }})()"
)


@pytest.fixture(scope="module")
def site() -> Path:
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "docs_site.py"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    return ROOT / "build" / "site"


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, PageLinks]:
    return {path.relative_to(site).with_suffix("").as_posix(): page for path, page in read(site).items()}


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with browser() as opened:
        yield opened


def test_every_page_is_there(pages: dict[str, PageLinks]) -> None:
    modules = [f"reference/{each.stem}_module" for each in (ROOT / "plugins" / "modules").glob("*.py")]
    roles = [f"reference/{each.parents[1].name}_role" for each in ROOT.glob("roles/*/meta/argument_specs.yml")]
    written = [each.relative_to(ROOT / "docs").with_suffix("").as_posix() for each in (ROOT / "docs").rglob("*.md")]
    wanted = {*WANTED, *modules, *roles, *(each.removeprefix("docsite/") for each in written)}
    assert wanted - set(pages) == set()


def test_no_link_leads_nowhere(site: Path) -> None:
    assert list(faults(site)) == []


def test_every_page_is_reached_from_the_first(site: Path, pages: dict[str, PageLinks]) -> None:
    reached, ahead = set(), ["index"]
    while ahead:
        here = ahead.pop()
        if here in reached or here not in pages:
            continue
        reached.add(here)
        targets = (target.partition("#")[0] for target in pages[here].linked if target.partition("#")[0].endswith(".html"))
        local = (site / here).parent
        ahead += [(local / each).resolve().relative_to(site).with_suffix("").as_posix() for each in targets if ":" not in each]
    assert set(pages) - reached - {"search"} == set()


def test_every_reason_has_the_anchor_that_its_verdict_links_to(pages: dict[str, PageLinks]) -> None:
    wanted = {documentation_of(reason).partition("#")[2] for reason in (*ADVICE, "SomethingNew")}
    assert wanted - pages["diagnosis"].anchors == set()


def test_first_page_says_what_is_simulated(site: Path) -> None:
    text = re.sub(r"<[^>]+>|\s+", " ", (site / "index.html").read_text())
    assert re.search(r"What is simulated .* AWS \(by moto, with extensions\)", text)


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
@pytest.mark.parametrize("name", LOOKED_AT)
def test_page_fits_its_window_and_loads_what_it_shows(site: Path, page: Page, name: str, width: int) -> None:
    page.look(site / f"{name}.html", width=width)
    assert page.ask(OVERFLOWING) == []
    assert page.ask(UNLOADED) == []
    assert [each for each in page.requests if not each.startswith(("file:", "data:"))] == []
    assert page.complaints == []
    assert "ERROR" not in page.ask("document.querySelector('article').innerText")


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_pages_are_found_from_any_page(site: Path, page: Page, width: int) -> None:
    page.look(site / "guides" / "llmaz.html", width=width)
    assert page.ask(IN_VIEW) == (width == WIDTHS["desk"])
    if width == WIDTHS["phone"]:
        page.ask(OPEN_CONTENTS)
        page.ask(f"new Promise((done) => {{ const look = () => {IN_VIEW} ? done(true) : setTimeout(look, 50); look(); }})")


def test_colors_follow_what_the_reader_prefers(site: Path, page: Page) -> None:
    grounds = []
    for dark in (False, True):
        page.look(site / "reference" / "nodeclaim_wait_module.html", dark=dark)
        grounds += page.ask("[document.body, document.querySelector('td')].map((each) => getComputedStyle(each).backgroundColor)")
    light_page, light_cell, dark_page, dark_cell = grounds
    assert light_page != dark_page
    assert light_cell != dark_cell
