# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import random

from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._nodeclaims import Goal
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._roster import Roster

from tests.unit.plugins.nodeclaims import READY, STUCK, claim


def test_roster_follows_a_claim_there_and_back():
    roster = Roster(Goal("ready"))
    assert not roster.met
    for state, met in ((STUCK, False), (READY, True), (STUCK, False)):
        roster.put(claim(**state))
        assert roster.met is met
    roster.drop("uid-gpu-1")
    assert "uid-gpu-1" not in roster
    assert not roster.met


def test_roster_judges_as_the_goal_does_whatever_came_before():
    chance = random.Random(4)
    for goal in (Goal("ready", 2), Goal("ready", 2, exact=True), Goal("absent"), Goal("not_drifted")):
        roster, present = Roster(goal), {}
        for _step in range(300):
            name = chance.choice("abcd")
            if chance.random() < 0.3:
                roster.drop(f"uid-{name}")
                present.pop(name, None)
            else:
                present[name] = claim(name, deleting=chance.random() < 0.2, **chance.choice((READY, STUCK, {})))
                roster.put(present[name])
            assert roster.met == goal.met(present.values())
            assert roster.claims == [present[key] for key in sorted(present)]
