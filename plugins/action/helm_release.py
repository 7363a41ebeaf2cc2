# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs kubernetes.core's Helm modules for one release.

An action plugin and not a list of tasks: a task cannot leave out a warning that is not meant for the user
(kubernetes.core deprecates a return value of its own whenever the release is there), nor give a diff, nor turn another
module's failure into a sentence without showing that failure first.

Where it runs on the controller, it looks for itself before it starts any of them: a release that is as it is wanted to be costs a request
or two. Whatever then goes wrong is left to the modules, which say what it is.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import yaml
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.accelerated.nodes.plugins.module_utils.api._objects import path_of
from ansible_collections.accelerated.nodes.plugins.module_utils.charts._helm import (
    as_failed,
    diff,
    locked,
    normal_version,
    objects,
    record,
    refusal,
    workloads,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.charts._release_record import is_wanted, latest, rolled_out
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError
from ansible_collections.accelerated.nodes.plugins.plugin_utils._at_hand import client_at_hand, plain, runs_here

SPEC = {
    "state": {"choices": ["present", "absent", "checked", "looked_at"], "default": "present"},
    "name": {"required": True},
    "namespace": {"required": True},
    "chart_ref": {},
    "chart_repo_url": {},
    "chart_version": {},
    "exact_version": {"type": "bool", "default": False},
    "plain_http": {"type": "bool", "default": False},
    "skip_crds": {"type": "bool", "default": False},
    "values": {"type": "dict", "default": {}},
    "option": {"default": "helm_release"},
    "chart_ref_option": {},
    "mend_pending": {"type": "bool", "default": False},
    "mend_option": {},
    "objects": {"type": "bool", "default": False},
    "kubeconfig": {"type": "raw"},
    "context": {},
    "host": {},
    "api_key": {"no_log": True},
    "ca_cert": {"type": "path"},
    "validate_certs": {"type": "bool"},
    "binary_path": {"type": "path"},
}
KUBERNETES_AUTH = ("kubeconfig", "context", "host", "api_key", "ca_cert", "validate_certs")
AUTH = (*KUBERNETES_AUTH, "binary_path")

# What kubernetes.core's Helm modules warn of and the user cannot act on: a return value that is not used here, and the
# helm-diff plugin, which is not needed for charts of pinned versions.
NOISE = ("The 'status.values' return value is deprecated", "The default idempotency check can fail to report changes")
CHART = ("chart_ref", "chart_repo_url", "chart_version", "plain_http")
# States in which Helm lists a release that is there; Helm 3 leaves out the last unless asked for it.
THERE = ["deployed", "failed", "pending"]
# By these Helm goes to another cluster than kubernetes.core's options name, or keeps its records in another place.
HELM_ENVIRONMENT = ("HELM_KUBEAPISERVER", "HELM_KUBECAFILE", "HELM_KUBECONTEXT", "HELM_KUBETOKEN", "HELM_KUBEASUSER", "HELM_DRIVER")
REQUIRED_IF = [("state", "present", ["chart_ref"]), ("state", "checked", ["chart_ref"]), ("state", "looked_at", ["chart_ref"])]


class ActionModule(ActionBase):
    """One release: checked, present or absent."""

    _requires_connection = True
    _supports_check_mode = True
    _supports_diff = True

    def run(self, tmp=None, task_vars=None):
        """Return changed, chart and workloads, and the diff in diff mode; a refusal ends the task with one sentence."""
        result = super().run(tmp, task_vars)
        del tmp
        try:
            return {**result, **self._bring(task_vars)}
        except AnsibleActionFail as refused:
            # Returned, not raised: a task's failed_when does not see what is raised.
            return {**result, "failed": True, "msg": str(refused)}

    def _bring(self, task_vars: dict | None) -> dict:
        """Bring the release into its state and return the result."""
        _dummy, options = self.validate_argument_spec(SPEC, required_if=REQUIRED_IF)
        self._vars = task_vars
        self._options = options = _normalised(options)
        # Its questions are the client's to ask; where there is none, each run of Helm costs a second, and so it is asked only if need be.
        self._client = self._client_at_hand()
        if options["state"] == "looked_at":
            return self._look()
        asks = options["state"] != "present" or options["mend_pending"] or self._task.diff or self._task.check_mode
        before = self._unlocked(self._release()) if asks or self._client else None
        if options["state"] == "checked":
            rendered = self._render()
            made = {"objects": _objects(rendered)} if options["objects"] else {}
            return {"changed": False, **_facts(before, options), **made}
        changed = not self._is_wanted(before) and self._apply()
        after = self._after(before, changed)
        facts = _facts(after, options)
        result = {"changed": changed, **facts, "rolling": self._rolling(facts["workloads"])}
        return {**result, "diff": diff(_shown(before), _shown(after))} if changed and self._task.diff else result

    def _look(self) -> dict:
        """Return whether nothing is to be done, nor waited for; where that cannot be seen at once, it is not so."""
        before = self._release() if self._client else None
        settled = self._is_wanted(before) and not self._rolling(_facts(before, self._options)["workloads"])
        return {"changed": False, "settled": settled}

    def _unlocked(self, before: dict | None) -> dict | None:
        """Return the release without a change that a Helm run has left unfinished; refuses it unless it is to be mended.

        Noted as failed, the revision no longer locks the release, and what it had applied is changed to what is wanted. Helm removes a
        release in any state.
        """
        options = self._options
        refused = locked(before, options)
        if not refused or options["state"] == "absent":
            return before
        if not options["mend_pending"]:
            raise AnsibleActionFail(refused)
        if options["state"] == "present":
            self._note_as_failed(record(before))
        return before

    def _note_as_failed(self, name: str) -> None:
        """Note the revision of which Helm keeps the record in this Secret as failed."""
        auth = self._auth(KUBERNETES_AUTH)
        target = {"api_version": "v1", "kind": "Secret", "namespace": self._options["namespace"]}
        for secret in self._helm("k8s_info", {**target, "name": name, **auth})["resources"]:
            self._helm("k8s", {"state": "patched", "definition": as_failed(secret), **auth})

    def _after(self, before: dict | None, changed: bool) -> dict | None:
        """Return the release as it is now; in check mode as it would be."""
        options = self._options
        if options["state"] == "absent":
            return None
        if not changed and before:
            return before
        if changed and self._task.check_mode:
            chart = f"{options['chart_ref'].rstrip('/').rpartition('/')[2]}-{options['chart_version'] or 'latest'}"
            return {"chart": chart, "release_values": options["values"], "manifest": []}
        return self._release()

    def _apply(self) -> bool:
        """Make the release present or absent; return whether that changed it."""
        options = self._options
        arguments = {"release_state": options["state"]}
        if options["state"] == "present":
            arguments |= {**self._chart(), "release_values": options["values"], "skip_crds": options["skip_crds"]}
        else:
            arguments["wait"] = True
        return self._helm("helm", {**self._target(), **arguments})["changed"]

    def _client_at_hand(self):
        """Return a client where this process may look for itself, None where it may not."""
        if any(os.environ.get(name) for name in HELM_ENVIRONMENT):
            return None
        return client_at_hand(self, self._auth(KUBERNETES_AUTH))

    def _is_wanted(self, release: dict | None) -> bool:
        """Whether Helm would find nothing to do."""
        options = self._options
        return bool(self._client) and options["state"] != "absent" and is_wanted(release, options, plain(options["values"]))

    def _rolling(self, wanted: list[dict]) -> list[dict]:
        """Return which of the workloads may still be rolling out: all that are not seen to have come to their end."""
        return [each for each in wanted if not (self._client and self._is_rolled_out(each))]

    def _is_rolled_out(self, workload: dict) -> bool:
        path = path_of({"api_version": "apps/v1", **workload})
        try:
            return rolled_out({"kind": workload["kind"], **self._client.get(path)})
        except ApiError:
            return False

    def _release(self) -> dict | None:
        """Return the release that is there, None if none is."""
        options = self._options
        if self._client:
            query = {"labelSelector": f"owner=helm,name={options['name']}"}
            try:
                return latest(self._client.get(f"/api/v1/namespaces/{options['namespace']}/secrets", query)["items"])
            except (ApiError, KeyError, ValueError):
                self._client = None
        return self._helm("helm_info", {**self._target(), "release_state": THERE}).get("status")

    def _render(self) -> str:
        """Render the chart, which refuses a chart that cannot be pulled and values that do not fit.

        The values go by a file of our own: helm_template leaves the one that it writes behind.
        """
        descriptor, path = tempfile.mkstemp(prefix="accelerated-nodes-", suffix=".yml")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                yaml.safe_dump(plain(self._options["values"]), stream)
            options = self._options
            if runs_here(self) and not options["objects"]:
                return self._render_here(path)
            target = {"release_name": options["name"], "release_namespace": options["namespace"], "values_files": [path]}
            definitions = {"include_crds": options["objects"] and not options["skip_crds"]}
            return self._helm("helm_template", {**self._chart(), **target, **definitions})["stdout"]
        finally:
            Path(path).unlink()

    def _render_here(self, values: str) -> str:
        """Render the chart as kubernetes.core.helm_template does, with the values of a file."""
        options = self._options
        helm = options["binary_path"] or shutil.which("helm")
        if not helm:
            raise AnsibleActionFail(refusal({"msg": "Failed to find required executable helm"}, options))
        flags = [f"--namespace={options['namespace']}", f"--values={values}"]
        flags += [f"--{flag}={options[key]}" for flag, key in (("version", "chart_version"), ("repo", "chart_repo_url")) if options[key]]
        flags += ["--plain-http"] if options["plain_http"] else []
        command = [helm, "template", options["name"], options["chart_ref"], *flags]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False)
        if done.returncode:
            raise AnsibleActionFail(refusal({"stderr": done.stderr}, options))
        return done.stdout

    def _chart(self) -> dict:
        return {key: self._options[key] for key in CHART if self._options[key]}

    def _target(self) -> dict:
        options = self._options
        target = {"release_name": options["name"], "release_namespace": options["namespace"]}
        return {**target, **self._auth(AUTH)}

    def _auth(self, names: tuple[str, ...]) -> dict:
        return {key: self._options[key] for key in names if self._options[key] is not None}

    def _helm(self, module: str, arguments: dict) -> dict:
        """Run a module of kubernetes.core and return its result; its failure ends the task with a sentence."""
        outcome = self._execute_module(f"kubernetes.core.{module}", module_args=arguments, task_vars=self._vars)
        if outcome.get("failed"):
            raise AnsibleActionFail(refusal(outcome, self._options))
        return outcome

    def _parse_returned_data(self, res, *args, **kwargs):
        """Take the noise out of a module's output before ansible-core reads it, as it shows what it has read in any case."""
        return super()._parse_returned_data(_without_noise(res), *args, **kwargs)


def _without_noise(res: dict) -> dict:
    """Return a module's raw answer without warnings that hold any of NOISE; an answer that is no JSON as it is."""
    try:
        answer = json.loads(res["stdout"])
    except ValueError:
        return res
    for kind in ("warnings", "deprecations"):
        # Entries are texts or objects, by ansible-core's version.
        answer[kind] = [each for each in answer.get(kind, []) if not any(noise in json.dumps(each) for noise in NOISE)]
    return {**res, "stdout": json.dumps(answer)}


def _normalised(options: dict) -> dict:
    """Return the options with empty ones as None, the version as charts have it, and the kubeconfig that is in force.

    Refuses a kubeconfig that is no file: Helm's modules meet it with a traceback.
    """
    options = {key: value if value not in ("", None) else None for key, value in options.items()}
    if options["chart_version"] and not options["exact_version"]:
        options["chart_version"] = normal_version(options["chart_version"])
    options["chart_ref_option"] = options["chart_ref_option"] or f"{options['option']}_chart_ref"
    options["kubeconfig"] = kubeconfig = options["kubeconfig"] or os.environ.get("K8S_AUTH_KUBECONFIG")
    if isinstance(kubeconfig, str) and not Path(kubeconfig).expanduser().is_file():
        raise AnsibleActionFail(
            f"eks_kubeconfig '{kubeconfig}': there is no such file. Name the cluster's kubeconfig, for EKS the one that "
            "'aws eks update-kubeconfig --name <cluster> --kubeconfig <file>' writes."
        )
    return options


def _facts(release: dict | None, options: dict) -> dict:
    release = release or {}
    return {"chart": release.get("chart", ""), "workloads": workloads(release.get("manifest") or [], options["namespace"])}


def _objects(rendered: str) -> list[dict]:
    """Return what a rendered chart makes; definitions are long, so the fast loader where there is one."""
    return objects(list(yaml.load_all(rendered, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))))


def _shown(release: dict | None) -> dict | None:
    return release and {"chart": release["chart"], "values": release.get("release_values") or {}}
