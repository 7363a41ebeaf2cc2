# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The mapping of one IAM role in ``mapRoles`` of the ConfigMap aws-auth, as an edit of its text. Pure.

Whoever runs the cluster has written that text, and a mistake in it locks nodes and people out. So nothing is parsed and written
anew: an entry is put in, replaced or cut out where it stands, every other byte stays, and the result is read again and compared
before it is given away.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import CollectionError

with suppress(ImportError):  # The client, without which no text gets here, names the missing package.
    import yaml

#: As EKS wants it of nodes; aws-iam-authenticator fills in the braces, not Ansible.
NODE_USERNAME = "system:node:{{EC2PrivateDNSName}}"
NODE_GROUPS = ("system:bootstrappers", "system:nodes")
WHERE = "mapRoles of the ConfigMap kube-system/aws-auth"
CORRECT = "Correct it by `kubectl -n kube-system edit configmap aws-auth`; nothing was changed."


class RoleMapping(NamedTuple):
    """Who a role's holders are in the cluster."""

    role_arn: str
    username: str = NODE_USERNAME
    groups: tuple[str, ...] = NODE_GROUPS

    def matches(self, entry: dict) -> bool:
        """Whether an entry says just this; the order of groups means nothing."""
        return entry.get("username") == self.username and _groups(entry) == sorted(set(self.groups))


class _Item(NamedTuple):
    """One entry and where it stands: ``start`` is its first character (after the dash of block style), ``end`` that after its last."""

    value: Any
    start: int
    end: int


class _List(NamedTuple):
    """The list: ``flow`` is whether it stands in brackets, ``end`` where an entry may follow, ``column`` that of the dashes."""

    items: list[_Item]
    flow: bool
    start: int
    end: int
    column: int


def without_path(role_arn: str) -> str:
    """The ARN as aws-auth has to name it: EKS compares it with that of the session, in which a role has no path."""
    head, slash, tail = role_arn.partition(":role/")
    return head + slash + tail.rpartition("/")[2]


def mapped(text: str, mapping: RoleMapping) -> str:
    """``text`` with exactly one entry for the role, which says what ``mapping`` does; the same text where that is so.

    :raises CollectionError: it is no list of mappings, or cannot be changed safely.
    """
    entries = _entries(text)
    own = _places(entries, mapping.role_arn)
    if len(own) == 1 and mapping.matches(entries[own[0]]):
        return text

    def change() -> str:
        # The last of several is the one that EKS goes by.
        edited = _without(text, own[:-1])
        listed = _read(edited)
        return _replace(edited, listed, own[-1] - len(own) + 1, mapping) if own else _append(edited, listed, mapping)

    return _proven(change, entries, mapping.role_arn, mapping)


def unmapped(text: str, role_arn: str) -> str:
    """``text`` without any entry for the role; the same text where it has none.

    :raises CollectionError: it is no list of mappings, or cannot be changed safely.
    """
    entries = _entries(text)
    own = _places(entries, role_arn)
    return _proven(lambda: _without(text, own), entries, role_arn, None) if own else text


def says_nothing(text: str) -> bool:
    """Whether a text that is a list has no entry."""
    return not _entries(text)


def _places(entries: list[dict], role_arn: str) -> list[int]:
    return [index for index, entry in enumerate(entries) if _is_of(entry, role_arn)]


def _without(text: str, places: list[int]) -> str:
    """``text`` without these entries; from the last to the first, so that no place moves."""
    for index in reversed(places):
        text = _cut(text, _read(text), index)
    return text


def _entries(text: str) -> list[dict]:
    """What the text says.

    :raises CollectionError: it is no YAML, or no list of mappings.
    """
    try:
        value = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:
        raise CollectionError(f"{WHERE} is not valid YAML: {' '.join(str(error).split())}. {CORRECT}") from error
    if value is None:
        return []
    if not isinstance(value, list):
        raise CollectionError(f"{WHERE} is not a list of role mappings, but {_kind(value)}. {CORRECT}")
    wrong = next((index for index, entry in enumerate(value, 1) if not isinstance(entry, dict)), None)
    if wrong is not None:
        raise CollectionError(f"{WHERE} has as its entry {wrong} {_kind(value[wrong - 1])}, and not a role mapping. {CORRECT}")
    return value


def _proven(change: Callable[[], str], entries: list[dict], role_arn: str, mapping: Optional[RoleMapping]) -> str:
    """The text that ``change`` makes, once it has been read again: all other entries as before, and of the role what is wanted.

    :raises CollectionError: it says something else.
    """
    try:
        text = change()
        found = yaml.safe_load(text) or []
    except (yaml.YAMLError, ValueError):
        found = []
    others, own = ([entry for entry in found if _is_of(entry, role_arn) is ours] for ours in (False, True))
    same = others == [entry for entry in entries if not _is_of(entry, role_arn)]
    if same and (len(own) == 1 and mapping.matches(own[0]) if mapping else found == others and not own):
        return text
    raise CollectionError(
        f"{WHERE} is written in a way that cannot be changed for the role {role_arn} without touching other entries. "
        f"{'Add' if mapping else 'Remove'} it by `kubectl -n kube-system edit configmap aws-auth`; nothing was changed."
    )


def _read(text: str) -> _List:
    """Where the entries stand; ``text`` is known to be a list, or to say nothing."""
    values = yaml.safe_load(text) or []
    events: list[Any] = [
        event for event in yaml.parse(text, yaml.SafeLoader) if not isinstance(event, (yaml.StreamStartEvent, yaml.DocumentStartEvent))
    ]
    root = events[0] if events else None
    if not isinstance(root, yaml.SequenceStartEvent):
        return _empty(text, root)
    spans: list[list[int]] = []
    span: list[int] = []
    flows: list[bool] = []
    for event in events[1:]:
        closing = isinstance(event, yaml.CollectionEndEvent)
        if closing and not flows:
            break
        if not flows:
            span = [event.start_mark.index, event.start_mark.index]
        # The end of a collection in block style is put where the next token begins, beyond comments that are not its own.
        if not closing or flows[-1]:
            span[1] = max(span[1], event.start_mark.index if _opens_block(event) else event.end_mark.index)
        if isinstance(event, yaml.CollectionStartEvent):
            flows.append(bool(event.flow_style))
        elif closing:
            flows.pop()
        if not flows:
            spans.append(span)
    items = [_Item(value, start, _trimmed(text, start, end)) for value, (start, end) in zip(values, spans)]
    begin: Any = root.start_mark
    return _List(items, bool(root.flow_style), begin.index, event.start_mark.index, begin.column)


def _empty(text: str, root: Any) -> _List:
    """A text without a list: what stands for nothing (``null``, ``~``) makes way, comments do not."""
    if isinstance(root, yaml.ScalarEvent):
        begin: Any = root.start_mark
        end: Any = root.end_mark
        return _List([], False, begin.index, end.index, 0)
    return _List([], False, len(text), len(text), 0)


def _append(text: str, listed: _List, mapping: RoleMapping) -> str:
    """``text`` with a new entry behind the last."""
    if listed.flow:
        place = listed.items[-1].end if listed.items else listed.start + 1
        return text[:place] + (", " if listed.items else "") + _flow(mapping) + text[place:]
    if not listed.items:
        text = text[: listed.start] + text[listed.end :]
        place = max(listed.start, len(text)) if not text[listed.start :].strip() else listed.start
    else:
        place = listed.end
    before, after = text[:place], text[place:]
    line_end = _line_end(text)
    entry = _block(mapping, listed.column, line_end)
    if before and not before.endswith("\n"):
        # A text without a last line break stays one, so that taking the entry out again gives back what was there.
        before, entry = before + line_end, entry if after else entry[: -len(line_end)]
    return before + entry + after


def _replace(text: str, listed: _List, index: int, mapping: RoleMapping) -> str:
    """``text`` with another entry in the place of one; comments on lines of their own stay, above it."""
    item = listed.items[index]
    if listed.flow:
        return text[: item.start] + _flow(mapping) + text[item.end :]
    start, end = _lines_of(text, listed, item)
    comments = "".join(line for line in text[start:end].splitlines(keepends=True) if line.lstrip().startswith("#"))
    line_end = _line_end(text)
    entry = _block(mapping, listed.column, line_end)
    return text[:start] + comments + (entry if text[:end].endswith("\n") else entry[: -len(line_end)]) + text[end:]


def _cut(text: str, listed: _List, index: int) -> str:
    """``text`` without one entry."""
    if listed.flow:
        return _cut_flow(text, listed, index)
    start, end = _lines_of(text, listed, listed.items[index])
    if end == len(text) and not text.endswith("\n"):
        # The line break before it was its own: see _append.
        start = len(text[:start].removesuffix("\n").removesuffix("\r")) if text[:start].strip() else start
    return text[:start] + text[end:]


def _cut_flow(text: str, listed: _List, index: int) -> str:
    """``text`` without one entry and the comma that parts it from the next, or else from the one before."""
    items, item = listed.items, listed.items[index]
    following = _comma(text, item.end, items[index + 1].start if index + 1 < len(items) else listed.end)
    if following is not None:
        return _without_blank_line(text[: item.start], text[following + 1 :].lstrip(" \t"))
    if index == 0:
        return text[: item.start] + text[item.end :]
    comma = _comma(text, items[index - 1].end, item.start) or items[index - 1].end
    between = text[comma + 1 : item.start]
    # A comment between the two is not this entry's.
    return text[:comma] + (between if between.strip() else "") + text[item.end :]


def _without_blank_line(before: str, after: str) -> str:
    """Both together, without the line that an entry alone on it leaves."""
    lead = before.rstrip(" \t")
    if lead.endswith("\n") and re.match(r"\r?\n", after):
        return lead + re.sub(r"^\r?\n", "", after)
    return before + after


def _comma(text: str, start: int, end: int) -> Optional[int]:
    """Where the first comma stands that is in no comment."""
    found = re.match(r"(?:#[^\n]*\n|[^,#])*,", text[start:end])
    return start + found.end() - 1 if found else None


def _lines_of(text: str, listed: _List, item: _Item) -> tuple[int, int]:
    """From the dash of an entry in block style, or the beginning of its line, to the end of its last line."""
    start = text.rfind("\n", 0, item.start) + 1
    dash = re.compile(rf" {{{listed.column}}}-(?!--)")
    while start and not dash.match(text, start):
        start = text.rfind("\n", 0, start - 1) + 1
    end = text.find("\n", item.end)
    return start, len(text) if end < 0 else end + 1


def _opens_block(event: Any) -> bool:
    return isinstance(event, yaml.CollectionStartEvent) and not event.flow_style


def _trimmed(text: str, start: int, end: int) -> int:
    """The end without the empty lines that the last block scalar takes along."""
    return start + len(text[start:end].rstrip())


def _block(mapping: RoleMapping, column: int, line_end: str) -> str:
    """An entry in block style, as eksctl writes it."""
    lines = [f"- rolearn: {_scalar(mapping.role_arn)}", f"  username: {_scalar(mapping.username)}", "  groups:"]
    lines += [f"  - {_scalar(group)}" for group in mapping.groups]
    if not mapping.groups:
        lines[-1] += " []"
    return "".join(" " * column + line + line_end for line in lines)


def _flow(mapping: RoleMapping) -> str:
    """An entry in flow style: as JSON, which YAML takes as it is."""
    return json.dumps({"rolearn": mapping.role_arn, "username": mapping.username, "groups": list(mapping.groups)})


def _scalar(text: str) -> str:
    """Text as a plain scalar where YAML reads it as that text, else in quotes."""
    plain = re.fullmatch(r"[A-Za-z][A-Za-z0-9_:/@.{}+=,-]*[A-Za-z0-9}]", text) and yaml.safe_load(f"- {text}") == [text]
    return text if plain else json.dumps(text)


def _line_end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _is_of(entry: Any, role_arn: str) -> bool:
    """Whether an entry is about the role; EKS takes ARNs for the same whatever their case."""
    return isinstance(entry, dict) and str(entry.get("rolearn", "")).strip().lower() == role_arn.lower()


def _groups(entry: dict) -> Optional[list[str]]:
    groups = entry.get("groups") or []
    return sorted({str(group) for group in groups}) if isinstance(groups, list) else None


def _kind(value: object) -> str:
    names = {dict: "a mapping", list: "a list", str: "a text", bool: "a boolean", int: "a number", float: "a number"}
    return names.get(type(value), "nothing" if value is None else f"a {type(value).__name__}")
