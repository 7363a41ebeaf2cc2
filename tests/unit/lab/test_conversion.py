"""What stands in for the conversion webhook of Karpenter 1.0."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lab import binaries
from tests.lab.conversion import converted
from tests.lab.state import LabError

REFERENCE = {"apiVersion": "karpenter.k8s.aws/v1beta1", "kind": "EC2NodeClass", "name": "old"}
POOL: dict[str, Any] = {
    "apiVersion": "karpenter.sh/v1beta1",
    "kind": "NodePool",
    "spec": {
        "disruption": {"consolidationPolicy": "WhenUnderutilized", "expireAfter": "100h"},
        "template": {"spec": {"nodeClassRef": REFERENCE}},
    },
}
CLAIM: dict[str, Any] = {"apiVersion": "karpenter.sh/v1beta1", "kind": "NodeClaim", "spec": {"nodeClassRef": REFERENCE}}


@pytest.mark.parametrize("item", [POOL, CLAIM, {"apiVersion": "karpenter.k8s.aws/v1beta1", "spec": {"role": "nodes"}}])
def test_there_and_back_is_the_same(item: dict[str, Any]) -> None:
    group = item["apiVersion"].partition("/")[0]
    present = converted(item, f"{group}/v1")
    assert present["apiVersion"] == f"{group}/v1"
    assert converted(present, f"{group}/v1") == present
    assert converted(present, f"{group}/v1beta1") == item


def test_what_differs_in_a_pool() -> None:
    spec = converted(POOL, "karpenter.sh/v1")["spec"]
    assert spec["disruption"] == {"consolidationPolicy": "WhenEmptyOrUnderutilized", "consolidateAfter": "0s"}
    assert spec["template"]["spec"] == {
        "nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "old"},
        "expireAfter": "100h",
    }


def test_a_former_source_that_is_not_what_it_was_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "_run", lambda *_words: '{"Dir": "/somewhere", "Sum": "h1:other"}')
    with pytest.raises(LabError, match=r"v1\.13\.0 has the checksum h1:other"):
        binaries.former_source("1.13.0")
