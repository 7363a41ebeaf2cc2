"""The least-privilege roles of examples/rbac: with one a module says all it can; without any single verb of it, it says what is missing.

The role's file is the list: a rule that is added there is taken away here by itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from moto.server import ThreadedMotoServer

from tests.integration.fault_claims import READY, UNREADY, Claims, condition, make_pod, node
from tests.integration.fault_runs import INFO, WAIT
from tests.integration.module_process import ModuleProcesses
from tests.lab.nodes.api import MERGE, Api
from tests.lab.proxy.control_plane import ControlPlane
from tests.lab.state import AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, LOOPBACK

pytestmark = [pytest.mark.lab, pytest.mark.faults]

ROOT = Path(__file__).resolve().parents[2]
RBAC = "/apis/rbac.authorization.k8s.io/v1"
POOLS = "node_pool_wait"
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
    """One verb on one resource."""

    group: str
    resource: str
    verb: str

    def __str__(self) -> str:
        return f"{self.verb} {'.'.join(filter(None, (self.resource, self.group)))}"

    @property
    def pattern(self) -> str:
        names = PATTERN.format(group=re.escape(self.group or '""'), resource=self.resource, verb=self.verb)
        return POLLING.format(kind=KINDS.get(self.resource, self.resource.removesuffix("s"))) if self.verb == "watch" else names


@dataclass(frozen=True)
class Situation:
    """What a module is run in. ``verdict``: the reason that a wait gives; empty for a module that succeeds. ``seconds``: its deadline."""

    options: dict[str, Any]
    verdict: str = ""
    seconds: int = 5


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
}


def documents(module: str) -> list[dict[str, Any]]:
    return yaml.safe_load((ROOT / "examples" / "rbac" / f"{module}.yml").read_text())["items"]


def rights(module: str) -> list[Right]:
    """Every right that the module's role gives, one by one."""
    rules = [rule for document in documents(module) for rule in document.get("rules", [])]
    found = [
        Right(group, resource, verb)
        for rule in rules
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    ]
    assert len(found) == len(set(found)), "a right is given twice"
    return found


def without(role: dict[str, Any], right: Right) -> dict[str, Any]:
    """The role with every other right."""
    rules = [
        {**rule, "apiGroups": [group], "resources": [resource], "verbs": [verb]}
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
        if Right(group, resource, verb) != right
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
        set_up(self._api)

    def stop(self) -> None:
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
        (place / "kubeconfig").write_text(json.dumps(config))
        (place / "progress").touch()
        process = self._processes.pop()
        try:
            answer = process.run(module, place, arguments)
        finally:
            self._processes.append(process)
        assert "Traceback" not in answer["out"] + answer["err"], answer["err"]
        result = json.loads(answer["out"])
        text = "\n".join((result.get("msg", ""), *map(str, result.get("warnings", [])), (place / "progress").read_text()))
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


def set_up(api: Api) -> None:
    """A claim whose device plugin is missing, a pool that nothing asks of, a pod that waits for a node, and one that has ended."""
    api.request("POST", "/api/v1/nodes", node(gpus=0))
    Claims(api, "bare").create("0", UNREADY)
    template = {"spec": {"nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "gpu"}, "requirements": []}}
    selector = [{"tags": {"karpenter.sh/discovery": "lab"}}]
    terms = {"amiSelectorTerms": [{"alias": "al2023@latest"}], "subnetSelectorTerms": selector, "securityGroupSelectorTerms": selector}
    api.request("POST", "/api/v1/nodes", node("done-node"))
    done = Claims(api, "done")
    done.create("0", READY)
    set_status(api, done, {"nodeName": "done-node"})
    lose(api, Claims(api, "lost"))
    make(api, "karpenter.k8s.aws", "EC2NodeClass", "ec2nodeclasses", "gpu", {"role": "node", **terms})
    for pool in ("bare", "idle", "lost"):
        make(api, "karpenter.sh", "NodePool", "nodepools", pool, {"template": template})
    make(api, "karpenter.sh", "NodePool", "nodepools", "unready", {"template": template}, condition("Ready", False, "ValidationFailed"))
    api.request("POST", "/api/v1/namespaces/default/serviceaccounts", {"metadata": {"name": "default"}})
    container = {"name": "main", "image": "example.invalid/none", "resources": {"limits": {"nvidia.com/gpu": "1"}}}
    make_pod(api, "waiting", containers=[container])
    make_pod(api, "over", "Succeeded", job="over")


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


@pytest.fixture(scope="module")
def said(stage: Stage) -> Iterator[Play]:
    """What a module said in each of its situations with a right taken away; all are begun at once."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        runs: dict[Case, dict[str, Future[Said]]] = {}
        for module, right in CASES:
            config = stage.account(module, right)
            runs[module, right] = {name: pool.submit(stage.run, module, config, each) for name, each in SITUATIONS[module].items()}
        yield lambda module, right: {name: run.result() for name, run in runs[module, right].items()}


@pytest.mark.parametrize("module", SITUATIONS)
def test_with_its_role_a_module_says_all_it_can(module: str, said: Play) -> None:
    for name, found in said(module, None).items():
        wanted = SITUATIONS[module][name].verdict
        assert (found.rc == 0) == (not wanted), found.text
        assert found.result.get("verdict", {}).get("reason", "") == wanted, (name, found.text)
        assert not re.search(r"verbs \[|not allowed|[Ff]orbidden", found.text), (name, found.text)


@pytest.mark.parametrize(
    ("module", "right"), [case for case in CASES if case[1]], ids=[f"{module}-{right}" for module, right in CASES if right]
)
def test_without_a_right_a_module_names_it(module: str, right: Right, said: Play) -> None:
    found = said(module, right)
    texts = {name: each.text for name, each in found.items()}
    assert any(re.search(right.pattern, text) for text in texts.values()), texts


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
