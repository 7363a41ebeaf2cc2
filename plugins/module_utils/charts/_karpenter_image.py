# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether an image of Karpenter's controller fits the chart that runs it. Pure.

The chart renders ``repository:tag@digest`` and has a digest of its own, the stock image's, which no other repository holds; and its
definitions, rights and settings are those of its own version.
"""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.charts._helm import normal_version


def image_problems(image: dict[str, Any], stock: str, chart_version: str, skew_allowed: bool = False) -> list[str]:
    """A sentence for each thing that is wrong.

    :param image: ``controller.image`` of the chart's values; what it lacks is the chart's own.
    :param stock: the repository of Karpenter's own image, or of its mirror.
    """
    found = [_repository_problem(image, stock), _digest_problem(image, stock)]
    if not skew_allowed:
        found.append(_skew(image, chart_version))
    return [problem for problem in found if problem]


def _repository_problem(image: dict[str, Any], stock: str) -> str:
    repository = image.get("repository", stock)
    name = str(repository).rpartition("/")[2]
    if re.fullmatch(r"[a-z0-9][a-z0-9._-]*", name) and not re.search(r"\s|://", str(repository)):
        return ""
    return (
        f"karpenter_image_repository is '{repository}', which is not the name of an image repository such as inftyai/karpenter-provider-aws: "
        "give it without scheme, tag and digest, and the tag by karpenter_image_tag."
    )


def _digest_problem(image: dict[str, Any], stock: str) -> str:
    repository, digest = image.get("repository", stock), image.get("digest")
    if repository != stock and digest:
        return (
            f"karpenter_image_digest is '{digest}' while the image is customized (repository '{repository}'): the chart would pull "
            f"'{repository}:{image.get('tag', '<tag>')}@{digest}', and the digest, not the tag, would decide what runs. Leave "
            "karpenter_image_digest empty and name the image by karpenter_image_tag."
        )
    if digest is None and (repository != stock or "tag" in image):
        return (
            "karpenter_values has a controller.image without a digest, so the chart would add that of its own image, and "
            f"'{repository}:{image.get('tag', '<tag>')}' would not be what runs. Use karpenter_image_repository and karpenter_image_tag, which "
            "empty it."
        )
    return ""


def _skew(image: dict[str, Any], chart_version: str) -> str:
    tag = str(image.get("tag") or "")
    version = normal_version(chart_version)
    if not tag or re.fullmatch(rf"v?{re.escape(version)}([-_+@].*)?", tag):
        return ""
    return (
        f"karpenter_image_tag is '{tag}' and karpenter_chart_version is '{chart_version}': a controller and a chart of different versions do not "
        "fit together, as the chart's custom resource definitions, rights and settings are those of its own version. Set "
        "karpenter_chart_version to the version that the image was built from, or karpenter_allow_version_skew to true if you know that it fits."
    )
