"""How pages are staged for the documentation site, and what its check of links finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs_site.links import faults
from tools import docs_site

ROOT = Path(__file__).resolve().parents[2]


KNOWN = {"docs/pools.md": "pools.md", "roles/karpenter/README.md": "reference/karpenter_role.rst", "README.md": "quick-start.md"}


@pytest.mark.parametrize(
    ("link", "wanted"),
    [
        ("../pools.md#efa", "../pools.md#efa"),
        ("../../README.md#requirements", "../quick-start.md#requirements"),
        (f"{docs_site.REPOSITORY}/blob/main/docs/pools.md#efa", "../pools.md#efa"),
        ("../../roles/karpenter/README.md", "../reference/karpenter_role.rst"),
        ("../../examples/pools", f"{docs_site.REPOSITORY}/tree/main/examples/pools"),
        ("../../galaxy.yml", f"{docs_site.REPOSITORY}/blob/main/galaxy.yml"),
        ("../architecture.svg", "../architecture.svg"),
        ("#here", "#here"),
        ("https://karpenter.sh/docs/", "https://karpenter.sh/docs/"),
        (f"{docs_site.REPOSITORY}/issues", f"{docs_site.REPOSITORY}/issues"),
    ],
)
def test_link_is_turned_to_the_site_or_to_the_repository(link: str, wanted: str) -> None:
    text = f"See [this]({link}).\n"
    assert docs_site.relinked(text, "docs/guides/a.md", "guides/a.md", KNOWN) == f"See [this]({wanted}).\n"


def test_code_stays_as_it_is() -> None:
    text = "```shell\necho [a](nowhere.md)\n```\n\n[b](../pools.md)\n"
    assert docs_site.relinked(text, "docs/guides/a.md", "b.md", KNOWN) == text.replace("../pools.md", "pools.md")


@pytest.mark.parametrize("link", ["nowhere.md", "../../../etc/hosts", f"{docs_site.REPOSITORY}/blob/main/docs/nowhere.md"])
def test_link_that_leads_nowhere_is_refused(link: str) -> None:
    with pytest.raises(docs_site.BrokenLinkError, match=r"docs/guides/a\.md links to"):
        docs_site.relinked(f"[this]({link})", "docs/guides/a.md", "guides/a.md", KNOWN)


def test_sections_keep_their_headings() -> None:
    assert dict(docs_site.sections("# T\n\n## Use Cases\n\na\n\n### B\n\n## Testing\nc\n")) == {
        "use-cases": "## Use Cases\n\na\n\n### B\n\n",
        "testing": "## Testing\nc\n",
    }


def test_page_that_no_list_names_comes_into_the_last_one() -> None:
    index = "Preflight <preflight>\npools\nguides/trainium\n"
    listed = [
        place for place in ("preflight.md", "pools.md", "guides/trainium.md", "new.md", "trainium.md") if docs_site.is_listed(place, index)
    ]
    assert listed == ["preflight.md", "pools.md", "guides/trainium.md"]


def test_faults_of_a_site(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.svg").write_text("<svg/>")
    (tmp_path / "index.html").write_text(
        '<h1 id="top">A</h1><a href="#top"></a><a href="sub/page.html#there"></a><a href="https://elsewhere.example/"></a><img src="a.svg">'
    )
    (tmp_path / "sub" / "page.html").write_text('<h1 id="there">B</h1><a href="../index.html"></a>')
    assert list(faults(tmp_path)) == []
    (tmp_path / "sub" / "page.html").write_text(
        '<h1 id="x">B</h1><p id="x"></p><a href="gone.html"></a><img src="b.png"><script src="https://cdn.example/x.js"></script>'
    )
    assert list(faults(tmp_path)) == [
        "index.html: sub/page.html#there has no such anchor",
        "sub/page.html: the anchor x is there twice",
        "sub/page.html: fetches https://cdn.example/x.js",
        "sub/page.html: gone.html is not there",
        "sub/page.html: b.png is not there",
    ]
