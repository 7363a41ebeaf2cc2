"""What the lab's AWS answers of instance profiles: those under a path, as Karpenter asks for the ones of its cluster."""

from __future__ import annotations

from tests.unit.lab.aws_account import Emulated, account

__all__ = ["account"]


def test_instance_profiles_are_listed_by_their_path(account: Emulated) -> None:
    iam = account.client("iam")
    paths = {"mine": "/karpenter/us-west-2/lab/1/", "other": "/karpenter/us-west-2/lab-2/1/", "nobodys": "/"}
    for name, path in paths.items():
        iam.create_instance_profile(InstanceProfileName=name, Path=path)

    def listed(**prefix: str) -> set[str]:
        return {each["InstanceProfileName"] for each in iam.list_instance_profiles(**prefix)["InstanceProfiles"]}

    assert listed(PathPrefix="/karpenter/us-west-2/lab/") == {"mine"}
    assert listed(PathPrefix="/karpenter/") == {"mine", "other"}
    assert listed() >= set(paths)
