# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import boto3
import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.api._watch import Deadline
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._join_evidence import read_access
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._question import Access
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._reading import Reading
from botocore.stub import Stubber

from tests.unit.plugins.module_utils.diagnosis.diagnosis_objects import asked, node_class, stuck

ROLE = "arn:aws:iam::123456789012:role/KarpenterNodeRole-lab"
OTHER = "arn:aws:iam::123456789012:role/other"
USER = "arn:aws:iam::123456789012:user/somebody"
SERVICE = "arn:aws:iam::123456789012:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS"
QUESTION = asked(stuck("Registered", "NodeNotFound"), cluster_name="lab", region="us-west-2")
MAP_ROLES = f"""\
- rolearn: {ROLE}
  username: system:node:{{{{EC2PrivateDNSName}}}}
  groups: [system:bootstrappers, system:nodes]
- rolearn: {OTHER}
  groups: [system:masters]
"""


class Aws:
    """boto3's own clients, which check each request and answer against AWS' API, with answers put in beforehand."""

    def __init__(self, monkeypatch) -> None:
        keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
        self.clients = {name: boto3.client(name, region_name="us-west-2", **keys) for name in ("eks", "iam")}
        self.stubs = {name: Stubber(client) for name, client in self.clients.items()}
        for stub in self.stubs.values():
            stub.activate()
        monkeypatch.setattr(boto3, "client", lambda name, **_options: self.clients[name])

    def cluster(self, mode: str | None) -> None:
        answer = {"name": "lab", **({"accessConfig": {"authenticationMode": mode}} if mode else {})}
        self.stubs["eks"].add_response("describe_cluster", {"cluster": answer}, {"name": "lab"})

    def profile(self, *arns: str) -> None:
        about = {"Path": "/", "RoleName": "r" * 16, "RoleId": "r" * 16, "CreateDate": "2026-11-22T10:00:00Z"}
        profile = {
            "Path": "/",
            "InstanceProfileName": "p",
            "InstanceProfileId": "p" * 16,
            "Arn": "a" * 20,
            "CreateDate": about["CreateDate"],
        }
        roles = [{**about, "Arn": arn} for arn in arns]
        self.stubs["iam"].add_response(
            "get_instance_profile", {"InstanceProfile": {**profile, "Roles": roles}}, {"InstanceProfileName": "lab_1"}
        )

    def entries(self, listed: list[str], types: dict[str, str]) -> None:
        self.stubs["eks"].add_response("list_access_entries", {"accessEntries": listed})
        for arn, kind in types.items():
            expected = {"clusterName": "lab", "principalArn": arn}
            self.stubs["eks"].add_response("describe_access_entry", {"accessEntry": {"principalArn": arn, "type": kind}}, expected)


class Cluster:
    """An API server that has the ConfigMap aws-auth, or not."""

    host = "https://api"

    def __init__(self, map_roles: str | None = None, status: int = 404) -> None:
        self._map_roles, self._status = map_roles, status

    def get(self, path, query=None, timeout=30.0):
        assert path.endswith("/kube-system/configmaps/aws-auth")
        if self._map_roles is None:
            raise ApiError("refused", status=self._status)
        return {"data": {"mapRoles": self._map_roles}}


@pytest.fixture
def aws(monkeypatch) -> Aws:
    return Aws(monkeypatch)


def of_class() -> dict[str, dict]:
    found = node_class()
    found["status"]["instanceProfile"] = "lab_1"
    return {"gpu": found}


def read(cluster: Cluster) -> tuple[Access | None, list[str]]:
    reading = Reading(cluster, Deadline(60))
    return read_access(reading, QUESTION, of_class()), reading.unreadable


def test_read_access_reads_the_entry_of_the_node_role_only_where_it_has_one(aws):
    aws.cluster("API_AND_CONFIG_MAP")
    aws.profile(ROLE)
    aws.entries([USER, OTHER, ROLE], {ROLE: "EC2_LINUX"})
    found, unreadable = read(Cluster())
    assert found == Access(mode="API_AND_CONFIG_MAP", roles={"gpu": ROLE}, entries={ROLE: "EC2_LINUX"}, mapped=[])
    assert unreadable == []


def test_read_access_reads_the_entries_of_all_roles_where_the_node_role_has_none(aws):
    aws.cluster("API")
    aws.profile(ROLE)
    aws.entries([USER, OTHER, SERVICE], {OTHER: "EC2_LINUX"})
    assert read(Cluster())[0] == Access(mode="API", roles={"gpu": ROLE}, entries={OTHER: "EC2_LINUX"}, mapped=None)


@pytest.mark.parametrize("mode", ["CONFIG_MAP", None])
def test_read_access_reads_the_config_map_of_a_cluster_without_access_entries(aws, mode):
    aws.cluster(mode)
    aws.profile(ROLE)
    assert read(Cluster(MAP_ROLES))[0] == Access(mode="CONFIG_MAP", roles={"gpu": ROLE}, entries=None, mapped=[ROLE])


def test_read_access_knows_the_role_by_name_where_the_profile_may_not_be_read(aws):
    aws.cluster("CONFIG_MAP")
    aws.stubs["iam"].add_client_error("get_instance_profile", "AccessDenied", "not authorized", 403)
    found, unreadable = read(Cluster(MAP_ROLES))
    assert found.roles == {"gpu": "KarpenterNodeRole-lab"}
    assert len(unreadable) == 1 and "iam:GetInstanceProfile" in unreadable[0]


def test_read_access_claims_no_entries_where_they_may_not_be_listed(aws):
    aws.cluster("API")
    aws.profile(ROLE)
    aws.stubs["eks"].add_client_error("list_access_entries", "AccessDeniedException", "not authorized", 403)
    found, unreadable = read(Cluster())
    assert found.entries is None
    assert "eks:ListAccessEntries" in unreadable[0]


def test_read_access_of_a_cluster_that_aws_does_not_know(aws):
    aws.stubs["eks"].add_client_error("describe_cluster", "ResourceNotFoundException", "No cluster found for name: lab.", 404)
    found, unreadable = read(Cluster())
    assert found is None
    assert "No cluster found for name: lab." in unreadable[0]


@pytest.mark.parametrize(("cluster", "notes"), [(Cluster(status=403), 1), (Cluster("{"), 1), (Cluster("text"), 0)])
def test_read_access_survives_a_config_map_that_cannot_be_read(aws, cluster, notes):
    aws.cluster("CONFIG_MAP")
    aws.profile(ROLE)
    found, unreadable = read(cluster)
    assert not found.mapped
    assert len(unreadable) == notes


def test_read_access_without_a_region(monkeypatch):
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    reading = Reading(Cluster(), Deadline(60))
    assert read_access(reading, asked(stuck("Registered", "NodeNotFound"), cluster_name="lab"), of_class()) is None
    assert "You must specify a region" in reading.unreadable[0] and "Give the option region." in reading.unreadable[0]


def test_read_access_asks_nothing_once_the_time_is_over(aws):
    reading = Reading(Cluster(), Deadline(0))
    assert read_access(reading, QUESTION, of_class()) is None
    assert "no time to ask AWS" in reading.unreadable[0]
