# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From short descriptions of models to llmaz's OpenModel and Playground. Pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.common import _checks as check
from ansible_collections.accelerated.nodes.plugins.module_utils.common._merge import merged
from ansible_collections.accelerated.nodes.plugins.module_utils.common._quantities import is_object_name

MODEL_API = "llmaz.io/v1alpha1"
PLAYGROUND_API = "inference.llmaz.io/v1alpha1"
MODEL_LABEL = "llmaz.io/model-name"
MOST_FLAVORS = 8  # the API's own limit

_NAME = check.matching(is_object_name, "a valid name of a Kubernetes object")
_RESOURCES = check.mapping(check.quantity, check.label_key)

_FLAVOR: Mapping[str, check.Check] = {
    "name": check.text,
    "limits": _RESOURCES,
    "node_selector": check.mapping(check.label_value, check.label_key),
    "params": check.mapping(check.text),
}
# Option of a model's description -> its check.
MODEL: Mapping[str, check.Check] = {
    "name": _NAME,
    "family": check.text,
    "model_id": check.text,
    "model_hub": check.choice("Huggingface", "ModelScope"),
    "uri": check.text,
    "flavors": check.items(check.record(_FLAVOR, required=("name",))),
    "spec": check.mapping(),
}
# Option of a playground's description -> its check.
PLAYGROUND: Mapping[str, check.Check] = {
    "name": _NAME,
    "namespace": _NAME,
    "model": check.text,
    "flavors": check.items(check.text),
    "replicas": check.integer(0, 1000),
    "backend": check.text,
    "resources": check.record({"limits": _RESOURCES, "requests": _RESOURCES}),
    "spec": check.mapping(),
}

Description = Mapping[str, Any]


def manifests(models: Iterable[Description], playgrounds: Iterable[Description]) -> list[dict[str, Any]]:
    """Render descriptions that have been checked: the OpenModels, then the Playgrounds that claim them."""
    return [*map(open_model, models), *map(playground, playgrounds)]


def open_model(description: Description) -> dict[str, Any]:
    """Render a model's OpenModel, which is of the cluster and not of a namespace."""
    spec: dict[str, Any] = {"familyName": description["family"], "source": _source(description)}
    flavors = [_flavor(each) for each in description.get("flavors", [])]
    if flavors:
        spec["inferenceConfig"] = {"flavors": flavors}
    return {
        "apiVersion": MODEL_API,
        "kind": "OpenModel",
        "metadata": {"name": description["name"]},
        "spec": merged(spec, description.get("spec", {})),
    }


def _source(description: Description) -> dict[str, Any]:
    if "uri" in description:
        return {"uri": description["uri"]}
    hub = {"name": description["model_hub"]} if "model_hub" in description else {}
    return {"modelHub": {**hub, "modelID": description["model_id"]}} if "model_id" in description else {}


def _flavor(flavor: Description) -> dict[str, Any]:
    keys = {"name": "name", "limits": "limits", "node_selector": "nodeSelector", "params": "params"}
    return {key: flavor[option] for option, key in keys.items() if option in flavor}


def playground(description: Description) -> dict[str, Any]:
    """Render a playground's Playground."""
    claim: dict[str, Any] = {"modelName": description["model"]}
    if "flavors" in description:
        claim["inferenceFlavors"] = description["flavors"]
    runtime = {
        key: description[option] for option, key in (("backend", "backendName"), ("resources", "resources")) if option in description
    }
    spec = {"replicas": description.get("replicas", 1), "modelClaim": claim, **({"backendRuntimeConfig": runtime} if runtime else {})}
    return {
        "apiVersion": PLAYGROUND_API,
        "kind": "Playground",
        "metadata": {
            "name": description["name"],
            "namespace": description.get("namespace", "default"),
            "labels": {MODEL_LABEL: description["model"]},
        },
        "spec": merged(spec, description.get("spec", {})),
    }


def problems(models: Any, playgrounds: Any) -> list[str]:
    """Return what is wrong with descriptions of models and playgrounds, one sentence for each thing."""
    found = [*_listed("llmaz_models", models), *_listed("llmaz_playgrounds", playgrounds)]
    if found:
        return found
    found += [f"Model '{_name(each, at)}': {problem}" for at, each in enumerate(models) for problem in _model_problems(each)]
    found += [f"Playground '{_name(each, at)}': {problem}" for at, each in enumerate(playgrounds) for problem in _playground_problems(each)]
    if not found:
        found += _twice("Model", [each["name"] for each in models])
        found += _twice("Playground", [f"{each.get('namespace', 'default')}/{each['name']}" for each in playgrounds])
        found += list(_claims(models, playgrounds))
    return found


def _listed(option: str, value: Any) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{option} is {check.show(value)}, and must be a list."


def _name(description: Any, index: int) -> str:
    name = description.get("name") if isinstance(description, Mapping) else None
    return name if isinstance(name, str) else f"#{index + 1}"


def _model_problems(model: Any) -> Iterator[str]:
    if not isinstance(model, Mapping):
        yield f"the description is {check.show(model)}, and must be a mapping."
        return
    yield from check.check_fields("", model, MODEL)
    yield from (f"the description lacks '{option}'." for option in ("name", "family") if option not in model)
    own = model.get("spec")
    sources = [option for option in ("model_id", "uri") if option in model]
    if len(sources) != 1 and not (isinstance(own, Mapping) and "source" in own):
        yield f"it has {' and '.join(sources) or 'neither model_id nor uri'}, and needs one of the two to say where the model comes from."
    flavors = model.get("flavors")
    if isinstance(flavors, list):
        names = [each.get("name") for each in flavors if isinstance(each, Mapping)]
        yield from (f"flavors has '{name}' {times} times." for name, times in Counter(names).items() if times > 1)
        if len(flavors) > MOST_FLAVORS:
            yield f"flavors has {len(flavors)} items, and llmaz takes {MOST_FLAVORS} at most."


def _playground_problems(description: Any) -> Iterator[str]:
    if not isinstance(description, Mapping):
        yield f"the description is {check.show(description)}, and must be a mapping."
        return
    yield from check.check_fields("", description, PLAYGROUND)
    yield from (f"the description lacks '{option}'." for option in ("name", "model") if option not in description)


def _twice(kind: str, names: Iterable[str]) -> list[str]:
    return [f"{kind} '{name}' is defined {times} times: names must differ." for name, times in Counter(names).items() if times > 1]


def _claims(models: Iterable[Description], playgrounds: Iterable[Description]) -> Iterator[str]:
    """Yield what playgrounds claim and no model has."""
    flavors = {each["name"]: [flavor["name"] for flavor in each.get("flavors", [])] for each in models}
    for each in playgrounds:
        model = each["model"]
        if model not in flavors:
            yield f"Playground '{each['name']}': llmaz_models has no model '{model}'.{check.did_you_mean(model, flavors)}"
            continue
        for name in each.get("flavors", []):
            if name not in flavors[model]:
                yield f"Playground '{each['name']}': model '{model}' has no flavour '{name}'.{check.did_you_mean(name, flavors[model])}"
