"""Which versions of Karpenter are known, and which Kubernetes they support."""

from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.charts._karpenter_versions import LAST, minor, parts, version_problem

OPTION = "eks_prerequisites_karpenter_version"


@pytest.mark.parametrize(
    ("version", "found"),
    [
        ("1.14.3", (1, 14, 3)),
        ("v1.0.5", (1, 0, 5)),
        ("1.5.0-mine.2", (1, 5, 0)),
        ("1.14", (1, 14, LAST)),
        ("latest", None),
        ("1.5.0.1", None),
    ],
)
def test_parts(version: str, found: tuple[int, int, int] | None) -> None:
    assert parts(version) == found


def test_minor_of_no_version_is_older_than_any() -> None:
    assert minor("latest") < minor("1.0") < minor("1.9.1") < minor("1.10")


@pytest.mark.parametrize("version", ["1.0", "v1.14.3", "1.15.0"])
def test_known_versions_have_no_problem(version: str) -> None:
    assert version_problem(version, "", OPTION) == ""


@pytest.mark.parametrize("version", ["0.37.0", "1.16.0", "2.0.0", "latest"])
def test_unknown_versions_are_refused(version: str) -> None:
    assert version_problem(version, "", OPTION) == (
        f"eks_prerequisites_karpenter_version is '{version}', but this role knows what Karpenter needs of AWS only for 1.0 to 1.15. Set it to one"
        " of these versions."
    )


# https://karpenter.sh/docs/upgrading/compatibility/
@pytest.mark.parametrize(
    ("kubernetes", "too_old", "first"),
    [
        ("1.31", "1.0.4", "1.0.5"),
        ("1.32", "1.1.9", "1.2.0"),
        ("1.33", "1.4.0", "1.5.0"),
        ("1.34", "1.5.9", "1.6.0"),
        ("1.35", "1.8.6", "1.9.0"),
        ("1.36", "1.12.2", "1.13.0"),
        ("1.37", "1.14.3", "1.15.0"),
    ],
)
def test_a_version_that_does_not_support_kubernetes_is_refused(kubernetes: str, too_old: str, first: str) -> None:
    assert version_problem(first, kubernetes, OPTION) == ""
    assert version_problem(too_old, kubernetes, OPTION) == (
        f"eks_prerequisites_karpenter_version is '{too_old}', but the cluster runs Kubernetes {kubernetes}, which Karpenter supports since"
        f" {first}. Set it to {first} or later."
    )


def test_a_minor_version_stands_for_its_last_patch() -> None:
    assert version_problem("1.0", "1.31", OPTION) == ""


@pytest.mark.parametrize("kubernetes", ["1.30", "1.99"])
def test_kubernetes_that_is_not_in_the_table_is_not_judged(kubernetes: str) -> None:
    assert version_problem("1.0.0", kubernetes, OPTION) == ""
