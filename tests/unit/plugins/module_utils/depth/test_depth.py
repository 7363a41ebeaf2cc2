# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import CollectionError
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._depth import Depth, Minimum, depth_from

DEFAULTS = {
    "settle_timeout": 120,
    "repeat": 1,
    "level": "quick",
    "compute": {},
    "probe": "scheduled",
    "on_failure": "none",
    "mark": False,
    "give_back": False,
}
TEST = {"name": "vectorAdd", "image": "r/cuda-sample:vectoradd", "command": ["/cuda-samples/vectorAdd"]}


def computed(**changes):
    return depth_from({**DEFAULTS, "level": "full", "compute": {"nvidia": [{**TEST, **changes}]}})


def test_the_options_defaults_are_the_classes():
    assert depth_from(DEFAULTS) == Depth()


def test_a_test_comes_with_all_that_it_is_judged_by():
    found = computed(must_contain=["Test PASSED"], must_not_contain=["failed"], minimum={"pattern": "bw ([0-9.]+)", "value": 3}, timeout=60)
    (test,) = found.compute["nvidia"]
    assert (test.name, test.command, test.timeout) == ("vectorAdd", ("/cuda-samples/vectorAdd",), 60)
    assert (test.must_contain, test.must_not_contain) == (("Test PASSED",), ("failed",))
    assert test.minimum == Minimum("bw ([0-9.]+)", 3.0)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"settle_timeout": -1}, "settle_timeout is -1"),
        ({"repeat": 0}, "repeat is 0"),
        ({"repeat": 101}, "repeat is 101"),
        ({"compute": {"nvidia": [TEST]}}, "compute names tests, but level is quick"),
        ({"level": "full", "compute": {"amd": [TEST]}}, "compute names 'amd'"),
        ({"level": "full", "compute": {"nvidia": []}}, "compute.nvidia is an empty list"),
        ({"level": "full", "compute": {"nvidia": [TEST, TEST]}}, "more than one test of the name vectorAdd"),
    ],
)
def test_what_makes_no_sense_is_refused(changes, says):
    with pytest.raises(CollectionError) as refused:
        depth_from({**DEFAULTS, **changes})
    assert says in refused.value.message


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"image": ""}, "compute.nvidia[0].image is empty"),
        ({"image": "a b"}, "no image name"),
        ({"command": "vectorAdd"}, "compute.nvidia[0].command is 'vectorAdd', and must be a list"),
        ({"must_contains": ["x"]}, "Did you mean 'must_contain'?"),
        ({"minimum": {"pattern": "x(.)"}}, "lacks 'value'"),
        ({"minimum": {"pattern": "(", "value": 1}}, "no regular expression"),
        ({"minimum": {"pattern": "[0-9]+", "value": 1}}, "must have one group"),
        ({"minimum": {"pattern": "([0-9]+)", "value": "much"}}, "must be a number"),
        ({"minimum": {"pattern": "([0-9]+)", "value": "nan"}}, "must be a number"),
        ({"timeout": 0}, "compute.nvidia[0].timeout is 0"),
    ],
)
def test_a_test_that_makes_no_sense_is_refused(changes, says):
    with pytest.raises(CollectionError) as refused:
        computed(**changes)
    assert says in refused.value.message
