"""The least-privilege roles of examples/rbac: with one a module says all it can; without any single verb of it, it says what is missing.

The role's file is the list: a rule that is added there is taken away here by itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from moto.server import ThreadedMotoServer

from tests.integration.fault_claims import READY, UNREADY, Claims, condition, make_pod, node
from tests.integration.fault_runs import INFO, WAIT
from tests.integration.job_player import JobPlayer
from tests.integration.module_process import ModuleProcesses
from tests.lab.nodes.api import MERGE, Api
from tests.lab.proxy.control_plane import ControlPlane
from tests.lab.state import AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, LOOPBACK

pytestmark = [pytest.mark.lab, pytest.mark.faults]

ROOT = Path(__file__).resolve().parents[2]
RBAC = "/apis/rbac.authorization.k8s.io/v1"
POOLS, VERIFY = "node_pool_wait", "accelerator_verify"
#: The namespace in which accelerator_verify makes its Jobs.
NAMESPACE = "accelerated-nodes-verify"
#: In place of the name of a namespace that no other run has made.
NEW = "new"
INSTANCE_TYPE, HELD = "g4dn.xlarge", "held-node"
AT_ONCE = 6
TRIES = 4
PATTERN = r"apiGroups \[{group}\], resources \[{resource}\], verbs \[{verb}\]"
# What a wait says when it may list but not watch, and goes on by listing.
POLLING = r"{kind}.*: watching them is not allowed \(verb watch\), so they are listed again"
# What a wait calls a resource in its progress lines, where it is not by the resource's name.
KINDS = {"nodepools": "NodePools", "ec2nodeclasses": "EC2NodeClasses"}
CLUSTER, REGION = "cluster", "us-west-2"


@dataclass(frozen=True)
class Right:
    """One verb on one resource; ``where``: in the namespace of the Jobs alone, or empty."""

    group: str
    resource: str
    verb: str
    where: str = ""

    def __str__(self) -> str:
        return f"{self.where}{self.verb} {'.'.join(filter(None, (self.resource, self.group)))}"

    @property
    def rule(self) -> str:
        return PATTERN.format(group=re.escape(self.group or '""'), resource=self.resource, verb=self.verb)

    @property
    def pattern(self) -> str:
        return POLLING.format(kind=KINDS.get(self.resource, self.resource.removesuffix("s"))) if self.verb == "watch" else self.rule

    def takes(self, other: Right) -> bool:
        """Whether another right goes with this one: one in all namespaces would make up for one in a single namespace."""
        return other == self or other == replace(self, where="")


@dataclass(frozen=True)
class Situation:
    """What a module is run in.

    ``verdict``: the reason that a wait gives; empty for a module that succeeds. ``seconds``: its deadline. ``only``: the resource whose rights
    show there and nowhere else; empty for a situation in which every right is taken away.
    """

    options: dict[str, Any]
    verdict: str = ""
    seconds: int = 5
    only: str = ""


SITUATIONS: dict[str, dict[str, Situation]] = {
    INFO: {"claims": Situation({"node_pools": ["bare"]})},
    WAIT: {
        "all ready": Situation({"node_pools": ["done"]}),
        "plugin missing": Situation({"node_pools": ["bare"]}, "DevicePluginMissing"),
        "pool not there": Situation({"node_pools": ["nowhere"]}, "NodePoolNotFound"),
        "nothing asks": Situation({"node_pools": ["idle"]}, "ControllerNotRunning"),
        "a pod's claim": Situation({"pods": ["default/waiting"]}, "ControllerNotRunning"),
        "all pods have ended": Situation({"jobs": ["default/over"]}, "PodsFinished"),
        "not joined": Situation({"node_pools": ["lost"], "cluster_name": CLUSTER, "region": REGION}, "AwsAuthMappingMissing", 12),
    },
    POOLS: {
        "all ready": Situation({"node_pools": ["idle"]}),
        "unready": Situation({"node_pools": ["unready"]}, "ValidationFailed"),
    },
    VERIFY: {
        "nodes": Situation({"node_pools": ["done", "held", "bare", "lost"], "settle_timeout": 0}, seconds=4),
        "a node to come": Situation({"provision": {"asked": 1}}, "ControllerNotRunning", only="nodeclaims"),
        "a new namespace": Situation({"node_pools": ["done"], "namespace": NEW}, only="namespaces"),
    },
}
#: Modules that are judged by a verdict alone.
WAITS = [module for module in SITUATIONS if module != VERIFY]


def documents(module: str) -> list[dict[str, Any]]:
    return yaml.safe_load((ROOT / "examples" / "rbac" / f"{module}.yml").read_text())["items"]


def rights(module: str) -> list[Right]:
    """Every right that the module's role gives, one by one."""
    found = [right for document in documents(module) for right in rights_in(document)]
    assert len(found) == len(set(found)), "a right is given twice"
    return found


def rights_in(document: dict[str, Any]) -> list[Right]:
    where = "in namespace: " if document["metadata"].get("namespace") == NAMESPACE else ""
    return [
        Right(group, resource, verb, where)
        for rule in document.get("rules", [])
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    ]


def without(role: dict[str, Any], right: Right) -> dict[str, Any]:
    """The role with every other right."""
    where = next((each.where for each in rights_in(role)), "")
    rules = [
        {**rule, "apiGroups": [group], "resources": [resource], "verbs": [verb]}
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
        if not right.takes(Right(group, resource, verb, where))
    ]
    return {**role, "rules": rules}


@dataclass
class Said:
    """What a module said in one situation."""

    rc: int
    text: str
    result: dict[str, Any] = field(default_factory=dict)


class Stage:
    """An API server with claims in it, and module processes that run as ServiceAccounts."""

    def __init__(self, plane: ControlPlane, directory: Path, collections: Path, aws: dict[str, str]) -> None:
        self._directory, self._kubeconfig = directory, yaml.safe_load(plane.state.kubeconfig.read_text())
        self._api = Api(plane.state.kubeconfig)
        self._numbers = count()
        self._processes = [ModuleProcesses(collections, *SITUATIONS, **aws) for _number in range(AT_ONCE)]
        self._player = JobPlayer(self._api, directory, INSTANCE_TYPE, held={HELD})
        set_up(self._api, self._player.port)

    def stop(self) -> None:
        self._player.stop()
        for process in self._processes:
            process.stop()

    def account(self, module: str, missing: Right | None) -> dict[str, Any]:
        """A kubeconfig of a ServiceAccount that has the module's role, less what is missing."""
        name = f"account-{next(self._numbers)}"
        for document in documents(module):
            self._api.request("POST", *self._created(document, name, missing))
        token = {"kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1", "spec": {"expirationSeconds": 3600}}
        answer = self._api.request("POST", f"/api/v1/namespaces/default/serviceaccounts/{name}/token", token)
        config = deepcopy(self._kubeconfig)
        config["users"][0]["user"] = {"token": answer["status"]["token"]}
        return config

    def run(self, module: str, config: dict[str, Any], situation: Situation) -> Said:
        """What the module says; asked again where a busy machine left it no time to read."""
        for _again in range(TRIES):
            said = self._run(module, config, situation)
            if not re.search(r"gave no answer|in time\.", said.text):
                break
        return said

    def _run(self, module: str, config: dict[str, Any], situation: Situation) -> Said:
        place = self._directory / f"run-{next(self._numbers)}"
        place.mkdir()
        own = {"wait_timeout": situation.seconds, "progress_file": str(place / "progress")} if module != INFO else {}
        arguments = {"kubeconfig": str(place / "kubeconfig"), **situation.options, **own}
        if arguments.get("namespace") == NEW:
            arguments["namespace"] = place.name
        (place / "kubeconfig").write_text(json.dumps(config))
        (place / "progress").touch()
        process = self._processes.pop()
        try:
            answer = process.run(module, place, arguments)
        finally:
            self._processes.append(process)
        assert "Traceback" not in answer["out"] + answer["err"], answer["err"]
        result = json.loads(answer["out"])
        found = [each["found"] for node in result.get("nodes", []) for each in node["findings"]]
        text = "\n".join((result.get("msg", ""), *found, *map(str, result.get("warnings", [])), (place / "progress").read_text()))
        return Said(answer["rc"], text, result)

    @staticmethod
    def _created(document: dict[str, Any], name: str, missing: Right | None) -> tuple[str, dict[str, Any]]:
        """Path and body of one document of the role's file, renamed."""
        kind, place = document["kind"], document["metadata"].get("namespace")
        root = "/api/v1" if kind == "ServiceAccount" else RBAC
        body = {**document, "metadata": {**document["metadata"], "name": name}}
        if "rules" in body and missing:
            body = without(body, missing)
        if "roleRef" in body:
            body |= {"roleRef": {**body["roleRef"], "name": name}, "subjects": [{**subject, "name": name} for subject in body["subjects"]]}
        return f"{root}/namespaces/{place}/{kind.lower()}s" if place else f"{root}/{kind.lower()}s", body


def in_pool(made: dict[str, Any], pool: str, kubelet_port: int) -> dict[str, Any]:
    """A Node with the label of its NodePool, whose logs are served."""
    made["metadata"]["labels"]["karpenter.sh/nodepool"] = pool
    made["status"] |= {"addresses": [{"type": "InternalIP", "address": LOOPBACK}]}
    made["status"] |= {"daemonEndpoints": {"kubeletEndpoint": {"Port": kubelet_port}}}
    return made


def set_up(api: Api, kubelet_port: int) -> None:
    """A claim whose device plugin is missing, a pool that nothing asks of, and pods: one waits, one has ended, one holds devices."""
    api.request("POST", "/api/v1/nodes", in_pool(node(gpus=0), "bare", kubelet_port))
    Claims(api, "bare").create("0", UNREADY)
    template = {"spec": {"nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "gpu"}, "requirements": []}}
    selector = [{"tags": {"karpenter.sh/discovery": "lab"}}]
    terms = {"amiSelectorTerms": [{"alias": "al2023@latest"}], "subnetSelectorTerms": selector, "securityGroupSelectorTerms": selector}
    for pool, name in (("done", "done-node"), ("held", HELD)):
        api.request("POST", "/api/v1/nodes", in_pool(node(name), pool, kubelet_port))
        claims = Claims(api, pool)
        claims.create("0", READY)
        set_status(api, claims, {"nodeName": name})
    lose(api, Claims(api, "lost"))
    make(api, "karpenter.k8s.aws", "EC2NodeClass", "ec2nodeclasses", "gpu", {"role": "node", **terms})
    for pool in ("bare", "done", "held", "idle", "lost"):
        make(api, "karpenter.sh", "NodePool", "nodepools", pool, {"template": template})
    wanted = [{"key": "node.kubernetes.io/instance-type", "operator": "In", "values": [INSTANCE_TYPE]}]
    make(api, "karpenter.sh", "NodePool", "nodepools", "asked", {"template": {"spec": {**template["spec"], "requirements": wanted}}})
    make(api, "karpenter.sh", "NodePool", "nodepools", "unready", {"template": template}, condition("Ready", False, "ValidationFailed"))
    api.request("POST", "/api/v1/namespaces/default/serviceaccounts", {"metadata": {"name": "default"}})
    container = {"name": "main", "image": "example.invalid/none", "resources": {"limits": {"nvidia.com/gpu": "1"}}}
    make_pod(api, "waiting", containers=[container])
    make_pod(api, "over", "Succeeded", job="over")
    make_pod(api, "holder", containers=[container], nodeName=HELD)
    api.request("POST", "/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
    api.request("POST", f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts", {"metadata": {"name": "default"}})


def lose(api: Api, claims: Claims) -> None:
    """A claim whose instance runs, and whose node does not join."""
    claims.create("0", UNREADY)
    words = ("NodeNotFound", "Node not registered with cluster")
    steps = [condition("Launched"), *(condition(step, False, *words) for step in ("Registered", "Initialized", "Ready"))]
    set_status(api, claims, {"nodeName": None, "conditions": steps})


def set_status(api: Api, claims: Claims, status: dict[str, Any]) -> None:
    api.request("PATCH", f"/apis/karpenter.sh/v1/nodeclaims/{claims.full('0')}/status", {"status": status}, MERGE)


def make(api: Api, group: str, kind: str, plural: str, name: str, spec: dict[str, Any], ready: dict[str, Any] | None = None) -> None:
    path = f"/apis/{group}/v1/{plural}"
    api.request("POST", path, {"apiVersion": f"{group}/v1", "kind": kind, "metadata": {"name": name}, "spec": spec})
    api.request("PATCH", f"{path}/{name}/status", {"status": {"conditions": [ready or condition("Ready")]}}, MERGE)


@pytest.fixture(scope="module")
def aws() -> Iterator[dict[str, str]]:
    """The environment that reaches a simulated AWS with an EKS cluster that lets nodes in by aws-auth alone."""
    server = ThreadedMotoServer(ip_address=LOOPBACK, port=0, verbose=False)
    server.start()
    url = "http://{}:{}".format(*server.get_host_and_port())
    session = boto3.Session(AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, region_name=REGION)
    role = "arn:aws:iam::123456789012:role/cluster"
    session.client("eks", endpoint_url=url).create_cluster(name=CLUSTER, roleArn=role, resourcesVpcConfig={})
    yield {"AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": AWS_ACCESS_KEY_ID, "AWS_SECRET_ACCESS_KEY": AWS_SECRET_ACCESS_KEY}
    server.stop()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config, aws: dict[str, str]) -> Iterator[Stage]:
    directory = tmp_path_factory.mktemp("rbac")
    plane = ControlPlane(directory / "plane")
    plane.up()
    stage = Stage(plane, directory, pytestconfig.rootpath / ".build" / "collections", aws)
    yield stage
    stage.stop()
    plane.down()


Case = tuple[str, Right | None]
CASES: list[Case] = [(module, right) for module in SITUATIONS for right in (None, *rights(module))]
Play = Callable[[str, Right | None], dict[str, Said]]


def situations(module: str, right: Right | None) -> dict[str, Situation]:
    """In what a module is run without a right; with all of them it has time to end by itself."""
    found = {name: each for name, each in SITUATIONS[module].items() if not (right and each.only and each.only != right.resource)}
    more = (
        {}
        if right
        else {name: replace(each, seconds=4 * each.seconds) for name, each in found.items() if module == VERIFY and not each.only}
    )
    return {**found, **more}


@pytest.fixture(scope="module")
def said(stage: Stage) -> Iterator[Play]:
    """What a module said in each of its situations with a right taken away; all are begun at once."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        runs: dict[Case, dict[str, Future[Said]]] = {}
        for module, right in CASES:
            config = stage.account(module, right)
            runs[module, right] = {name: pool.submit(stage.run, module, config, each) for name, each in situations(module, right).items()}
        yield lambda module, right: {name: run.result() for name, run in runs[module, right].items()}


@pytest.mark.parametrize("module", WAITS)
def test_with_its_role_a_module_says_all_it_can(module: str, said: Play) -> None:
    for name, found in said(module, None).items():
        wanted = SITUATIONS[module][name].verdict
        assert (found.rc == 0) == (not wanted), found.text
        assert found.result.get("verdict", {}).get("reason", "") == wanted, (name, found.text)
        assert not re.search(r"verbs \[|not allowed|[Ff]orbidden", found.text), (name, found.text)


def test_with_its_role_the_verification_judges_every_node_and_finds_out_why(said: Play) -> None:
    found = said(VERIFY, None)
    verdicts = {each["node_pool"]: each["verdict"] for each in found["nodes"].result["nodes"]}
    assert verdicts == {"done": "passed", "held": "busy", "bare": "failed", "lost": "unknown"}, found["nodes"].text
    assert found["nodes"].result["leftovers"] == []
    assert found["a node to come"].result["verdict"]["reason"] == "ControllerNotRunning", found["a node to come"].text
    for name in ("nodes", "a node to come"):
        assert not re.search(r"verbs \[|not allowed|[Ff]orbidden", found[name].text), (name, found[name].text)
    # It may make the namespace; what it then needs there is a role in it, which cannot be given before.
    assert re.search(Right("", "serviceaccounts", "list").rule, found["a new namespace"].text)


@pytest.mark.parametrize(
    ("module", "right"), [case for case in CASES if case[1]], ids=[f"{module}-{right}" for module, right in CASES if right]
)
def test_without_a_right_a_module_names_it(module: str, right: Right, said: Play) -> None:
    found = said(module, right)
    texts = {name: each.text for name, each in found.items()}
    pattern = right.rule if module == VERIFY else right.pattern
    assert any(re.search(pattern, text) for text in texts.values()), texts


def test_without_the_right_to_see_holders_a_held_node_is_unknown_and_not_busy(said: Play) -> None:
    nodes = {each["node_pool"]: each["verdict"] for each in said(VERIFY, Right("", "pods", "list"))["nodes"].result["nodes"]}
    assert nodes["held"] == "unknown"


@pytest.mark.parametrize("module", SITUATIONS)
def test_without_the_list_of_what_it_reads_nothing_succeeds(module: str, said: Play) -> None:
    found = said(module, Right("karpenter.sh", "nodepools" if module == POOLS else "nodeclaims", "list"))
    assert [name for name, each in found.items() if each.rc == 0] == []


def test_without_the_list_of_pods_a_wait_for_pods_is_refused(said: Play) -> None:
    found = said(WAIT, Right("", "pods", "list"))["a pod's claim"]
    assert found.result["verdict"]["reason"] == "Forbidden", found.text


@pytest.mark.parametrize(("module", "situation"), [(INFO, "claims"), (WAIT, "all ready")])
def test_without_the_list_of_nodes_what_they_have_registered_is_empty(module: str, situation: str, said: Play) -> None:
    found = said(module, Right("", "nodes", "list"))[situation]
    assert found.rc == 0, found.text
    assert [claim["accelerators"]["registered"] for claim in found.result["nodeclaims"]] == [{}]
    assert re.search(Right("", "nodes", "list").pattern, " ".join(map(str, found.result["warnings"])))


@pytest.mark.parametrize("module", SITUATIONS)
def test_the_documentation_has_a_row_for_each_right(module: str) -> None:
    text = (ROOT / "docs" / "permissions.md").read_text()
    table = text.split(f"\n`{module}`:\n")[1].strip().split("\n\n")[0]
    rows = [row.split("|")[1].replace("`", "").strip().split(",")[0] for row in table.splitlines()[2:]]
    assert sorted(rows) == sorted(map(str, rights(module)))
