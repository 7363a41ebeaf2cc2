"""Build the documentation site: the Markdown pages of the repository, and the references that antsibull-docs writes. No network.

The pages are those that are read on GitHub. They are staged with their links turned: to a page of the site where there is one, else to
the file in the repository. A link that leads nowhere, and any warning of Sphinx, is an error.
"""

from __future__ import annotations

import os
import posixpath
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
OWN = ROOT / "docs" / "docsite"
SETTINGS = ROOT / "tools" / "site"
STAGE = ROOT / ".build" / "site"
SOURCE = STAGE / "source"
SITE = ROOT / "build" / "site"
COLLECTION = "accelerated.nodes"
REPOSITORY = yaml.safe_load((ROOT / "galaxy.yml").read_text())["repository"]

# Where pages from elsewhere are on the site. The README is not a page: the site's own pages include its sections.
MOVED = {"tests/lab/README.md": "lab.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.rst": "changelog.rst"}
README = "_readme"
README_AS = "quick-start.md"
OTHER_PAGES = "OTHER PAGES"
PICTURES = (".svg", ".png")

LINK = re.compile(r"(?<=\]\()(?P<target>[^)\s]+)(?=\))")
CONTENTS = re.compile(r"^\.\. contents::.*\n(?: +:.*\n)*", re.MULTILINE)
FENCE = re.compile(r"^(?P<mark>```+|~~~+).*?^(?P=mark)`*\s*$", re.MULTILINE | re.DOTALL)


class BrokenLinkError(Exception):
    """A page names a file that is not there."""


def pages() -> dict[str, str]:
    """Path in the repository of each page -> its path on the site."""
    folders = (ROOT / "docs", ROOT / "docs" / "guides", ROOT / "docs" / "schemas", OWN)
    own = (path for folder in folders for path in sorted(folder.glob("*.md")))
    named = {_path(path): _path(path).removeprefix("docs/").removeprefix("docsite/") for path in own}
    return named | MOVED


def _path(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def references() -> dict[str, str]:
    """Path in the repository of what antsibull-docs documents -> its page on the site."""
    modules = {_path(each): f"reference/{each.stem}_module.rst" for each in (ROOT / "plugins" / "modules").glob("*.py")}
    roles = {_path(each.parents[1]): f"reference/{each.parents[1].name}_role.rst" for each in ROOT.glob("roles/*/meta/argument_specs.yml")}
    return modules | roles | {f"{role}/README.md": page for role, page in roles.items()}


def relinked(text: str, path: str, place: str, known: dict[str, str]) -> str:
    """A page with its links turned to the site.

    :param path: Of the page in the repository, from which its relative links go.
    :param place: Of the page on the site.
    :param known: Path in the repository -> place on the site.
    :raises BrokenLinkError: A link leads to no file of the repository.
    """

    def turned(match: re.Match[str]) -> str:
        return turned_link(match["target"], path, place, known)

    parts, end = [], 0
    for fence in FENCE.finditer(text):  # What is shown as code stays as it is.
        parts += [LINK.sub(turned, text[end : fence.start()]), fence.group()]
        end = fence.end()
    return "".join([*parts, LINK.sub(turned, text[end:])])


def turned_link(target: str, path: str, place: str, known: dict[str, str]) -> str:
    """One link of a page, turned; the arguments are those of ``relinked``."""
    address, mark, anchor = target.partition("#")
    own = re.fullmatch(re.escape(REPOSITORY) + r"/(?:blob|tree)/main/(.+)", address)
    if own:
        wanted = own[1].rstrip("/")
    elif not address or ":" in address:
        return target
    else:
        wanted = posixpath.normpath(posixpath.join(posixpath.dirname(path), address))
    if wanted in known:
        return posixpath.relpath(known[wanted], posixpath.dirname(place) or ".") + mark + anchor
    if path.startswith(_path(OWN)):  # The site's own pages name each other.
        return target
    if not (ROOT / wanted).exists() or wanted.startswith(".."):
        raise BrokenLinkError(f"{path} links to {target}, which is not there.")
    if wanted.endswith(PICTURES):
        return target
    return f"{REPOSITORY}/{'tree' if (ROOT / wanted).is_dir() else 'blob'}/main/{wanted}{mark}{anchor}"


def staged() -> Iterator[tuple[str, str | Path]]:
    """Place on the site of each file, and its text, or the file to copy."""
    places = pages()
    known = places | references() | {"README.md": README_AS, "docs": "index.md"}
    index = (OWN / "index.md").read_text()
    others = [place.removesuffix(".md") for place in places.values() if place.endswith(".md") and not is_listed(place, index)]
    for path, place in places.items():
        text = (ROOT / path).read_text()
        if place.endswith(".md"):
            text = relinked(text, path, place, known)
        yield place, text.replace(OTHER_PAGES, "\n".join(others))
    readme = relinked((ROOT / "README.md").read_text(), "README.md", README_AS, known)
    for name, section in sections(readme):
        yield f"{README}/{name}.md", section
    yield f"{README}/simulated.md", "\n\n".join(each for each in readme.split("\n\n") if "**simulated**" in each)
    for picture in (ROOT / "docs").iterdir():
        if picture.suffix in PICTURES:
            yield picture.name, picture


def sections(text: str) -> Iterator[tuple[str, str]]:
    """The name, as in its anchor, and the text of each section of a page, its heading included."""
    for section in re.split(r"^(?=## )", text, flags=re.MULTILINE)[1:]:
        yield section.split("\n")[0].removeprefix("## ").lower().replace(" ", "-"), section


def is_listed(place: str, index: str) -> bool:
    """Whether the first page's lists name a page."""
    return place == "index.md" or re.search(rf"^(?:.*<)?{re.escape(place.removesuffix('.md'))}>?$", index, re.MULTILINE) is not None


def stage() -> None:
    """Make the folder that Sphinx reads anew."""
    shutil.rmtree(STAGE, ignore_errors=True)
    reference = SOURCE / "reference"
    reference.mkdir(parents=True)
    reference.chmod(0o755)  # antsibull-docs writes only where nobody else may.
    for place, content in staged():
        target = SOURCE / place
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Path):
            shutil.copyfile(content, target)
        else:
            target.write_text(content)
    words = ("--use-current", "--squash-hierarchy", "--fail-on-error", "--cleanup", "everything", "--dest-dir", str(reference))
    run("antsibull-docs", "--config-file", str(SETTINGS / "antsibull-docs.cfg"), "collection", *words, COLLECTION)
    for page in SOURCE.rglob("*.rst"):  # The theme shows a page's contents beside it, and refuses a second list of them.
        page.write_text(CONTENTS.sub("", page.read_text()))


def run(program: str, *arguments: str) -> None:
    """Run a program of the developer environment; its failure is ours."""
    found = Path(sys.executable).parent / program
    variables = os.environ | {"ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".build" / "collections")}
    subprocess.run([str(found), *arguments], check=True, cwd=ROOT, env=variables)


def main() -> int:
    try:
        stage()
        shutil.rmtree(SITE, ignore_errors=True)
        settings = ("-c", str(SETTINGS), "-d", str(STAGE / "doctrees"), "-W", "--keep-going", "--quiet", "--jobs", "2")
        run("sphinx-build", "-b", "html", *settings, str(SOURCE), str(SITE))
    except BrokenLinkError as error:
        print(error, file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print(f"{Path(error.cmd[0]).name} has ended with {error.returncode}; see above.", file=sys.stderr)
        return 1
    print(f"{SITE / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
