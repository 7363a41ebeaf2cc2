# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._accelerators import ACCELERATORS
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError, CollectionError
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._privileged import privileged_job, refuse_privileged
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._jobs import check_job


class Server:
    def __init__(self, labels=None, status=200):
        self.labels, self.status = labels, status

    def get(self, path):
        if self.status != 200:
            raise ApiError("refused", self.status, "NotFound")
        return {"metadata": {"name": "verify", "labels": self.labels}}


@pytest.mark.parametrize("labels", [None, {}, {"pod-security.kubernetes.io/enforce": "privileged"}])
def test_a_namespace_that_admits_privileged_pods_will_do(labels):
    refuse_privileged(Server(labels), "verify")


@pytest.mark.parametrize("level", ["restricted", "baseline"])
def test_a_namespace_that_admits_none_is_refused_by_name_and_label(level):
    with pytest.raises(CollectionError) as refused:
        refuse_privileged(Server({"pod-security.kubernetes.io/enforce": level}), "verify")
    assert f"namespace verify admits only pods of the Pod Security Standard {level}" in refused.value.message
    assert "pod-security.kubernetes.io/enforce=privileged" in refused.value.message


def test_a_namespace_that_is_not_there_is_not_made_privileged():
    with pytest.raises(CollectionError, match="there is no namespace verify"):
        refuse_privileged(Server(status=404), "verify")
    with pytest.raises(ApiError):
        refuse_privileged(Server(status=403), "verify")


def test_the_job_sees_all_devices_and_requests_none():
    row = ACCELERATORS["nvidia"]
    job = privileged_job(check_job(run="0a1b2c3d", node="n", hostname="n", accelerator=row, count=8, namespace="verify"), row)
    pod = job["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert not any(row.resource in amounts for amounts in container["resources"].values())
    assert {"name": "NVIDIA_VISIBLE_DEVICES", "value": "all"} in container["env"]
    assert container["securityContext"]["privileged"] is True
    assert pod["volumes"] == [{"name": "dev", "hostPath": {"path": "/dev"}}]
    assert pod["nodeSelector"] == {"kubernetes.io/hostname": "n"}
    assert pod["automountServiceAccountToken"] is False
