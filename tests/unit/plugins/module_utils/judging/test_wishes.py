# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from dataclasses import fields

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import CollectionError
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._expectations import Expectation
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._wishes import KEYS, wishes_from
from ansible_collections.accelerated.nodes.plugins.modules.accelerator_verify import OPTIONS


def test_wishes_of_a_pool_take_the_place_of_those_for_all():
    found = wishes_from(
        {"driver_version": "570", "ecc": True, "mig": None, "pools": {"gpu": {"driver_version": 580, "count": "7", "ecc": "no"}}}
    )
    assert found.of("other") == {"driver_version": "570", "ecc": True}
    assert found.of("gpu") == {"driver_version": "580", "ecc": False, "count": 7}


def test_every_key_is_an_attribute_of_an_expectation_and_an_option_of_the_module():
    assert set(KEYS) <= {each.name for each in fields(Expectation)}
    assert set(OPTIONS["expect"]["options"]) == {*KEYS, "pools"}


@pytest.mark.parametrize(
    ("expect", "says"),
    [
        ({"driver": "570"}, "expect has the key 'driver', but the keys are count, model,"),
        ({"pools": {"gpu": {"modle": "t4"}}}, "expect.pools.gpu has the key 'modle', but the keys are"),
        ({"pools": {"gpu": {"pools": {}}}}, "expect.pools.gpu has the key 'pools'"),
        ({"pools": ["gpu"]}, "expect.pools is '\\['gpu'\\]', but must be a mapping"),
        ({"pools": {"gpu": "all"}}, "expect.pools.gpu is 'all', but must be a mapping"),
        ({"driver_version": "newest"}, "expect.driver_version is 'newest', but must be a version"),
        ({"count": 0}, "expect.count is '0', but must be a whole number above 0"),
        ({"count": True}, "expect.count is 'True'"),
        ({"count": 1.5}, "expect.count is '1.5'"),
        ({"memory_mib": "40 GB"}, "expect.memory_mib is '40 GB'"),
        ({"model": " "}, "expect.model is ' ', but must be words"),
        ({"ecc": "maybe"}, "expect.ecc is 'maybe', but must be true or false"),
        ({"mig_devices": {"big": 2}}, "expect.mig_devices is .* but must be a mapping of MIG profiles"),
        ({"mig_devices": {"1g.10gb": -1}}, "expect.mig_devices is"),
        ({"mig_devices": 7}, "expect.mig_devices is '7'"),
    ],
)
def test_wishes_that_make_no_sense_are_refused_in_a_sentence(expect, says):
    with pytest.raises(CollectionError, match=says):
        wishes_from(expect)


@pytest.mark.parametrize("profile", ["1g.10gb", "3g.40gb", "1c.3g.40gb", "1g.10gb+me", "1g.10gb.me"])
def test_wishes_know_every_way_to_write_a_profile(profile):
    assert wishes_from({"mig_devices": {profile: "2"}}).everywhere == {"mig_devices": {profile: 2}}
