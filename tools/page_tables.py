"""Write the tables of docs/ (see PAGES) from the collection's own; with --check, only say whether they are current."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / ".build" / "collections"))

from ansible_collections.accelerated.nodes.plugins.module_utils.access._needs import NEEDS, PARTS, VERIFY_NAMESPACE, Need  # noqa: E402
from ansible_collections.accelerated.nodes.plugins.module_utils.aws._karpenter_rights import DIFFERENCES, rights  # noqa: E402
from ansible_collections.accelerated.nodes.plugins.module_utils.charts._karpenter_versions import FIRST_BY_KUBERNETES  # noqa: E402
from ansible_collections.accelerated.nodes.plugins.module_utils.common._documentation import anchor  # noqa: E402
from ansible_collections.accelerated.nodes.plugins.module_utils.common._text import dotted  # noqa: E402
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._advice import ANOTHER_REASON, SHOWN, TOPICS, UNKNOWN  # noqa: E402
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._advice_row import Advice  # noqa: E402
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._device_checks import LIMITS, STATE_CHECKS  # noqa: E402
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._failures import BY_EXIT_CODE, BY_TEXT  # noqa: E402
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._remedies import ACTIONS  # noqa: E402
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._required_facts import BOARDS, REQUIRED  # noqa: E402
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._xids import XIDS  # noqa: E402
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._check import Check  # noqa: E402
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._preflight import CHECKS  # noqa: E402
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._quotas import QUOTAS  # noqa: E402


@dataclass(frozen=True)
class Page:
    """A page of docs/, the files that its tables come from, and what makes them."""

    name: str
    source: str
    tables: Callable[[], Iterable[str]]

    @property
    def path(self) -> Path:
        return ROOT / "docs" / self.name

    @property
    def begin(self) -> str:
        return f"<!-- tables: written by `make docs` from {self.source} -->"

    @property
    def text(self) -> str:
        """The page with its tables as they should be."""
        before, mark, rest = self.path.read_text().partition(self.begin)
        _old, end, after = rest.partition(END)
        if not mark or not end:
            raise SystemExit(f"docs/{self.name} lacks the lines between which the tables go: {self.begin} and {END}")
        tables = "\n\n".join(self.tables())
        return f"{before}{self.begin}\n\n{tables}\n\n{END}{after}"


STACK = ROOT / "roles" / "eks_prerequisites" / "templates" / "stack.yml.j2"
KARPENTER = ROOT / "roles" / "karpenter" / "defaults" / "main.yml"
END = "<!-- end of tables -->"


def table(title: str, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A heading and a table; texts are kept from ending a cell or beginning a tag."""
    columns = list(columns)
    lines = [f"### {title}", "", _row(columns), _row(["---"] * len(columns))]
    return "\n".join([*lines, *(_row(_cell(text) for text in row) for row in rows)])


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    return text.replace("<", "&lt;").replace("|", "\\|")


def entry(name: str, *parts: str) -> str:
    """A heading of its own, whose anchor messages link to, and what is said below it; texts are kept from beginning a tag."""
    return "\n\n".join([f"#### `{name}`", *(part.replace("<", "&lt;") for part in parts)])


def diagnosis() -> Iterator[str]:
    """An entry for each reason, by topics."""
    yield "\n".join(f"- [{topic}](#{anchor(topic)})" for topic in (*TOPICS, ANOTHER_REASON))
    for topic, rows in TOPICS.items():
        yield f"### {topic}"
        yield SHOWN[topic]
        yield from (advice_entry(*item) for item in rows.items())
    yield f"### {ANOTHER_REASON}"
    yield f"{UNKNOWN.explanation} {UNKNOWN.next_step}"


def advice_entry(reason: str, advice: Advice) -> str:
    """The entry of one reason. A placeholder is shown as the word that takes its place."""
    meaning, step = (re.sub(r"\{(\w+)\}", r"*\1*", text) for text in (advice.explanation, advice.next_step))
    hopeless = ["Waiting cannot help."] if advice.hopeless else []
    return entry(reason, meaning, f"**Next step:** {step}", *hopeless)


def verification() -> Iterator[str]:
    """What is looked at on each device, how a tool can fail, and the classes of action."""
    yield "### Classes of action"
    yield from (entry(action, f"{meaning[:1].upper()}{meaning[1:]}.") for action, meaning in ACTIONS.items())
    yield table(
        "The state of an NVIDIA GPU",
        ("Check", "Facts of `nvidia-smi -q -x`", "A healthy GPU says", "Severity", "Action"),
        ((row.check, f"`{row.path.pattern}`", row.expected, row.severity, f"`{row.remedy.action}`") for row in STATE_CHECKS),
    )
    yield from _facts()
    columns = ("The tool", "What it means", "Action", "Next step")
    texts = ((f'prints "{row.text}"', row.meaning, f"`{row.remedy.action}`", row.remedy.next_step) for row in BY_TEXT)
    codes = ((f"exits with {code}", meaning, f"`{remedy.action}`", remedy.next_step) for code, (meaning, remedy) in BY_EXIT_CODE.items())
    yield table("A tool that fails", columns, (*texts, *codes))

    rows = ((str(number), row.meaning, f"`{row.remedy.action}`", row.remedy.next_step) for number, row in XIDS.items())
    yield table("Xid table", ("Xid", "What it means", "Action", "Next step"), rows)


def _facts() -> Iterator[str]:
    """What is held against another fact, and what must be there."""
    limits = ((row.check, f"`{row.number}`", f"{row.expected} `{row.limit}`", f"`{row.remedy.action}`") for row in LIMITS)
    yield table("Warnings of two facts of a GPU", ("Check", "Fact", "A healthy GPU's is", "Action"), limits)
    required = (
        (
            row.check,
            " or ".join(" and ".join(f"`{path}`" for path in paths) for paths in row.facts),
            ", ".join(row.needs),
            str(row.since or "any"),
            "a value" if row.value else "that it is there",
        )
        for row in REQUIRED
    )
    yield table("What a GPU must say", ("Check", "Facts of `nvidia-smi -q -x`", "Of which GPUs", "From driver", "Required is"), required)
    boards = ((f"`{word}`", ", ".join(sorted(has))) for word, has in BOARDS.items())
    yield table("What a board has", ("Word of its name", "What it has"), boards)


def permissions() -> Iterator[str]:
    """What each part of the collection asks of the API server."""
    yield table("Parts", ("Part", "What it is for"), ((f"`{part}`", meaning) for part, meaning in PARTS.items()))
    columns = ("Needed with", "Rule", "For", "Asked for only by")
    yield table("What they need", columns, (need_row(need) for need in NEEDS))


def need_row(need: Need) -> tuple[str, ...]:
    """The cells of one need, the rule in kubectl's words."""
    names = f", only `{'`, `'.join(need.names)}`" if need.names else ""
    place = f", in `{need.namespace}`" if need.namespace else ""
    kinds = ", ".join(".".join(filter(None, (resource, need.group))) for resource in need.resources)
    rule = f"{', '.join(need.verbs)} `{kinds}`{names}{place}".replace(f"`{VERIFY_NAMESPACE}`", "`automation_rbac_verify_namespace`")
    return " and ".join(f"`{part}`" for part in need.parts), rule, need.reason, need.seldom


def upgrade() -> Iterator[str]:
    """Which Karpenter a Kubernetes needs, and what a Karpenter needs that another does not."""
    first = ((kubernetes, dotted(version)) for kubernetes, version in FIRST_BY_KUBERNETES.items())
    yield table("The first Karpenter for a Kubernetes", ("Kubernetes", "Karpenter"), first)
    columns = ("Right, resource or event", "For", "Needed since", "No longer needed since")
    rows = ((f"`{row.what}`", row.purpose, *(dotted(each or ()) for each in (row.since, row.before))) for row in DIFFERENCES)
    yield table("What differs by version", columns, rows)


def preflight() -> Iterator[str]:
    """The checks, and the tables that they go by."""
    yield "### What is asked"
    yield from map(check_entry, CHECKS)
    prefixes = {row: [prefix for prefix, other in QUOTAS.items() if other == row] for row in QUOTAS.values()}
    quotas = ((", ".join(prefixes[row]), row.families, f"`{row.on_demand}`", f"`{row.spot}`" if row.spot else "-") for row in prefixes)
    yield table("Quotas of vCPUs", ("Types that begin with", "Families", "On-demand", "Spot"), quotas)


def iam() -> Iterator[str]:
    """What the stack holds, and the statements of its policies, for the Karpenter that is installed by default."""
    template = STACK.read_text()
    kinds = sorted(set(re.findall(r"^    Type: (AWS::\S+)$", template, re.MULTILINE)))
    yield "### What the stack holds"
    yield "\n".join(f"- `{kind}`" for kind in kinds)
    yield "### The nodes' role"
    yield "AWS's own policies, and no other right:"
    yield "\n".join(f"- `{name}`" for name in re.findall(r"iam::aws:policy/(\w+)", template))
    version = yaml.safe_load(KARPENTER.read_text())["karpenter_chart_version"]
    yield f"### The controller's policies, for Karpenter {version}"
    for policy in rights(version, "demo")["policies"]:
        yield entry(policy["name"], f"{policy['description']}.")
        yield f"```json\n{json.dumps([_worded(each) for each in policy['statements']], indent=2)}\n```"


def _worded(value: Any) -> Any:
    """A part of a policy with CloudFormation's functions as the words that they put in."""
    match value:
        case {"Fn::Sub": text} | {"Ref": text}:
            return text if "$" in text else f"${{{text}}}"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"${{{name}.{attribute}}}"
        case dict():
            return {key: _worded(each) for key, each in value.items()}
        case list():
            return [_worded(each) for each in value]
    return value


def check_entry(check: Check) -> str:
    """The entry of one check of the preflight."""
    parts = {"An error": check.error, "A warning": check.warning, "Needs the rights": ", ".join(f"`{each}`" for each in check.rights)}
    return entry(check.name, check.question, "\n".join(f"- {title}: {text}" for title, text in parts.items() if text))


PAGES = (
    Page("permissions.md", "plugins/module_utils/access/_needs.py", permissions),
    Page("diagnosis.md", "plugins/module_utils/diagnosis/_advice_*.py", diagnosis),
    Page("iam.md", "plugins/module_utils/aws/_karpenter_rights.py and roles/eks_prerequisites/templates/stack.yml.j2", iam),
    Page("upgrade.md", "plugins/module_utils/aws/_karpenter_rights.py and charts/_karpenter_versions.py", upgrade),
    Page(
        "verification.md",
        "plugins/module_utils/judging/_remedies.py, _device_checks.py, _required_facts.py, _failures.py and _xids.py",
        verification,
    ),
    Page("preflight.md", "plugins/module_utils/preflight/_*.py", preflight),
)


def main(arguments: list[str]) -> int:
    stale = [page for page in PAGES if page.text != page.path.read_text()]
    for page in stale:
        print(f"docs/{page.name}")
        if "--check" not in arguments:
            page.path.write_text(page.text)
    return int(bool(stale) and "--check" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
