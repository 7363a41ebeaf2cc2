"""The stand-in charts refuse what the real ones do not know."""

from __future__ import annotations

import json

import jsonschema
import pytest
import yaml

from tests.lab.registry import STAND_INS, charts

NAMES = sorted(path.parent.name for path in STAND_INS.glob("*/Chart.yaml"))


def read(name, file):
    return yaml.safe_load((STAND_INS / name / file).read_text(encoding="utf-8"))


def validate(name, values):
    jsonschema.validate(values, json.loads((STAND_INS / name / "values.schema.json").read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", NAMES)
def test_own_values_fit_the_schema(name):
    validate(name, read(name, "values.yaml"))


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("nvidia-device-plugin", {"toleration": []}),
        ("nvidia-device-plugin", {"gfd": {"enable": True}}),
        ("nvidia-device-plugin", {"nfd": {"tolerations": []}}),
        ("gpu-operator", {"tolerations": []}),
        ("llmaz", {"kubeScheduler": {"enabled": True}}),
        ("llmaz", {"globalConfig": {"schedulerName": "inftyai-scheduler"}}),
        ("gpu-operator", {"driver": {"enable": False}}),
        ("neuron-helm-chart", {"device_plugin": {}}),
        ("neuron-helm-chart", {"npd": {"recovery": {}}}),
    ],
)
def test_wrong_key_is_refused(name, values):
    with pytest.raises(jsonschema.ValidationError):
        validate(name, values)


@pytest.mark.parametrize("name", NAMES)
def test_served_version_is_the_charts_own(name):
    served = {chart.name: chart.version for chart in charts()}
    assert served[name] == read(name, "Chart.yaml")["version"]
