"""accelerator_verify against every row of verify_fault_table: nodes are brought up once, and one run meets all faults at once."""

from __future__ import annotations

import json
import re
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration import patience, verify_process
from tests.integration.verify_fault_table import AGENT, CHECK_SECONDS, POOLS, QUOTAS, ROWS, WAIT_SECONDS, Row
from tests.lab.nodes import faults
from tests.lab.nodes.api import STRATEGIC, Api, ApiError

pytestmark = [pytest.mark.lab, pytest.mark.faults]

NAMESPACE = "verify-faults"
JOBS = f"/apis/batch/v1/namespaces/{NAMESPACE}/jobs"
PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
ADMISSION = "/apis/admissionregistration.k8s.io/v1"
ROLE = Path(__file__).resolve().parents[2] / "examples" / "rbac" / "accelerator_verify.yml"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
ROLE_NAME = "accelerated-nodes:accelerator-verify"
ACCOUNT = "/api/v1/namespaces/default/serviceaccounts/accelerator-verify"
HOLDER = "/api/v1/namespaces/default/pods/holder"
SLICES, SLICE = "/apis/resource.k8s.io/v1/resourceslices", "verify-faults"
PATIENCE_SECONDS = 300.0
eventually = partial(patience.eventually, patience=PATIENCE_SECONDS, pause=0.2)
#: CEL for the node that a Job is for.
ANNOTATED = "object.metadata.?annotations[?'accelerated.nodes/node'].orValue('')"

Json = dict[str, Any]


class Faulty:
    """Nodes, one a row, and what a run over all of them said."""

    def __init__(self, lab: Mapping[str, str], directory: Path) -> None:
        self._lab, self._directory = lab, directory
        self.api = Api(Path(lab["KUBECONFIG"]))
        self.admin = lab["KUBECONFIG"]
        self._kubeconfig = self._account()
        self.nodes: dict[str, str] = {}
        self.results: dict[str, Json] = {}
        self.outcome: Json = {}

    def verify(self, name: str, **options: Any) -> Json:
        """Run the module to its end."""
        process, place = self.begin(name, **options)
        return verify_process.result_of(process, place, PATIENCE_SECONDS)

    def begin(self, name: str, **options: Any) -> tuple[subprocess.Popen[str], Path]:
        """Begin a run of the module; returns it, and the folder of its files."""
        place = self._directory / name
        standard = {"kubeconfig": str(self._kubeconfig), "namespace": NAMESPACE, "settle_timeout": 0}
        return verify_process.start(self._lab, place, {**standard, **options}), place

    def mend(self, row: str) -> None:
        """Turn the faults of a row off."""
        number, found = next((number, each) for number, each in enumerate(ROWS) if each.name == row)
        for fault in found.faults:
            faults.clear_fault(f"{fault}:row{number}", Path(self._lab["LAB_DIR"]))

    def _account(self) -> Path:
        """A kubeconfig of a ServiceAccount that has the role of examples/rbac, and no other right."""
        self.api.request("POST", "/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
        for document in yaml.safe_load(ROLE.read_text(encoding="utf-8"))["items"]:
            place = document["metadata"].get("namespace")
            document["metadata"] |= {"namespace": NAMESPACE} if place not in (None, "default") else {}
            place = document["metadata"].get("namespace")
            root = "/api/v1" if document["kind"] == "ServiceAccount" else RBAC
            path = f"{root}/namespaces/{place}/{document['kind'].lower()}s" if place else f"{root}/{document['kind'].lower()}s"
            self.api.request("POST", path, document)
        token = {"kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1", "spec": {"expirationSeconds": 3600}}
        answer = self.api.request("POST", f"{ACCOUNT}/token", token)
        config = yaml.safe_load(Path(self._lab["KUBECONFIG"]).read_text(encoding="utf-8"))
        config["users"][0]["user"] = {"token": answer["status"]["token"]}
        path = self._directory / "kubeconfig"
        path.write_text(yaml.safe_dump(config), encoding="utf-8")
        return path

    def bring_up(self) -> None:
        """Have a node for each row, and all of them healthy."""
        wanted = {pool: sum(row.pool == pool for row in ROWS) for pool in POOLS}
        first = self.verify("healthy", provision=wanted, wait_timeout=PATIENCE_SECONDS)
        assert first["summary"]["passed"] == len(ROWS), first.get("msg")
        by_pool = {pool: sorted(each["name"] for each in first["nodes"] if each["node_pool"] == pool) for pool in POOLS}
        self.nodes = {row.name: by_pool[row.pool].pop() for row in ROWS}
        self._claims = {each["name"]: each["node_claim"] for each in first["nodes"]}

    def strike(self) -> None:
        """Turn every row's fault on, and verify all nodes at once."""
        for number, row in enumerate(ROWS):
            for fault, arguments in row.faults.items():
                faults.set_fault(f"{fault}:row{number}", {**arguments, "node": self.nodes[row.name]}, Path(self._lab["LAB_DIR"]))
            self._prepare(row)
        self._policies()
        for row in ROWS:
            # A device plugin's word takes a moment to reach the Node.
            eventually(lambda row=row: not row.published or not self._offered(row), "the node offers no device")
        stop = threading.Event()
        meanwhile = [threading.Thread(target=self._meanwhile, args=(row, stop)) for row in ROWS if row.meanwhile]
        for each in meanwhile:
            each.start()
        try:
            self.outcome = self.verify("faults", node_pools=list(POOLS), check_timeout=CHECK_SECONDS, wait_timeout=WAIT_SECONDS)
        finally:
            stop.set()
            for each in meanwhile:
                each.join()
        self.results = {each["name"]: each for each in self.outcome["nodes"]}

    def _prepare(self, row: Row) -> None:
        node = self.nodes[row.name]
        if row.condition:
            reason, message = row.condition
            condition = {"type": AGENT, "status": "False", "reason": reason, "message": message}
            self.api.request("PATCH", f"/api/v1/nodes/{node}/status", {"status": {"conditions": [condition]}}, STRATEGIC)
        if row.capacity:
            self.api.request("PATCH", f"/api/v1/nodes/{node}/status", {"status": {"capacity": dict(row.capacity)}}, STRATEGIC)
        if row.published:
            device = {"name": "gpu-0", "attributes": {"type": {"string": "gpu"}}}
            pool = {"name": node, "generation": 1, "resourceSliceCount": 1}
            spec = {"driver": row.published, "nodeName": node, "pool": pool, "devices": [device]}
            self.api.request("POST", SLICES, {"metadata": {"name": SLICE}, "spec": spec})
        if row.held:
            container = {"name": "any", "image": "registry.k8s.io/pause:3.10", "resources": {"limits": {"nvidia.com/gpu": "1"}}}
            spec = {"nodeName": node, "tolerations": [{"operator": "Exists"}], "containers": [container]}
            self.api.request("POST", HOLDER.rpartition("/")[0], {"metadata": {"name": "holder"}, "spec": spec})

    def _offered(self, row: Row) -> bool:
        allocatable = self.api.request("GET", f"/api/v1/nodes/{self.nodes[row.name]}")["status"]["allocatable"]
        return allocatable.get("nvidia.com/gpu", "0") != "0"

    def _policies(self) -> None:
        """Real admission, that is for the nodes of some rows alone."""
        of = {row.policy: self.nodes[row.name] for row in ROWS if row.policy}
        refuse(self.api, "verify-job", "batch", "jobs", f"{ANNOTATED} == '{of['job']}'", "no Job is to be here")
        refuse(self.api, "verify-pod", "", "pods", on(of["pod"]), "no pod is to be here")
        inject(self.api, "verify-inject", on(of["inject"]))
        # A policy is stored at once and in force only once the API server has seen and compiled it.
        pods = f"{PODS}?dryRun=All"
        eventually(lambda: refused(self.api, f"{JOBS}?dryRun=All", tried_job(of["job"])), "the Job is refused")
        eventually(lambda: refused(self.api, pods, tried_pod(of["pod"])), "the pod is refused")
        eventually(
            lambda: len(self.api.request("POST", pods, tried_pod(of["inject"]))["spec"]["containers"]) > 1, "the container is injected"
        )

    def _meanwhile(self, row: Row, stop: threading.Event) -> None:
        """Once the row's check runs, take its node away."""
        node = self.nodes[row.name]
        while not stop.wait(0.5):
            pods = self.api.request("GET", f"{PODS}?fieldSelector=spec.nodeName%3D{node}")["items"]
            if any(each["status"].get("phase") == "Running" for each in pods):
                break
        if row.meanwhile == "interrupt":
            faults.set_fault("spot-interruption:row", {"node": node}, Path(self._lab["LAB_DIR"]))
        else:
            self.api.request("DELETE", f"/apis/karpenter.sh/v1/nodeclaims/{self._claims[node]}")

    def clean(self) -> None:
        """Take away what the rows have put there, nodes aside."""
        faults.clear_fault(lab_dir=Path(self._lab["LAB_DIR"]))
        paths = [HOLDER, ACCOUNT, f"{SLICES}/{SLICE}", f"{RBAC}/clusterroles/{ROLE_NAME}", f"{RBAC}/clusterrolebindings/{ROLE_NAME}"]
        for name in ("verify-job", "verify-pod"):
            paths += [f"{ADMISSION}/validatingadmissionpolicybindings/{name}", f"{ADMISSION}/validatingadmissionpolicies/{name}"]
        paths += [f"{ADMISSION}/mutatingadmissionpolicybindings/verify-inject", f"{ADMISSION}/mutatingadmissionpolicies/verify-inject"]
        paths += [f"/api/v1/namespaces/{name}" for name in (NAMESPACE, *QUOTAS)]
        for path in paths:
            with suppress(ApiError):
                self.api.request("DELETE", path, {"gracePeriodSeconds": 0})


def on(node: str) -> str:
    """The CEL expression for a check's pod of one node."""
    return f"object.spec.?nodeSelector[?'kubernetes.io/hostname'].orValue('') == '{node}'"


def refuse(api: Api, name: str, group: str, resource: str, condition: str, message: str) -> None:
    """Have the API server refuse objects for which a condition holds."""
    spec = {
        "failurePolicy": "Fail",
        "matchConstraints": {"resourceRules": [rule(group, resource)]},
        "validations": [{"expression": f"!({condition})", "message": message}],
    }
    api.request("POST", f"{ADMISSION}/validatingadmissionpolicies", {"metadata": {"name": name}, "spec": spec})
    binding = {"policyName": name, "validationActions": ["Deny"]}
    api.request("POST", f"{ADMISSION}/validatingadmissionpolicybindings", {"metadata": {"name": name}, "spec": binding})


def inject(api: Api, name: str, condition: str) -> None:
    """Have the API server put a container into pods for which a condition holds."""
    container = (
        "Object.spec.containers{name: 'sidecar', image: 'registry.k8s.io/pause:3.10', securityContext: "
        "Object.spec.containers.securityContext{allowPrivilegeEscalation: false, runAsNonRoot: true, "
        "capabilities: Object.spec.containers.securityContext.capabilities{drop: ['ALL']}}}"
    )
    patch = f"[JSONPatch{{op: 'add', path: '/spec/containers/-', value: {container}}}]"
    spec = {
        "failurePolicy": "Fail",
        "reinvocationPolicy": "Never",
        "matchConstraints": {"resourceRules": [rule("", "pods")]},
        "matchConditions": [{"name": "node", "expression": condition}],
        "mutations": [{"patchType": "JSONPatch", "jsonPatch": {"expression": patch}}],
    }
    api.request("POST", f"{ADMISSION}/mutatingadmissionpolicies", {"metadata": {"name": name}, "spec": spec})
    api.request("POST", f"{ADMISSION}/mutatingadmissionpolicybindings", {"metadata": {"name": name}, "spec": {"policyName": name}})


def tried_pod(node: str) -> Json:
    """A pod as a check would send it to a node, as far as the policies look."""
    allowed = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    container = {"name": "any", "image": "registry.k8s.io/pause:3.10", "securityContext": allowed}
    secured = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    spec = {"nodeSelector": {"kubernetes.io/hostname": node}, "containers": [container], "securityContext": secured}
    return {"metadata": {"name": "tried"}, "spec": {**spec, "restartPolicy": "Never"}}


def tried_job(node: str) -> Json:
    """A Job as the module would make it for a node, as far as the policies look."""
    template = {"spec": tried_pod(node)["spec"]}
    return {"metadata": {"name": "tried", "annotations": {"accelerated.nodes/node": node}}, "spec": {"template": template}}


def refused(api: Api, path: str, body: Json) -> bool:
    """Whether admission refuses an object."""
    try:
        api.request("POST", path, body)
    except ApiError as err:
        assert "is to be here" in str(err), err
        return True
    return False


def rule(group: str, resource: str) -> Json:
    return {"apiGroups": [group], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": [resource]}


@pytest.fixture(scope="module")
def faulty(verify_pools: None, lab: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Faulty]:
    """What a run over all rows said."""
    found = Faulty(lab, tmp_path_factory.mktemp("verify-faults"))
    try:
        found.bring_up()
        found.strike()
        yield found
    finally:
        found.clean()


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_each_fault_has_its_own_verdict_and_words(row: Row, faulty: Faulty) -> None:
    result = faulty.results[faulty.nodes[row.name]]
    findings = [each for each in result["findings"] if each["check"] == row.check and each["severity"] == row.severity]
    told = json.dumps(result["findings"], indent=1)
    assert result["verdict"] == row.verdict, told
    assert bool(findings) == bool(row.check), told
    assert not row.words or any(re.search(row.words, each["found"], re.IGNORECASE | re.DOTALL) for each in findings), told
    assert all(each["next_step"] for each in findings)


def test_the_run_is_red_and_keeps_every_result(faulty: Faulty) -> None:
    assert faulty.outcome["failed"]
    assert len(faulty.outcome["nodes"]) == len(ROWS)


def test_no_job_is_left(faulty: Faulty) -> None:
    assert faulty.outcome["leftovers"] == []
    assert [each["metadata"]["name"] for each in faulty.api.request("GET", JOBS)["items"]] == []


def test_a_fabric_that_is_in_progress_is_waited_for(faulty: Faulty) -> None:
    process, place = faulty.begin("settles", nodes=[faulty.nodes["fabric not ready"]], settle_timeout=300, wait_timeout=300)
    eventually(
        lambda: "waiting for fabric to settle: In Progress" in (place / "progress").read_text() or process.poll() is not None,
        "the run waits for the fabric",
    )
    faulty.mend("fabric not ready")
    (result,) = verify_process.result_of(process, place, PATIENCE_SECONDS)["nodes"]
    assert result["verdict"] == "passed", result["findings"]
    assert result["looks"][0] > 1


@pytest.mark.parametrize("name", QUOTAS)
def test_a_namespace_that_is_full_is_named(name: str, faulty: Faulty) -> None:
    hard, words = QUOTAS[name]
    faulty.api.request("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    faulty.api.request("POST", f"/api/v1/namespaces/{name}/resourcequotas", {"metadata": {"name": name}, "spec": {"hard": hard}})
    # The quota counts only once its controller has looked.
    quota = f"/api/v1/namespaces/{name}/resourcequotas/{name}"
    eventually(lambda: "hard" in faulty.api.request("GET", quota).get("status", {}), "the quota counts")
    said = faulty.verify(
        name,
        kubeconfig=faulty.admin,
        namespace=name,
        nodes=[faulty.nodes["healthy"]],
        check_timeout=CHECK_SECONDS,
        wait_timeout=WAIT_SECONDS,
    )
    (result,) = said["nodes"]
    assert (result["verdict"], result["findings"][0]["check"]) == ("unknown", "admission"), said
    assert re.search(words, result["findings"][0]["found"], re.DOTALL), result
    assert "ResourceQuota" in result["findings"][0]["next_step"]
