# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._join_causes import of_not_joined
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._question import Access, Evidence

from tests.unit.plugins.module_utils.diagnosis.diagnosis_objects import stuck

ACCOUNT = "arn:aws:iam::123456789012:role"
ROLE = f"{ACCOUNT}/KarpenterNodeRole-lab"
OTHER = f"{ACCOUNT}/other"
ELSEWHERE = ROLE.replace("123456789012", "210987654321")
WITH_PATH = f"{ACCOUNT}/nodes/KarpenterNodeRole-lab"


def access(mode="API_AND_CONFIG_MAP", entries=None, mapped=(), role=ROLE) -> Access:
    return Access(mode=mode, roles={"gpu": role}, entries={} if entries is None else entries, mapped=mapped)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (None, "NodeNotFound"),
        (access(), "AccessEntryMissing"),
        (access(mode="API", mapped=None), "AccessEntryMissing"),
        (access(entries={ROLE: "EC2_LINUX"}), "NodeNotFound"),
        (access(entries={ROLE: "EC2_WINDOWS"}), "NodeNotFound"),
        (access(entries={ROLE: "STANDARD"}), "AccessEntryWrongType"),
        # An entry wins over the ConfigMap.
        (access(entries={ROLE: "STANDARD"}, mapped=[ROLE]), "AccessEntryWrongType"),
        (access(entries={OTHER: "EC2_LINUX"}), "NodeRoleMismatch"),
        (access(entries={OTHER: "STANDARD"}), "AccessEntryMissing"),
        (access(entries={ELSEWHERE: "EC2_LINUX"}), "NodeRoleMismatch"),
        (access(mapped=[OTHER]), "NodeRoleMismatch"),
        (access(mapped=[ROLE]), "NodeNotFound"),
        # The ConfigMap's ARNs leave out a role's path.
        (access(mapped=[ROLE], role=WITH_PATH), "NodeNotFound"),
        # Only the role's name is known, as the instance profile could not be read.
        (access(entries={ROLE: "EC2_LINUX"}, role="KarpenterNodeRole-lab"), "NodeNotFound"),
        (access(entries={ROLE: "STANDARD"}, role="KarpenterNodeRole-lab"), "AccessEntryWrongType"),
        (access(mode="CONFIG_MAP"), "AwsAuthMappingMissing"),
        (access(mode="CONFIG_MAP", mapped=[OTHER]), "AwsAuthMappingMissing"),
        (access(mode="CONFIG_MAP", mapped=[ROLE]), "NodeNotFound"),
        # In this mode entries do not count.
        (access(mode="CONFIG_MAP", entries={ROLE: "EC2_LINUX"}), "AwsAuthMappingMissing"),
        # What could let it in was not read, so nothing is claimed.
        (access(mapped=None), "NodeNotFound"),
        (Access(mode="API", roles={"gpu": ROLE}, entries=None), "NodeNotFound"),
        (Access(mode="API", roles={"gpu": ""}, entries={}), "NodeNotFound"),
        (Access(mode="API", roles={}, entries={}), "NodeNotFound"),
    ],
)
def test_of_not_joined_by_how_the_cluster_lets_the_role_in(given, reason):
    held = stuck("Registered", "NodeNotFound", "Node not registered with cluster")
    found = of_not_joined(held, held.blocking, Evidence(access=given))
    assert (found.reason, found.hopeless) == (reason, reason != "NodeNotFound")
    assert found.message.startswith("Node not registered with cluster")


def test_of_not_joined_names_both_roles():
    held = stuck("Registered", "NodeNotFound", "Node not registered with cluster")
    found = of_not_joined(held, held.blocking, Evidence(access=access(entries={OTHER: "EC2_LINUX"})))
    assert ROLE in found.explanation and OTHER in found.explanation and ROLE in found.next_step


def test_of_not_joined_without_access_tells_the_options_to_give():
    held = stuck("Registered", "NodeNotFound")
    assert "cluster_name and region" in of_not_joined(held, held.blocking, Evidence()).next_step
