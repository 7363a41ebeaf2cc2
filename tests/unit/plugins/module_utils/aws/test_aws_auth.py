# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The edit of mapRoles: one entry is put in, changed or taken out, and every byte of the others stays."""

from __future__ import annotations

import pytest
import yaml
from ansible_collections.accelerated.nodes.plugins.module_utils.aws._aws_auth import (
    NODE_USERNAME,
    RoleMapping,
    mapped,
    says_nothing,
    unmapped,
    without_path,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import CollectionError

ROLE = "arn:aws:iam::111122223333:role/KarpenterNodeRole-demo"
OURS = RoleMapping(ROLE)
ENTRY = f"""\
- rolearn: {ROLE}
  username: system:node:{{{{EC2PrivateDNSName}}}}
  groups:
  - system:bootstrappers
  - system:nodes
"""
# As eksctl writes it for a node group, with its order of keys.
EKSCTL = """\
- groups:
  - system:bootstrappers
  - system:nodes
  rolearn: arn:aws:iam::111122223333:role/eksctl-demo-nodegroup-NodeInstanceRole-1A2B3C
  username: system:node:{{EC2PrivateDNSName}}
"""
# By hand, with all that people put into it.
BY_HAND = """\
# Nodes of the first node group; ask the platform team before you touch this.

- rolearn: arn:aws:iam::111122223333:role/first   # made in 2021
  username:   'system:node:{{EC2PrivateDNSName}}'
  groups:
      - system:bootstrappers
      # - system:masters
      - "system:nodes"

- {rolearn: arn:aws:iam::111122223333:role/admin, username: admin, groups: [system:masters]}
-
  # deploys
  username: |-
    deployer

  rolearn: arn:aws:iam::111122223333:role/deploy
  groups:
  - system:masters
# the end
"""
INDENTED = "  - rolearn: arn:aws:iam::111122223333:role/a\n    username: a\n    groups: [x]\n"
ANCHORS = """\
- &node
  rolearn: arn:aws:iam::111122223333:role/a
  username: a
  groups: &groups [x, y]
- <<: *node
  rolearn: arn:aws:iam::111122223333:role/b
  groups: *groups
"""
JSON = '[{"rolearn": "arn:aws:iam::111122223333:role/a", "username": "a", "groups": ["x"]}]'
FLOW_LINES = """\
[
  # the first
  {rolearn: arn:aws:iam::111122223333:role/a, username: "a, b", groups: [x]}, # a, and no other
  {rolearn: arn:aws:iam::111122223333:role/b, username: b, groups: [x]}
]
"""
TEXTS = {
    "nothing": "",
    "comments": "# nobody yet\n",
    "comment without line break": "# nobody yet",
    "document start": "---\n",
    "eksctl": EKSCTL,
    "eksctl twice": EKSCTL + EKSCTL.replace("1A2B3C", "4D5E6F"),
    "no last line break": EKSCTL.rstrip("\n"),
    "blank lines behind": EKSCTL + "\n\n",
    "CRLF": EKSCTL.replace("\n", "\r\n"),
    "CRLF without the last": EKSCTL.replace("\n", "\r\n").rstrip(),
    "by hand": BY_HAND,
    "by hand in CRLF": BY_HAND.replace("\n", "\r\n"),
    "indented": INDENTED,
    "document start and end": f"---\n{EKSCTL}...\n",
    "anchors": ANCHORS,
    "empty flow": "[]",
    "empty flow with a comment": "[ # nobody\n]\n",
    "JSON": JSON,
    "flow over lines": FLOW_LINES,
    "trailing comma": "[{rolearn: a, username: a}, ]",
    "a literal that keeps its line breaks": "- rolearn: a\n  username: |+\n    b\n\n\n",
    "other scripts": "- rolearn: a\n  username: a # für Łukasz: ノード, 😀\n",
    "an entry without groups": "- rolearn: arn:aws:iam::111122223333:role/a\n  username: a\n",
}
each_text = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)


def entries(text: str) -> list[dict]:
    return yaml.safe_load(text) or []


@each_text
def test_mapped_adds_one_entry_behind_all_others(text):
    after = mapped(text, OURS)
    wanted = {"rolearn": ROLE, "username": NODE_USERNAME, "groups": ["system:bootstrappers", "system:nodes"]}
    assert entries(after) == [*entries(text), wanted]


@each_text
def test_mapped_keeps_every_byte_of_the_others(text):
    """What is there after is what was before with something put in at one place."""
    after = mapped(text, OURS)
    head = next((index for index, (old, new) in enumerate(zip(text, after, strict=False)) if old != new), len(text))
    tail = text[head:]
    assert after.startswith(text[:head]) and after.endswith(tail)


@each_text
def test_mapped_twice_is_mapped_once(text):
    after = mapped(text, OURS)
    assert mapped(after, OURS) == after


@each_text
def test_unmapped_gives_back_what_was_before(text):
    assert unmapped(mapped(text, OURS), ROLE) == text


@each_text
def test_unmapped_leaves_a_text_without_the_role_alone(text):
    assert unmapped(text, ROLE) == text


@each_text
def test_line_ends_stay_of_one_kind(text):
    after = mapped(text, OURS)
    assert after.count("\r\n") in (0, after.count("\n"))


@each_text
def test_mapped_changes_what_a_former_entry_says_and_nothing_else(text):
    """The entry as it was stands where it stood; all others, and what is around them, keep every byte."""
    before = mapped(text, RoleMapping(ROLE, "somebody", ("system:masters",)))
    assert mapped(before, OURS) == mapped(text, OURS)


@pytest.mark.parametrize("text", ["null", "~\n", "null # nobody\n", "# first\nnull\n# then\n", "--- null\n"])
def test_mapped_replaces_what_stands_for_nothing(text):
    after = mapped(text, OURS)
    assert [each["rolearn"] for each in entries(after)] == [ROLE]
    assert all(comment in after for comment in ("# nobody", "# first", "# then") if comment in text)


def test_mapped_writes_as_eksctl_does():
    assert mapped(EKSCTL, OURS) == EKSCTL + ENTRY


def test_mapped_follows_the_indentation():
    assert mapped(INDENTED, OURS) == INDENTED + "".join(f"  {line}\n" for line in ENTRY.splitlines())


def test_mapped_follows_brackets():
    new = f'{{"rolearn": "{ROLE}", "username": "{NODE_USERNAME}", "groups": ["system:bootstrappers", "system:nodes"]}}'
    assert mapped(JSON, OURS) == f"{JSON[:-1]}, {new}]"


@pytest.mark.parametrize(
    "entry",
    [
        f"- groups: [system:nodes, system:bootstrappers]\n  rolearn: {ROLE}\n  username: '{NODE_USERNAME}'\n",
        f"- rolearn: {ROLE.lower()}\n  username: {NODE_USERNAME}\n  groups: [system:nodes, system:bootstrappers, system:nodes]\n",
        f'- {{"rolearn": "{ROLE}", "username": "{NODE_USERNAME}", "groups": ["system:bootstrappers", "system:nodes"]}}\n',
    ],
)
def test_mapped_leaves_an_entry_alone_that_says_the_same(entry):
    """Whatever its order, quotes, case of the ARN and style."""
    assert mapped(EKSCTL + entry, OURS) == EKSCTL + entry


@pytest.mark.parametrize(
    "entry",
    [
        f"- rolearn: {ROLE}\n",
        f"- rolearn: {ROLE}\n  username: {NODE_USERNAME}\n  groups: system:nodes\n",
        f"- rolearn: {ROLE}\n  username: {NODE_USERNAME}\n  groups: [system:nodes, system:bootstrappers, system:masters]\n",
        f"- rolearn: {ROLE}\n  username: system:node:somebody\n  groups: [system:nodes, system:bootstrappers]\n",
        f"-\n  # - not this\n  groups:\n\n  - system:nodes\n  username: |-\n    u\n  rolearn:\n    {ROLE}\n",
        f"-   rolearn: {ROLE}\n    username: >\n      folded\n      name\n\n",
    ],
)
def test_mapped_changes_an_entry_that_says_something_else_where_it_stands(entry):
    after = mapped(EKSCTL + entry + BY_HAND, OURS)
    assert after.startswith(EKSCTL) and after.endswith(BY_HAND)
    assert ENTRY in after
    assert len(entries(after)) == 5


def test_mapped_keeps_comments_on_lines_of_their_own_in_an_entry_that_it_changes():
    before = f"- rolearn: {ROLE}\n  # for the GPUs\n  username: x\n{EKSCTL}"
    assert mapped(before, OURS) == f"  # for the GPUs\n{ENTRY}{EKSCTL}"


def test_mapped_makes_one_of_several():
    """EKS goes by the last of them, so that is the one that stays."""
    other = f"- rolearn: {ROLE}\n  username: x\n"
    assert mapped(other + EKSCTL + ENTRY + other + BY_HAND, OURS) == EKSCTL + ENTRY + BY_HAND
    assert mapped(ENTRY + EKSCTL + ENTRY + BY_HAND, OURS) == EKSCTL + ENTRY + BY_HAND


def test_unmapped_takes_out_all_of_several():
    assert unmapped(ENTRY + EKSCTL + ENTRY + BY_HAND + ENTRY, ROLE) == EKSCTL + BY_HAND


@pytest.mark.parametrize("place", [0, 1, 2])
def test_unmapped_takes_out_of_brackets(place):
    others = ["{rolearn: a, username: a}", "{rolearn: b, username: b}"]
    own = f"{{rolearn: {ROLE}, username: x, groups: [a, b]}}"
    assert unmapped(f"[{', '.join([*others[:place], own, *others[place:]])}]", ROLE) == f"[{', '.join(others)}]"


def test_unmapped_leaves_no_empty_line_in_brackets_and_keeps_comments():
    own = f"  {{rolearn: {ROLE}, username: x}},\n"
    assert unmapped(FLOW_LINES.replace("  # the first\n", "  # the first\n" + own), ROLE) == FLOW_LINES


def test_unmapped_takes_out_the_only_entry():
    assert unmapped(ENTRY, ROLE) == ""
    assert unmapped(ENTRY.rstrip(), ROLE) == ""


def test_another_role_with_a_longer_name_is_another():
    assert mapped(ENTRY, RoleMapping(ROLE + "-2")) == ENTRY + ENTRY.replace(ROLE, ROLE + "-2")


def test_what_yaml_would_misread_is_quoted():
    mapping = RoleMapping(ROLE, "yes", ("null", "a: b", "# c", "1e3"))
    (entry,) = entries(mapped("", mapping))
    assert (entry["username"], entry["groups"]) == ("yes", ["null", "a: b", "# c", "1e3"])


def test_a_mapping_without_groups_has_none():
    text = mapped("", RoleMapping(ROLE, "u", ()))
    assert entries(text) == [{"rolearn": ROLE, "username": "u", "groups": []}]
    assert mapped(text, RoleMapping(ROLE, "u", ())) == text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- rolearn: [a\n", "is not valid YAML: while parsing a flow sequence"),
        ("- rolearn: a\n username: b\n", "is not valid YAML"),
        ("- a: b\n---\n- c: d\n", "is not valid YAML: expected a single document"),
        ("- rolearn: a\n\tusername: b\n", "is not valid YAML"),
        ("- rolearn: a\x00\n", "is not valid YAML"),
        ("rolearn: a\n", "is not a list of role mappings, but a mapping."),
        ("just words", "is not a list of role mappings, but a text."),
        ("- rolearn: a\n- b\n", "has as its entry 2 a text, and not a role mapping."),
        ("- rolearn: a\n-\n", "has as its entry 2 nothing, and not a role mapping."),
    ],
)
def test_what_is_no_list_of_mappings_is_refused_in_a_sentence(text, says):
    for edit in (lambda: mapped(text, OURS), lambda: unmapped(text, ROLE)):
        with pytest.raises(CollectionError) as caught:
            edit()
        assert says in caught.value.message
        assert caught.value.message.startswith("mapRoles of the ConfigMap kube-system/aws-auth ")
        assert caught.value.message.endswith("nothing was changed.") and "\n" not in caught.value.message


def test_an_entry_that_others_refer_to_is_not_taken_out():
    text = f"- &ours\n  rolearn: {ROLE}\n  username: x\n- <<: *ours\n  rolearn: b\n"
    with pytest.raises(CollectionError, match=r"cannot be changed for the role .* without touching other entries. Remove it by"):
        unmapped(text, ROLE)


def test_a_literal_without_its_line_break_is_not_given_one():
    """It would be another text with it."""
    with pytest.raises(CollectionError, match=r"without touching other entries. Add it by"):
        mapped("- rolearn: a\n  username: |\n    b", OURS)


def test_arn_is_named_without_its_path():
    assert without_path("arn:aws-cn:iam::111122223333:role/teams/a/nodes") == "arn:aws-cn:iam::111122223333:role/nodes"
    assert without_path(ROLE) == ROLE


def test_says_nothing():
    assert [says_nothing(text) for text in ("", "# a\n", "[]", "null", EKSCTL)] == [True, True, True, True, False]
