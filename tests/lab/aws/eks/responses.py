"""The EKS requests that moto lacks."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from moto.core.responses import ActionResult
from moto.eks.responses import EKSResponse

if TYPE_CHECKING:
    from .backend import LabEKSBackend


class LabEKSResponse(EKSResponse):
    """moto's requests and the lab's."""

    @property
    def _lab(self) -> LabEKSBackend:
        from .backend import lab_eks  # backend -> urls -> responses: moto finds a backend's paths through its class

        return lab_eks(self.current_account, self.region)

    @property
    def _cluster_name(self) -> str:
        return str(self._get_param("clusterName") or self._get_param("name"))

    def create_cluster(self) -> ActionResult:
        """CreateCluster, with its accessConfig."""
        super().create_cluster()
        return ActionResult({"cluster": self._lab.configure(self._get_param("name"), access=self._get_param("accessConfig"))})

    def describe_cluster(self) -> ActionResult:
        """DescribeCluster, with how the cluster authenticates at the moment."""
        cluster = copy.copy(self._lab.cluster(self._cluster_name))
        vars(cluster)["access_config"] = self._lab.access_config(cluster.name)
        return ActionResult({"cluster": cluster})

    def update_cluster_config(self) -> ActionResult:
        """UpdateClusterConfig, of the access configuration too."""
        access = self._get_param("accessConfig")
        if not access:
            return super().update_cluster_config()
        self._lab.configure(self._get_param("name"), access=access)
        return ActionResult({"update": {"id": "lab", "status": "Successful", "type": "AccessConfigUpdate"}})

    def create_access_entry(self) -> ActionResult:
        """CreateAccessEntry."""
        request = {key: self._get_param(key) for key in ("type", "username", "kubernetesGroups", "tags")}
        return ActionResult({"accessEntry": self._lab.access_entries.create(self._cluster_name, self._get_param("principalArn"), request)})

    def describe_access_entry(self) -> ActionResult:
        """DescribeAccessEntry."""
        return ActionResult({"accessEntry": self._lab.access_entries.get(self._cluster_name, self._get_param("principalArn"))})

    def list_access_entries(self) -> ActionResult:
        """ListAccessEntries, in one page."""
        return ActionResult({"accessEntries": self._lab.access_entries.list(self._cluster_name)})

    def update_access_entry(self) -> ActionResult:
        """UpdateAccessEntry."""
        request = {key: self._get_param(key) for key in ("username", "kubernetesGroups")}
        return ActionResult({"accessEntry": self._lab.access_entries.update(self._cluster_name, self._get_param("principalArn"), request)})

    def delete_access_entry(self) -> ActionResult:
        """DeleteAccessEntry."""
        self._lab.access_entries.delete(self._cluster_name, self._get_param("principalArn"))
        return ActionResult({})

    def create_pod_identity_association(self) -> ActionResult:
        """CreatePodIdentityAssociation."""
        namespace, account, role = (self._get_param(key) for key in ("namespace", "serviceAccount", "roleArn"))
        tags = self._get_param("tags") or {}
        return ActionResult({"association": self._lab.pod_identities.create(self._cluster_name, namespace, account, role, tags)})

    def describe_pod_identity_association(self) -> ActionResult:
        """DescribePodIdentityAssociation."""
        return ActionResult({"association": self._lab.pod_identities.get(self._cluster_name, self._get_param("associationId"))})

    def list_pod_identity_associations(self) -> ActionResult:
        """ListPodIdentityAssociations, in one page."""
        filters = [self._get_param(key) for key in ("namespace", "serviceAccount")]
        return ActionResult({"associations": self._lab.pod_identities.list(self._cluster_name, *filters)})

    def update_pod_identity_association(self) -> ActionResult:
        """UpdatePodIdentityAssociation."""
        keys = [self._get_param(key) for key in ("associationId", "roleArn")]
        return ActionResult({"association": self._lab.pod_identities.update(self._cluster_name, *keys)})

    def delete_pod_identity_association(self) -> ActionResult:
        """DeletePodIdentityAssociation."""
        return ActionResult({"association": self._lab.pod_identities.delete(self._cluster_name, self._get_param("associationId"))})

    def create_addon(self) -> ActionResult:
        """CreateAddon."""
        version = self._get_param("addonVersion") or "v1.0.0-eksbuild.1"
        tags = self._get_param("tags") or {}
        return ActionResult({"addon": self._lab.addons.create(self._cluster_name, self._get_param("addonName"), version, tags)})

    def describe_addon(self) -> ActionResult:
        """DescribeAddon."""
        return ActionResult({"addon": self._lab.addons.get(self._cluster_name, self._get_param("addonName"))})

    def list_addons(self) -> ActionResult:
        """ListAddons, in one page."""
        return ActionResult({"addons": self._lab.addons.list(self._cluster_name)})

    def delete_addon(self) -> ActionResult:
        """DeleteAddon."""
        return ActionResult({"addon": self._lab.addons.delete(self._cluster_name, self._get_param("addonName"))})
