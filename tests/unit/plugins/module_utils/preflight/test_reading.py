"""Of module_utils/preflight/_reading.py, with botocore's Stubber in place of the network and an API server of a table."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError, CollectionError
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._reading import READERS, Sources, read
from ansible_collections.accelerated.nodes.plugins.modules.preflight_info import examine, named
from botocore.stub import ANY, Stubber

from tests.unit.plugins.module_utils.preflight.preflight_objects import ARN, DEFAULTS, GPU, a_plan

DENIED = "AccessDeniedException"
G = "L-DB2E81BA"
CLASS = {"metadata": {"name": "mine"}, "spec": {"subnetSelectorTerms": [{"id": "subnet-a"}]}}
NEEDS_CLASS = {"name": "gpu", "node_class": "mine", "instance_families": ["g5"], "limits": {"nvidia.com/gpu": 1}}


class Server:
    """An API server that answers what is in its table, and 404 to all else; an exception in the table is raised."""

    host = "https://demo"

    def __init__(self, **answers: Any) -> None:
        self.answers = {"/version": {"gitVersion": "v1.36.3-eks-1"}, **answers}
        self.asked: list[tuple[str, Any]] = []

    def get(self, path: str, query: dict[str, Any] | None = None) -> dict[str, Any]:
        self.asked.append((path, query))
        answer = self.answers.get(path, ApiError("There is no such path.", status=404, reason="NotFound"))
        if isinstance(answer, ApiError):
            raise answer
        return answer


class Aws:
    """Stubbed clients by service."""

    def __init__(self) -> None:
        self.clients: dict[str, Any] = {}

    def __call__(self, service: str) -> Any:
        if service not in self.clients:
            names = {"aws_access_key_id": "key-of-a-test", "aws_secret_access_key": "secret-of-a-test"}
            client = boto3.client(service, region_name="us-west-2", **names)
            client.stubber = Stubber(client)
            client.stubber.activate()
            self.clients[service] = client
        return self.clients[service]

    def answers(self, service: str, operation: str, answer: dict, expected: dict | None = None) -> None:
        self(service).stubber.add_response(operation, answer, expected)

    def refuses(self, service: str, operation: str, code: str) -> None:
        self(service).stubber.add_client_error(operation, code, "no")

    def has_cluster(self) -> None:
        network = {"subnetIds": ["subnet-a"], "clusterSecurityGroupId": "sg-1"}
        self.answers("eks", "describe_cluster", {"cluster": {"name": "demo", "arn": ARN, "version": "1.36", "resourcesVpcConfig": network}})
        self.answers("eks", "list_addons", {"addons": []})
        self.answers("ec2", "describe_subnets", {"Subnets": [{"SubnetId": "subnet-a", "VpcId": "vpc-1"}]})
        self.answers("ec2", "describe_route_tables", {"RouteTables": []})


@pytest.fixture
def aws():
    made = Aws()
    yield made
    for client in made.clients.values():
        client.stubber.assert_no_pending_responses()


def facts_of(aws: Aws, *wanted: str, plan: Any = None, server: Server | None = None) -> Any:
    held = server or Server()
    return read(plan or a_plan(GPU, controller_role="controller"), Sources(aws, lambda: held, "eks_kubeconfig 'x'"), wanted)


def test_readers_stand_behind_what_they_need():
    seen: set[str] = set()
    for name, reader in READERS.items():
        assert set(reader.needs) <= seen, name
        seen.add(name)


def test_only_what_is_wanted_is_read(aws):
    aws.answers("iam", "list_roles", {"Roles": []}, {"PathPrefix": "/aws-service-role/spot.amazonaws.com/"})
    assert facts_of(aws, "spot_role").values == {"spot_role": False}


def test_what_is_needed_for_it_is_read_too(aws):
    aws.has_cluster()
    aws.answers("ec2", "describe_vpc_endpoints", {"VpcEndpoints": []}, {"Filters": [{"Name": "vpc-id", "Values": ["vpc-1"]}]})
    found = facts_of(aws, "endpoints")
    assert sorted(found.values) == ["cluster", "endpoints"]
    assert found["cluster"]["vpc_id"] == "vpc-1"


def test_a_missing_right_is_kept_as_the_reason_and_the_rest_is_read(aws):
    aws.refuses("ec2", "describe_subnets", "UnauthorizedOperation")
    aws.answers("ec2", "describe_security_groups", {"SecurityGroups": [{"GroupId": "sg-1"}]})
    found = facts_of(aws, "subnets", "security_groups")
    assert "lack the right to ec2:DescribeSubnets" in found.unread["subnets"]
    assert found["security_groups"] == [{"GroupId": "sg-1"}]


def test_what_depends_on_what_was_not_read_has_its_reason(aws):
    aws.refuses("eks", "describe_cluster", DENIED)
    found = facts_of(aws, "endpoints", "simulation")
    assert set(found.unread) == {"cluster", "endpoints", "simulation"}
    assert len(set(found.unread.values())) == 1


@pytest.mark.parametrize(
    ("code", "says"),
    [("UnrecognizedClientException", "refused the credentials"), ("ThrottlingException", "AWS limits how often eks:DescribeCluster")],
)
def test_without_credentials_nothing_is_said(aws, code, says):
    aws.refuses("eks", "describe_cluster", code)
    with pytest.raises(CollectionError, match=says):
        facts_of(aws, "endpoints")


def test_an_unknown_cluster_ends_it(aws):
    aws.refuses("eks", "describe_cluster", "ResourceNotFoundException")
    aws.answers("eks", "list_clusters", {"clusters": ["other"]})
    with pytest.raises(CollectionError, match="There is no EKS cluster 'demo'"):
        facts_of(aws, "cluster")


def test_offerings_are_kept_by_zone(aws):
    rows = [
        {"InstanceType": name, "LocationType": "availability-zone", "Location": zone}
        for name, zone in (("g5.xlarge", "a"), ("m5.large", "a"))
    ]
    asked = {"LocationType": "availability-zone"}
    aws.answers("ec2", "describe_instance_type_offerings", {"InstanceTypeOfferings": rows}, asked)
    assert facts_of(aws, "offerings")["offerings"] == {"a": ["g5.xlarge", "m5.large"]}


def test_images_that_there_are_and_are_not(aws):
    aws.has_cluster()
    aws.answers("ssm", "get_parameter", {"Parameter": {"Value": "ami-1"}}, {"Name": ANY})
    aws.refuses("ssm", "get_parameter", "ParameterNotFound")
    found = facts_of(aws, "images", plan=a_plan(GPU, {"name": "cpu", "instance_families": ["m5"]}))
    assert sorted(found["images"].values()) == ["", "ami-1"]


def test_a_quota_that_was_never_raised_is_aws_default(aws):
    aws.refuses("service-quotas", "get_service_quota", "NoSuchResourceException")
    answer = {"Quota": {"QuotaName": "Running On-Demand G and VT instances", "Value": 0.0}}
    aws.answers("service-quotas", "get_aws_default_service_quota", answer, {"ServiceCode": "ec2", "QuotaCode": G})
    assert facts_of(aws, "quotas")["quotas"] == {G: {"name": "Running On-Demand G and VT instances", "value": 0.0, "code": G}}


def test_a_quota_that_has_gone_is_the_one_in_its_place(aws):
    for operation in ("get_service_quota", "get_aws_default_service_quota"):
        aws.refuses("service-quotas", operation, "NoSuchResourceException")
    answer = {"Quota": {"QuotaName": "All P Spot Instance Requests", "Value": 768.0}}
    aws.answers("service-quotas", "get_service_quota", answer, {"ServiceCode": "ec2", "QuotaCode": "L-7212CCBC"})
    plan = a_plan({"name": "p5", "instance_families": ["p5"], "capacity_types": ["spot"], "limits": {"nvidia.com/gpu": 8}})
    counts = {"name": "All P Spot Instance Requests", "value": 768.0, "code": "L-7212CCBC"}
    assert facts_of(aws, "quotas", plan=plan)["quotas"] == {"L-C4BD4855": counts}


def test_instances_of_the_families_that_are_asked_for_are_read(aws):
    shown = [{"Name": "instance-state-name", "Values": ["pending", "running"]}, {"Name": "instance-type", "Values": ["vt*", "g*"]}]
    answer = {"Reservations": [{"Instances": [{"InstanceType": "g5.xlarge"}]}, {"Instances": [{"InstanceType": "vt1.3xlarge"}]}]}
    aws.answers("ec2", "describe_instances", answer, {"Filters": shown})
    assert [each["InstanceType"] for each in facts_of(aws, "instances")["instances"]] == ["g5.xlarge", "vt1.3xlarge"]


def test_no_instance_is_asked_for_where_no_quota_is_needed(aws):
    assert facts_of(aws, "instances", plan=a_plan({**GPU, "capacity_types": ["reserved"]}))["instances"] == []


def test_a_quota_that_there_is_not_is_not_read(aws):
    aws.refuses("service-quotas", "get_service_quota", "NoSuchResourceException")
    aws.refuses("service-quotas", "get_aws_default_service_quota", "NoSuchResourceException")
    assert "NoSuchResourceException" in facts_of(aws, "quotas").unread["quotas"]


def test_a_quota_that_may_not_be_read(aws):
    aws.refuses("service-quotas", "get_service_quota", DENIED)
    assert "servicequotas:GetServiceQuota" in facts_of(aws, "quotas").unread["quotas"]


@pytest.mark.parametrize(
    ("given", "role"),
    [
        ("controller", "arn:aws:iam::111122223333:role/controller"),
        ("arn:aws:iam::444455556666:role/path/own", "arn:aws:iam::444455556666:role/path/own"),
    ],
)
def test_simulation_asks_for_the_role_of_the_account(aws, given, role):
    aws.has_cluster()
    allowed = {"EvaluationResults": [{"EvalActionName": "any", "EvalDecision": "allowed"}]}
    plan = a_plan(controller_role=given, interruption_queue="", node_role="", isolated_vpc=True)
    for _question in range(8):
        expected = {"PolicySourceArn": role, "ActionNames": ANY, "ResourceArns": ANY, "ContextEntries": ANY}
        aws.answers("iam", "simulate_principal_policy", allowed, expected)
    assert len(facts_of(aws, "simulation", plan=plan)["simulation"]) == 8


def test_simulation_of_a_role_that_there_is_not(aws):
    aws.has_cluster()
    aws.refuses("iam", "simulate_principal_policy", "NoSuchEntity")
    assert facts_of(aws, "simulation")["simulation"] is None


def test_nodes_that_karpenter_made_are_not_asked_for(aws):
    server = Server(**{"/api/v1/nodes": {"items": []}})
    assert facts_of(aws, "nodes", server=server)["nodes"] == []
    assert server.asked[-1] == ("/api/v1/nodes", {"labelSelector": "!karpenter.sh/nodepool"})


def test_objects_have_their_kind_and_karpenter_s_may_be_missing(aws):
    server = Server(**{"/apis/apps/v1/deployments": {"items": [{"metadata": {"name": "one"}}]}, "/apis/apps/v1/daemonsets": {"items": []}})
    assert facts_of(aws, "objects", server=server)["objects"] == [{"metadata": {"name": "one"}, "kind": "Deployment"}]


def test_a_server_that_does_not_answer(aws):
    server = Server(**{"/version": ApiError("The API server could not be reached.")})
    found = facts_of(aws, "nodes", "node_classes", server=server)
    assert found["server"]["problem"] == "eks_kubeconfig 'x': The API server could not be reached."
    assert "does not answer" in found.unread["nodes"]
    # Not needed where each pool gets a class of its own.
    assert found["node_classes"] == {}


def test_a_kubeconfig_that_cannot_be_used(aws):
    def refuse() -> Server:
        raise CollectionError("No connection to a cluster can be made.")

    found = read(a_plan(NEEDS_CLASS), Sources(aws, refuse, "eks_kubeconfig 'x'"), ["node_classes"])
    assert found["server"]["problem"].endswith("No connection to a cluster can be made.")
    assert "does not answer" in found.unread["node_classes"]


def test_classes_that_pools_only_use_are_read(aws):
    path = "/apis/karpenter.k8s.aws/v1/ec2nodeclasses"
    assert facts_of(aws, "node_classes", plan=a_plan(NEEDS_CLASS), server=Server(**{path: {"items": [CLASS]}}))["node_classes"] == {
        "EC2NodeClass/mine": CLASS["spec"]
    }
    forbidden = ApiError("Forbidden.", status=403, reason="Forbidden")
    found = facts_of(aws, "node_classes", plan=a_plan(NEEDS_CLASS), server=Server(**{path: forbidden}))
    assert found.unread["node_classes"] == "Forbidden."


def test_the_module_refuses_wrong_pools_and_unknown_checks_before_it_asks(aws):
    sources = Sources(aws, Server, "x")
    named_so = {**DEFAULTS, "cluster_name": "demo", "karpenter_version": "1.14.3"}
    with pytest.raises(CollectionError, match=r"skip \(preflight_skip\) has 'nodes'"):
        examine({**named_so, "skip": ["nodes"]}, "us-west-2", sources)
    with pytest.raises(CollectionError, match="Node pool 'gpu': limits has no"):
        examine({**named_so, "node_pools": [{"name": "gpu", "instance_families": ["g5"]}]}, "us-west-2", sources)


def test_a_kubeconfig_is_never_shown(monkeypatch):
    assert "secret" not in named({"users": "secret"})
    monkeypatch.setenv("K8S_AUTH_KUBECONFIG", "/from/environment")
    assert named(None) == "eks_kubeconfig '/from/environment'"
    assert named("/given") == "eks_kubeconfig '/given'"


def test_the_result_is_json(aws):
    checks = ["spot_role"]
    aws.answers("iam", "list_roles", {"Roles": []})
    from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._preflight import NAMES

    given = {**DEFAULTS, "cluster_name": "demo", "karpenter_version": "1.14.3", "skip": [name for name in NAMES if name not in checks]}
    outcome = examine(given, "us-west-2", Sources(aws, Server, "x"))
    assert json.loads(json.dumps(outcome)) == outcome
    assert outcome["summary"]["passed"] == 1 and outcome["summary"]["skipped"] == len(NAMES) - 1


def test_classes_of_auto_mode_are_read_where_a_pool_uses_one(aws):
    server = Server(**{"/apis/eks.amazonaws.com/v1/nodeclasses": {"items": [{"metadata": {"name": "default"}, "spec": {"role": "auto"}}]}})
    assert facts_of(aws, "node_classes", server=server)["node_classes"] == {}
    plan = a_plan({**GPU, "auto_mode": True})
    assert facts_of(aws, "node_classes", plan=plan, server=server)["node_classes"] == {"NodeClass/default": {"role": "auto"}}


def test_a_role_that_is_not_named_is_not_asked_for(aws):
    aws.has_cluster()
    assert facts_of(aws, "simulation", plan=a_plan())["simulation"] is None
