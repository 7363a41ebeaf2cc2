"""The report's page in a real browser, at the width of a phone and of a desk: what it shows, what it lets through, and how fast it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._advice import documentation_of
from ansible_collections.accelerated.nodes.plugins.module_utils.evidence._bundle_comparison import comparison
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report_html import html_report

from tests.report.browser import Page, browser
from tests.report.payloads import poisoned
from tests.report.results import PROVISIONED, fleet, given_back, result

WIDTHS = {"phone": 390, "small phone": 320, "desk": 1280}
each_width = pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)

# Elements that reach over the window's edge, but for what scrolls in a frame of its own.
OVERFLOWING = """
Array.from(document.querySelectorAll("body *")).filter((each) => {
  const box = each.getBoundingClientRect();
  return box.width > 0 && box.right > innerWidth + 0.5 && !each.closest(".wide");
}).slice(0, 5).map((each) => each.outerHTML.slice(0, 160))
"""
SHOWN = (
    'Array.from(document.querySelectorAll(".node")).filter((each) => each.offsetParent).map((each) => each.querySelector("h4").textContent)'
)
# Contrast of each text with what is behind it, by the formula of WCAG 2; the lowest, and of what.
CONTRAST = r"""
(() => {
  const parts = (color) => color.match(/[\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((x) => x / 255).map((x) => x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4)
    .reduce((sum, x, i) => sum + x * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (each) => {
    for (let at = each; at; at = at.parentElement) {
      const color = parts(getComputedStyle(at).backgroundColor);
      if (color.length < 4 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  let worst = [99, ""];
  for (const each of document.querySelectorAll("main *")) {
    const own = Array.from(each.childNodes).some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || each.closest("svg") || !each.offsetParent) continue;
    const [a, b] = [light(parts(getComputedStyle(each).color)), light(ground(each))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < worst[0]) worst = [ratio, each.outerHTML.slice(0, 120)];
  }
  return worst;
})()
"""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with everything that there can be on one."""
    nodes = fleet()
    more = {
        "comparison": comparison(fleet(seed=6), nodes, "reports/last-week", "2026-11-22T09:00:00Z"),
        "provisioned": PROVISIONED,
        "given_back": given_back(nodes),
        "leftovers": ["Job accelerated-nodes-verify/check-1 could not be deleted: forbidden"],
        "verdict": {
            "object": "NodePool gpu",
            "reason": "InsufficientCapacity",
            "message": "no capacity",
            "next_step": "Add zones.",
            "documentation": documentation_of("InsufficientCapacityError"),
        },
    }
    return written(tmp_path_factory, result(nodes, **more))


def written(folder: pytest.TempPathFactory, content: dict[str, Any], title: str = "training-west") -> Path:
    path = folder.mktemp("page") / "report.html"
    path.write_text(html_report(content, title, "2026-11-29 09:12 UTC"))
    return path


def quiet(page: Page) -> None:
    """The page asked for nothing but itself, and nobody complained."""
    assert [each for each in page.requests if not each.startswith("file:") or not each.endswith("report.html")] == []
    assert page.complaints == []
    assert page.dialogs == []


@each_width
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_page_fits_asks_for_nothing_and_is_legible(page: Page, full: Path, width: int, dark: bool) -> None:
    page.look(full, width, dark=dark)
    assert page.ask("document.documentElement.scrollWidth") == width
    assert page.ask(OVERFLOWING) == []
    ratio, what = page.ask(CONTRAST)
    assert ratio >= 4.5, what
    shade = page.ask("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, shade[4:-1].split(","))) < 200) is dark
    quiet(page)


def test_search_and_filters_show_what_fits(page: Page, full: Path) -> None:
    page.look(full)
    everything = page.ask(SHOWN)
    assert len(everything) == 24

    def type_in(text: str) -> list[str]:
        page.ask(
            f'(() => {{ const box = document.querySelector(".tools input"); box.value = {json.dumps(text)}; '
            'box.dispatchEvent(new Event("input")); })()'
        )
        return page.ask(SHOWN)

    assert len(type_in("fallen off the bus")) == 1
    assert len(type_in("P5.48XLARGE us-west-2b")) == 3
    assert type_in("nothing like it") == []
    assert page.ask('document.querySelector(".nothing").hidden') is False
    assert page.ask('document.querySelector("output").textContent') == "0 of 24 shown"
    assert type_in("") == everything
    press = 'document.querySelector(`.tools button[data-verdict="{}"]`).click()'
    page.ask(press.format("failed"))
    assert len(page.ask(SHOWN)) == 3
    assert page.ask('document.querySelectorAll("a.cell:not(.dim)").length') == 3
    page.ask(press.format("busy"))
    assert len(page.ask(SHOWN)) == 4
    choose = (
        '(() => {{ const box = document.querySelector(".tools select"); box.value = "{}"; box.dispatchEvent(new Event("change")); }})()'
    )
    page.ask(choose.format("1"))
    assert len(page.ask(SHOWN)) == 1
    assert page.ask('Array.from(document.querySelectorAll(".pool")).filter((each) => !each.hidden).length') == 1
    quiet(page)


def test_a_cell_leads_to_its_node_even_if_that_is_filtered_away(page: Page, full: Path) -> None:
    page.look(full)
    page.ask('document.querySelector(`.tools button[data-verdict="passed"]`).click()')
    assert len(page.ask(SHOWN)) == 18
    name = page.ask('document.querySelector("a.cell.failed").title').split(",")[0]
    page.ask('document.querySelector("a.cell.failed").click()')
    page.ask("new Promise((done) => setTimeout(done, 50))")
    assert page.ask("document.querySelector(location.hash + ' h4').textContent") == name
    assert len(page.ask(SHOWN)) == 24
    box = page.ask(
        "(() => { const box = document.querySelector(location.hash).getBoundingClientRect(); return [box.top, innerHeight]; })()"
    )
    assert 0 <= box[0] < box[1]


def test_without_scripts_the_page_is_whole(page: Page, full: Path) -> None:
    page.look(full, script=False)
    html = page.send("DOM.getOuterHTML", nodeId=page.send("DOM.getDocument")["root"]["nodeId"])["outerHTML"]
    assert html.count('<article class="node') == 24
    assert '<div class="tools" role="search" hidden' in html
    page.look(full, script=True)
    assert page.ask('document.querySelector(".tools").hidden') is False


def test_every_verdict_is_told_without_colour(page: Page, full: Path) -> None:
    page.look(full)
    signs = page.ask('Array.from(document.querySelectorAll(".legend .cell")).map((each) => each.querySelector("use").getAttribute("href"))')
    assert signs == ["#s-passed", "#s-failed", "#s-busy", "#s-unknown", "#s-excluded", "#s-passed"]
    assert page.ask('document.querySelectorAll(".legend .cell.warned").length') == 1
    drawn = page.ask('Array.from(document.querySelectorAll("symbol path")).map((each) => each.getAttribute("d"))')
    assert len(drawn) == len(set(drawn))
    labels = page.ask('Array.from(document.querySelectorAll("a.cell")).map((each) => each.getAttribute("aria-label"))')
    assert len(labels) == 24
    assert all(": " in each for each in labels)


def test_on_paper_everything_is_there(page: Page, full: Path) -> None:
    page.look(full, media="print", dark=True)
    assert page.ask('getComputedStyle(document.querySelector(".tools")).display') == "none"
    assert page.ask("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    ratio, what = page.ask(CONTRAST)
    assert ratio >= 4.5, what
    assert page.ask('document.querySelector(".node details li").checkVisibility()') is True
    assert page.paper().startswith(b"%PDF")


@each_width
def test_hostile_text_is_text(page: Page, tmp_path_factory: pytest.TempPathFactory, width: int) -> None:
    content, title = poisoned()
    page.look(written(tmp_path_factory, content, title), width)
    assert page.ask("window.pwned") is None
    assert page.ask('document.querySelectorAll("script").length') == 1
    assert page.ask('document.querySelectorAll("img, iframe, object, embed, link, base, form, foreignObject, animate, set").length') == 0
    named = 'Array.from(document.querySelectorAll("*")).flatMap((each) => each.getAttributeNames()).filter((name) => name.startsWith("on"))'
    assert page.ask(named) == []
    assert page.ask("document.documentElement.scrollWidth") == width
    assert page.ask(f"{SHOWN}.length") == len(content["nodes"])
    quiet(page)


def test_no_script_but_the_pages_own_runs(page: Page, full: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Were mark-up to get through after all, the page's policy would still hold it."""
    evil = (
        "<script>window.pwned = 1</script><img src='http://evil.example/x.png' onerror='window.pwned = 1'><style>main{display:none}</style>"
    )
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(full.read_text().replace("<main>", f"<main>{evil}", 1))
    page.look(path)
    assert page.ask("window.pwned") is None
    assert page.ask('getComputedStyle(document.querySelector("main")).display') == "block"
    assert any("Content Security Policy" in each for each in page.complaints)
    outside = [each for each in page.requests if not each.startswith("file:")]
    assert page.blocked.count("csp") >= len(outside)
    assert len(page.ask(SHOWN)) == 24


def test_a_thousand_nodes_are_drawn_and_searched(page: Page, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = written(tmp_path_factory, result(fleet((300, 500, 200))))
    assert path.stat().st_size < 4_000_000
    page.look(path)
    assert page.ask('document.querySelectorAll("a.cell").length') == 1000
    search = """(() => { const box = document.querySelector(".tools input"); box.value = "trn1";
      box.dispatchEvent(new Event("input")); return document.querySelector("output").textContent; })()"""
    assert page.ask(search) == "200 of 1000 shown"
    page.look(path, WIDTHS["phone"])
    assert page.ask("document.documentElement.scrollWidth") == WIDTHS["phone"]
    quiet(page)
