# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What stands in the way of another version of Karpenter, seen on its custom resource definitions. Pure."""

from __future__ import annotations

from typing import Any, NamedTuple

from ansible_collections.accelerated.nodes.plugins.module_utils.charts._karpenter_versions import kubernetes_problem, minor, parts

# Karpenter 1.0 converts what is stored as v1beta1; every later one no longer knows it.
OLD_API, LAST_WITH_OLD_API = "v1beta1", (1, 0)
# What is put on an object to have it written anew; its own content stays, which of a NodeClaim nobody may change.
REWRITTEN = "accelerated.nodes/stored-as"
MANAGED_BY = "app.kubernetes.io/managed-by"
RELEASE_NAME, RELEASE_NAMESPACE = "meta.helm.sh/release-name", "meta.helm.sh/release-namespace"
# Groups whose objects are Karpenter's alone. What else its chart brings, since 1.14 the CapacityBuffer of Kubernetes' autoscalers, others may have
# brought before it, and their objects are nobody's of these.
OWN_GROUPS = ("karpenter.sh", "karpenter.k8s.aws")
# Set by the API server, or of no meaning in another life of the object.
TRANSIENT = ("managedFields", "uid", "resourceVersion", "creationTimestamp", "generation", "selfLink", "finalizers", "ownerReferences")
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


class Owner(NamedTuple):
    """The Helm release that owns an object; empty names where none does."""

    release: str
    namespace: str


def essentials(definitions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the other functions need of CustomResourceDefinitions, without their schemas; ``spec.stored`` is the API that objects are stored as."""
    return [
        {
            **{key: definition[key] for key in ("apiVersion", "kind", "metadata")},
            "spec": {"names": definition["spec"]["names"], "stored": _stored_api(definition["spec"])},
            "status": {"storedVersions": (definition.get("status") or {}).get("storedVersions") or []},
        }
        for definition in definitions
    ]


def _stored_api(spec: dict[str, Any]) -> str:
    stored = next(version["name"] for version in spec["versions"] if version["storage"])
    return f"{spec['group']}/{stored}"


def upgrade_problems(definitions: list[dict[str, Any]], plan: dict[str, Any]) -> list[str]:
    """A sentence for each thing that stands in the way.

    :param definitions: Karpenter's CustomResourceDefinitions, those that there are.
    :param plan: ``version`` of the controller's chart, ``crd_version`` of the definitions' chart, ``kubernetes`` (the server's version),
        ``release`` and ``namespace`` of the definitions' chart, and ``adopt``: whether definitions that no release owns are taken over.
    """
    wanted = Owner(plan["release"], plan["namespace"])
    found = [
        kubernetes_problem(plan["version"], plan["kubernetes"], "karpenter_chart_version"),
        _older_definitions(plan["version"], plan["crd_version"]),
        *(_old_objects(definition, plan["version"]) for definition in definitions),
        *(_other_release(definition, wanted) for definition in definitions),
        "" if plan["adopt"] else _unowned(adoptions(definitions, *wanted)),
    ]
    return [problem for problem in found if problem]


def adoptions(definitions: list[dict[str, Any]], release: str, namespace: str) -> list[dict[str, Any]]:
    """What to lay over each of the definitions that no release owns, so that Helm takes it for the release's own."""
    return [
        {
            "apiVersion": definition["apiVersion"],
            "kind": definition["kind"],
            "metadata": {
                "name": definition["metadata"]["name"],
                "labels": {MANAGED_BY: "Helm"},
                "annotations": {RELEASE_NAME: release, RELEASE_NAMESPACE: namespace},
            },
        }
        for definition in definitions
        if _owner(definition) == Owner("", "")
    ]


def saved(objects: list[dict[str, Any]]) -> dict[str, Any]:
    """The objects as a List that ``kubectl apply`` takes, without what the API server set and without status."""
    return {"apiVersion": "v1", "kind": "List", "items": [_restorable(each) for each in objects]}


def _restorable(item: dict[str, Any]) -> dict[str, Any]:
    metadata = {key: value for key, value in item["metadata"].items() if key not in TRANSIENT}
    if "annotations" in metadata:
        metadata["annotations"] = {key: value for key, value in metadata["annotations"].items() if key != LAST_APPLIED}
    return {**{key: value for key, value in item.items() if key != "status"}, "metadata": metadata}


def _is_karpenters(definition: dict[str, Any]) -> bool:
    group: str = definition["metadata"]["name"].partition(".")[2]
    return group in OWN_GROUPS


def _owner(definition: dict[str, Any]) -> Owner:
    """The release that Helm would take for the owner: it wants the label and both annotations."""
    metadata = definition["metadata"]
    annotations = metadata.get("annotations") or {}
    if (metadata.get("labels") or {}).get(MANAGED_BY) != "Helm":
        return Owner("", "")
    return Owner(annotations.get(RELEASE_NAME, ""), annotations.get(RELEASE_NAMESPACE, ""))


def _older_definitions(version: str, crd_version: str) -> str:
    controller, definitions = parts(version), parts(crd_version)
    if controller is None or definitions is None or definitions >= controller:
        return ""
    return (
        f"karpenter_crd_chart_version is '{crd_version}', older than karpenter_chart_version '{version}': the controller would write fields that"
        f" the custom resource definitions do not have, and the API server would drop them. Set it to '{version}' or later, or leave it out."
    )


def _old_objects(definition: dict[str, Any], version: str) -> str:
    stored = (definition.get("status") or {}).get("storedVersions") or []
    if OLD_API not in stored or minor(version) <= LAST_WITH_OLD_API or not _is_karpenters(definition):
        return ""
    name, plural = definition["metadata"]["name"], definition["spec"]["names"]["plural"]
    remaining = [each for each in stored if each != OLD_API] or ["v1"]
    kept, kept_version = ",".join(f'"{each}"' for each in remaining), remaining[-1]
    patch = '[{"op":"replace","path":"/status/storedVersions","value":[' + kept + "]}]"
    return (
        f"CustomResourceDefinition {name} still stores objects as {OLD_API} (status.storedVersions: {', '.join(stored)}), which Karpenter"
        f" {version} cannot read. While Karpenter 1.0 runs, which converts them, write every object anew by 'kubectl annotate {plural} --all"
        f" --overwrite {REWRITTEN}={kept_version}', and only then take {OLD_API} out by 'kubectl patch customresourcedefinition {name} --subresource=status"
        f" --type=json -p '{patch}''; taken out before, what is stored as {OLD_API} could no longer be read."
    )


def _other_release(definition: dict[str, Any], wanted: Owner) -> str:
    owner = _owner(definition)
    if owner in (wanted, Owner("", "")):
        return ""
    if not _is_karpenters(definition):
        return _shared_definition(definition["metadata"]["name"], owner, wanted)
    return (
        f"CustomResourceDefinition {definition['metadata']['name']} belongs to the Helm release '{owner.release}' in the namespace"
        f" '{owner.namespace}', so the release '{wanted.release}' in the namespace '{wanted.namespace}' cannot have it. Set"
        " karpenter_crd_release_name and karpenter_namespace to that release's. Do not uninstall it: the definition would go, and with it every"
        " object of its kind."
    )


def _shared_definition(name: str, owner: Owner, wanted: Owner) -> str:
    return (
        f"CustomResourceDefinition {name}, which the chart of Karpenter's definitions brings too, belongs to the Helm release '{owner.release}' in the"
        f" namespace '{owner.namespace}', and Helm gives it to no second one. Keep it when that release lets go of it, by 'kubectl annotate"
        f" customresourcedefinition {name} helm.sh/resource-policy=keep', have that release install it no longer, and hand it over by 'kubectl annotate"
        f" --overwrite customresourcedefinition {name} meta.helm.sh/release-name={wanted.release} meta.helm.sh/release-namespace={wanted.namespace}'."
        " No object of its kind is touched."
    )


def _unowned(unowned: list[dict[str, Any]]) -> str:
    if not unowned:
        return ""
    names = ", ".join(each["metadata"]["name"] for each in unowned)
    owner = unowned[0]["metadata"]["annotations"]
    return (
        f"No Helm release owns the CustomResourceDefinitions {names}, which were made by other means, such as the crds folder of Karpenter's"
        " chart or another autoscaler, so Helm refuses to upgrade them. Set karpenter_adopt_crds to true to give them to the release"
        f" '{owner[RELEASE_NAME]}' in the namespace '{owner[RELEASE_NAMESPACE]}': they get a label and two annotations, and no object of theirs is"
        " touched."
    )
