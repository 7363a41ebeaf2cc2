# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import re

from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._advice import ADVICE, TOPICS, UNKNOWN, advice_for

# The reasons that the sources of Karpenter 1.14.3 give, by where they are written (kubernetes-sigs/karpenter and
# aws/karpenter-provider-aws, folder pkg).
GIVEN = {
    "errors/errors.go, ToReasonMessage": """SpotSLRCreationFailed Unauthorized AMIAuthorizationFailure SecurityGroupSubnetVPCMismatch
        InstanceProfileNameInvalid LaunchTemplateNotFound UserDataSizeLimitExceeded InvalidAMIID AMINotFound RequestLimitExceeded InternalError
        FreeTierIneligible FleetQuotaExceeded AccountPendingVerification SpotQuotaExceeded VCPULimitExceeded
        InsufficientFreeAddressesInSubnet LaunchFailed""",
    "cloudprovider, providers/instance": "SubnetResolutionFailed NodeClassReadinessUnknown InstanceTypeResolutionFailed",
    "controllers/nodeclaim/lifecycle": """AwaitingReconciliation NodeNotFound MultipleNodesFound RegistrationHookPending NodeNotReady
        StartupTaintsExist KnownEphemeralTaintsExist ResourceNotRegistered DRADriverPoolsNotPublished""",
    "Karpenter 1.0 to 1.2": "UnregisteredTaintNotFound",
    "controllers/nodeclaim/consistency": "ConsistencyCheckFailed FailedConsistencyCheck",
    "operatorpkg/status": "UnhealthyDependents ReconcilingDependents",
    "controllers/nodepool": """NodePoolValidationFailed NodeClassNotFound NodeClassTerminating NodeClassReadinessUnknown RegistrationFailed""",
    "controllers/nodeclass": """SubnetsNotFound SecurityGroupsNotFound AMINotFound UnsupportedAlias PlacementGroupResolutionFailed
        PlacementGroupNotFound DependenciesNotReady CreateFleetAuthCheckFailed CreateLaunchTemplateAuthCheckFailed
        RunInstancesAuthCheckFailed UserDataSizeLimitExceeded TagValidationFailed DryRunDisabled ClusterCIDRResolutionFailed""",
    "1.15": """InstanceProfileNotFound InvalidKubeletConfiguration UnsupportedKubeletConfiguration KubeletExpressionInvalid
        KubeletExpressionEvaluationFailed KubeletExpressionsDisabled NVIDIAConsumableCapacityInvalid DRADisabled""",
    "controllers/nodeoverlay": "RuntimeValidation Conflict",
    "drift": """NodePoolDrifted RequirementsDrifted InstanceTypeNotFound AMIDrift SubnetDrift SecurityGroupDrift CapacityReservationDrift
        PlacementGroupDrift NodeClassDrift""",
    "disruption and termination": """Underutilized Empty Drifted Draining AwaitingVolumeDetachment TerminationGracePeriodElapsed
        InstanceTerminating""",
    "events/reason.go": """DisruptionBlocked DisruptionLaunching DisruptionTerminating DisruptionWaitingReadiness Unconsolidatable
        ConsolidationCandidate ConsolidationRejected ConsolidationApproved FailedScheduling NoCompatibleInstanceTypes Nominated
        NodeRepairBlocked Disrupted Evicted FailedDraining TerminationGracePeriodExpiring FailedTermination FailedConsistencyCheck
        InsufficientCapacityError UnregisteredTaintMissing NodeClassNotReady""",
    "utils/pod/events.go": "InvalidDoNotDisruptAnnotation DoNotDisruptUntil DoNotDisruptGracePeriodElapsed",
    "controllers/interruption/events": """SpotInterrupted SpotRebalanceRecommendation CapacityReservationInstanceInterrupted InstanceStopping
        InstanceTerminating InstanceUnhealthy TerminatingOnInterruption""",
    "cloudprovider/events, nodeclass/events.go": "ZonalShiftActive ZonalShiftCleared WaitingOnNodeClaimTermination",
}


def test_advice_has_a_row_for_each_reason_that_karpenter_gives():
    assert [(where, reason) for where, text in GIVEN.items() for reason in text.split() if reason not in ADVICE] == []


def test_advice_has_a_full_sentence_in_each_row():
    for reason, advice in ADVICE.items():
        assert advice.explanation.endswith("."), reason
        assert advice.next_step.endswith("."), reason
        assert re.fullmatch(r"[A-Z]\w+", reason)


def test_advice_has_each_reason_once():
    assert len(ADVICE) == sum(len(rows) for rows in TOPICS.values())


def test_advice_says_a_placeholder_only_where_a_fact_fills_it():
    filled = {"why", "remover", "role", "type", "others", "accelerator", "namespace", "pod"}
    named = {word for advice in ADVICE.values() for word in re.findall(r"\{(\w+)\}", advice.explanation + advice.next_step)}
    assert named == filled


def test_advice_for_a_shortage_leaves_hope_and_for_a_quota_none():
    assert not ADVICE["InsufficientCapacityError"].hopeless
    assert ADVICE["VCPULimitExceeded"].hopeless and ADVICE["SpotQuotaExceeded"].hopeless


def test_advice_for_unknown_reason():
    assert advice_for("nothing") is UNKNOWN
