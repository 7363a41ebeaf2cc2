"""Write each role's README.md from its argument specs; with --check, only say which are not current."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
ROLES = ROOT / "roles"

# Ansible's markup -> Markdown.
MARKUP = (
    (re.compile(r"\b(?:C|O|V|E|RV|M|P)\(([^)]*)\)"), r"`\1`"),
    (re.compile(r"\b[IB]\(([^)]*)\)"), r"*\1*"),
    (re.compile(r"\bL\(([^,)]*),\s*([^)]*)\)"), r"[\1](\2)"),
    (re.compile(r"\bU\(([^)]*)\)"), r"<\1>"),
)

PAGE = """\
# accelerated.nodes.{role}

<!-- Written by `make docs` from meta/argument_specs.yml: change that file. -->

{description}

| Variable | Type | Default | Meaning |
| --- | --- | --- | --- |
{rows}

## Example

```yaml
- hosts: all
  gather_facts: false
  roles:
    - role: accelerated.nodes.{role}
```
"""


def markdown(text: str) -> str:
    for pattern, replacement in MARKUP:
        text = pattern.sub(replacement, text)
    return text


def sentences(description: str | list[str]) -> list[str]:
    """A description is a text or a list of paragraphs."""
    return [markdown(" ".join(part.split())) for part in ([description] if isinstance(description, str) else description)]


def kind(option: dict[str, Any]) -> str:
    """The option's type as a reader needs it: `list of str`."""
    name = option.get("type", "str")
    return f"{name} of {option['elements']}" if "elements" in option else name


def default(option: dict[str, Any]) -> str:
    if option.get("required"):
        return "*required*"
    value = option.get("default")
    if value is None:
        return ""
    text = value if isinstance(value, str) else yaml.safe_dump(value, default_flow_style=True, width=1000).removesuffix("...\n").strip()
    return f"`{text}`" if text else "*empty*"


def rows(options: dict[str, dict[str, Any]], prefix: str = "") -> Iterator[str]:
    """One line of the table an option; an option's own options follow it."""
    for name, option in options.items():
        meaning = sentences(option["description"])
        if "choices" in option:
            meaning.append("One of " + ", ".join(f"`{choice}`" for choice in option["choices"]) + ".")
        cells = (f"`{prefix}{name}`", kind(option), default(option), "<br>".join(meaning))
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
        yield from rows(option.get("options", {}), f"{prefix}{name}.")


def page(role: Path) -> str:
    """The text of one role's README.md."""
    spec = yaml.safe_load((role / "meta" / "argument_specs.yml").read_text())["argument_specs"]["main"]
    paragraphs = [markdown(spec["short_description"]).rstrip(".") + ".", *sentences(spec.get("description", []))]
    return PAGE.format(role=role.name, description="\n\n".join(paragraphs), rows="\n".join(rows(spec.get("options", {}))))


def outdated() -> dict[Path, str]:
    """Path and wanted text of each README.md that is not current."""
    pages = {spec.parents[1] / "README.md": page(spec.parents[1]) for spec in sorted(ROLES.glob("*/meta/argument_specs.yml"))}
    return {path: text for path, text in pages.items() if not path.exists() or path.read_text() != text}


def main(arguments: list[str]) -> int:
    pages = outdated()
    for path, text in pages.items():
        print(path.relative_to(ROOT))
        if "--check" not in arguments:
            path.write_text(text)
    return int("--check" in arguments and bool(pages))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
