"""Sphinx's settings for the documentation site, which tools/docs_site.py builds (make docs-site). Nothing is fetched."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes

project = "accelerated.nodes"
project_copyright = author = "The accelerated.nodes authors"
html_title = "accelerated.nodes"

extensions = ["myst_parser", "sphinx_antsibull_ext"]
source_suffix = {".rst": "restructuredtext", ".md": "markdown"}
exclude_patterns = ["_*"]

# A heading has the anchor that it has on GitHub, where the same pages are read.
myst_heading_anchors = 4

# Every reference leads somewhere.
nitpicky = True
default_role = "any"

html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_use_index = False
html_use_modindex = False
# The colors are in site.css, as those of antsibull-docs do not follow the theme's switch.
antsibull_ext_color_scheme = "none"
pygments_style = "friendly"
pygments_dark_style = "github-dark"

# Labels of Ansible's own documentation, which is not read here: a pattern, and the page.
ANSIBLE = "https://docs.ansible.com/ansible/latest"
ELSEWHERE = (
    (re.compile(r"ansible_collections\.(\w+)\.(\w+)\.(\w+)"), r"collections/\1/\2/\3.html"),
    (re.compile("common_return_values"), "reference_appendices/common_return_values.html"),
    (re.compile("ansible_configuration_settings"), "reference_appendices/config.html"),
    (re.compile("action_plugins"), "plugins/action.html"),
    (re.compile(r"ANSIBLE_\w+"), r"reference_appendices/config.html#envvar-\g<0>"),
)


def elsewhere(app: Any, env: Any, node: Any, content: Any) -> nodes.reference | None:
    """A link into Ansible's documentation for a reference that this site does not have; none for one that is simply wrong."""
    target = node["reftarget"]
    for pattern, page in ELSEWHERE:
        match = pattern.fullmatch(target)
        if match and "ansible_collections.accelerated" not in target:
            return nodes.reference("", "", content, internal=False, refuri=f"{ANSIBLE}/{match.expand(page)}")
    return None


def keep_anchors(app: Any, doctree: nodes.document) -> None:
    """Give each heading the anchor that links name, where docutils' own is another (underscores, letters that are not Latin)."""
    for section in doctree.findall(nodes.section):
        slug = section.get("slug")
        if slug and slug not in section["ids"]:
            section["ids"].append(slug)


def setup(app: Any) -> None:
    """Sphinx calls this."""
    app.connect("missing-reference", elsewhere)
    app.connect("doctree-read", keep_anchors)
