# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The versions of Karpenter that are known here, and which Kubernetes each supports. Pure."""

from __future__ import annotations

import re

from ansible_collections.accelerated.nodes.plugins.module_utils.common._text import dotted

OLDEST, NEWEST = (1, 0), (1, 15)

# Kubernetes version -> the first Karpenter that supports it.
# Source: https://karpenter.sh/docs/upgrading/compatibility/
FIRST_BY_KUBERNETES = {
    "1.30": (0, 37, 0),
    "1.31": (1, 0, 5),
    "1.32": (1, 2, 0),
    "1.33": (1, 5, 0),
    "1.34": (1, 6, 0),
    "1.35": (1, 9, 0),
    "1.36": (1, 13, 0),
    "1.37": (1, 15, 0),
}
# A version without its last part stands for the last that there is.
LAST = 10**6


def parts(version: str) -> tuple[int, int, int] | None:
    """Major, minor and patch of a version such as ``1.14.3``, ``v1.14`` or ``1.5.0-mine.2``; None for what is none."""
    found = re.match(r"v?(\d+)\.(\d+)(?:\.(\d+))?(?![\d.])", str(version).strip())
    return (int(found[1]), int(found[2]), LAST if found[3] is None else int(found[3])) if found else None


def minor(version: str) -> tuple[int, int]:
    """Major and minor of a version; (0, 0) for what is none."""
    found = parts(version)
    return found[:2] if found else (0, 0)


def version_problem(version: str, kubernetes: str, option: str) -> str:
    """Why Karpenter ``version`` cannot be prepared for; empty where it can.

    :param kubernetes: the cluster's version, such as ``1.36``; one that is not in the table is not judged.
    :param option: name of the option that gives ``version``, for the sentence.
    """
    if not OLDEST <= minor(version) <= NEWEST:
        return (
            f"{option} is '{version}', but this role knows what Karpenter needs of AWS only for {dotted(OLDEST)} to {dotted(NEWEST)}."
            " Set it to one of these versions."
        )
    return kubernetes_problem(version, kubernetes, option)


def kubernetes_problem(version: str, kubernetes: str, option: str) -> str:
    """Why the cluster's Kubernetes is too new for Karpenter ``version``; empty where it is not, or where it is not in the table."""
    first, given = FIRST_BY_KUBERNETES.get(kubernetes), parts(version)
    if first is None or given is None or given >= first:
        return ""
    return (
        f"{option} is '{version}', but the cluster runs Kubernetes {kubernetes}, which Karpenter supports since {dotted(first)}. Set it to"
        f" {dotted(first)} or later."
    )
