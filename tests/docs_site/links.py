"""What of a site of HTML files leads nowhere: links, anchors, pictures, styles and scripts. Pure but for reading the files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# Attributes that name something, by tag; what is fetched when the page is shown is told apart from what is only linked to.
LINKED = {"a": "href"}
FETCHED = {"img": "src", "script": "src", "link": "href", "source": "src", "iframe": "src"}


@dataclass
class PageLinks(HTMLParser):
    """The anchors of one page, and what it names."""

    anchors: set[str] = field(default_factory=set)
    twice: set[str] = field(default_factory=set)
    linked: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        for name in {values.get("id"), values.get("name") if tag == "a" else None} - {None, ""}:
            (self.twice if name in self.anchors else self.anchors).add(name)
        for kinds, found in ((LINKED, self.linked), (FETCHED, self.fetched)):
            if values.get(kinds.get(tag, "")):
                found.append(values[kinds[tag]])


def read(site: Path) -> dict[Path, PageLinks]:
    """Each page of a site."""
    pages = {}
    for path in sorted(site.rglob("*.html")):
        pages[path] = PageLinks()
        pages[path].feed(path.read_text())
    return pages


def faults(site: Path) -> Iterator[str]:
    """What leads nowhere, an anchor that is there twice, and what would be fetched from a network."""
    pages = read(site)
    for path, page in pages.items():
        name = path.relative_to(site)
        yield from (f"{name}: the anchor {each} is there twice" for each in sorted(page.twice))
        yield from (f"{name}: fetches {each}" for each in page.fetched if urlsplit(each).netloc)
        for target in [*page.linked, *page.fetched]:
            fault = _fault(path, target, pages)
            if fault:
                yield f"{name}: {target} {fault}"


def _fault(path: Path, target: str, pages: dict[Path, PageLinks]) -> str:
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        return ""
    wanted = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if not wanted.is_file():
        return "is not there"
    anchor = unquote(parts.fragment)
    known = not anchor or wanted not in pages or anchor in pages[wanted].anchors
    return "" if known else "has no such anchor"
