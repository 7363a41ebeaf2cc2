# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which subnets and security groups to tag for Karpenter, and which to leave alone; pure."""

from __future__ import annotations

# Stands beside each tag that the collection sets, so that it finds its own again and takes no one else's away.
MARK = "accelerated.nodes/stack"


def tags_by_resource(descriptions: list[dict]) -> dict[str, dict[str, str]]:
    """Resource ID -> its tags, from ``Tags`` of ec2:DescribeTags."""
    tags: dict[str, dict[str, str]] = {}
    for each in descriptions:
        tags.setdefault(each["ResourceId"], {})[each["Key"]] = each["Value"]
    return tags


def to_tag(wanted: list[str], tags: dict[str, dict[str, str]], key: str) -> list[str]:
    """Those of ``wanted`` (IDs) that lack the tag ``key``; one that has it without the mark was tagged by someone else."""
    return [each for each in dict.fromkeys(wanted) if key not in tags.get(each, {})]


def to_untag(wanted: list[str], tags: dict[str, dict[str, str]], owner: str) -> list[str]:
    """Those that carry the mark of ``owner`` (a stack's name) and are no longer in ``wanted``."""
    return sorted(each for each, of_it in tags.items() if each not in wanted and of_it.get(MARK) == owner)


def foreign(wanted: list[str], tags: dict[str, dict[str, str]], key: str, value: str) -> dict[str, str]:
    """Those of ``wanted`` whose tag ``key`` has another cluster's value, with that value."""
    return {each: tags[each][key] for each in wanted if tags.get(each, {}).get(key, value) != value}
