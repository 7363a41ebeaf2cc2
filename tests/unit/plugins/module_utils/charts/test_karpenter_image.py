# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which images of Karpenter's controller fit the chart, and what is said of the others."""

from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.charts._karpenter_image import image_problems

STOCK = "public.ecr.aws/karpenter/controller"
MIRROR = "mirror.example.com:5000/ecr/karpenter/controller"
FORK = "inftyai/karpenter-provider-aws"
DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("image", "stock"),
    [
        ({}, STOCK),
        ({"digest": DIGEST}, STOCK),
        ({"repository": MIRROR}, MIRROR),
        ({"repository": STOCK, "tag": "1.5.0", "digest": ""}, STOCK),
        ({"repository": STOCK, "tag": "1.5.0", "digest": DIGEST}, STOCK),
        ({"repository": FORK, "tag": "1.5.0", "digest": ""}, STOCK),
        ({"repository": FORK, "tag": "v1.5.0", "digest": ""}, STOCK),
        ({"repository": FORK, "tag": "1.5.0-llmaz.2", "digest": ""}, STOCK),
        ({"repository": FORK, "tag": f"1.5.0@{DIGEST}", "digest": ""}, STOCK),
        ({"repository": "localhost:5000/x", "tag": "1.5.0", "digest": ""}, STOCK),
    ],
)
@pytest.mark.parametrize("chart", ["1.5.0", "v1.5.0"])
def test_what_fits_is_taken(image, stock, chart):
    assert image_problems(image, stock, chart) == []


@pytest.mark.parametrize(
    ("image", "says"),
    [
        ({"repository": FORK, "tag": "1.5.0", "digest": DIGEST}, f"karpenter_image_digest is '{DIGEST}' while the image is customized"),
        ({"repository": FORK, "tag": "1.5.0"}, "the chart would add that of its own image"),
        ({"repository": FORK}, "the chart would add that of its own image"),
        ({"tag": "1.5.0"}, "the chart would add that of its own image"),
        ({"repository": f"{FORK}:1.5.0", "tag": "1.5.0", "digest": ""}, "is not the name of an image repository"),
        ({"repository": f"{FORK}@{DIGEST}", "tag": "1.5.0", "digest": ""}, "is not the name of an image repository"),
        ({"repository": f"docker://{FORK}", "tag": "1.5.0", "digest": ""}, "is not the name of an image repository"),
    ],
)
def test_what_cannot_be_pulled_is_refused_in_a_sentence(image, says):
    (problem,) = image_problems(image, STOCK, "1.5.0")
    assert says in problem


@pytest.mark.parametrize("tag", ["1.5.1", "1.50.0", "1.5", "1.5.0.1", "latest", "v1.14.3"])
def test_a_skew_is_refused_with_the_reason_unless_it_is_allowed(tag):
    image = {"repository": FORK, "tag": tag, "digest": ""}
    (problem,) = image_problems(image, STOCK, "1.5.0")
    assert f"karpenter_image_tag is '{tag}' and karpenter_chart_version is '1.5.0'" in problem
    assert "karpenter_allow_version_skew" in problem
    assert image_problems(image, STOCK, "1.5.0", skew_allowed=True) == []


def test_a_mirror_is_no_customized_image_but_anothers_mirror_is():
    assert image_problems({"repository": MIRROR, "digest": DIGEST}, MIRROR, "1.5.0") == []
    assert image_problems({"repository": MIRROR, "digest": DIGEST}, STOCK, "1.5.0") != []
