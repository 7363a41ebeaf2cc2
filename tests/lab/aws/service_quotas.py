"""The Service Quotas backend: moto's, with EC2's quotas of vCPUs; a fault that EC2 refuses for a quota makes the quota 0.

Codes and names: https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html
"""

from __future__ import annotations

from typing import Any

from moto.servicequotas import urls
from moto.servicequotas.exceptions import NoSuchResource
from moto.servicequotas.models import ServiceQuotasBackend

from .faults import named

ON_DEMAND = {
    "L-1216C47A": "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances",
    "L-DB2E81BA": "Running On-Demand G and VT instances",
    "L-417A185B": "Running On-Demand P instances",
    "L-1945791B": "Running On-Demand Inf instances",
    "L-2C3B7624": "Running On-Demand Trn instances",
}
SPOT = {
    "L-34B43A08": "All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests",
    "L-3819A6DF": "All G and VT Spot Instance Requests",
    "L-7212CCBC": "All P Spot Instance Requests",
    "L-B5D1601B": "All Inf Spot Instance Requests",
    "L-6B0D517C": "All Trn Spot Instance Requests",
}
#: What an account has that was raised for accelerators: more than all of the lab's tests run at a time.
VCPUS = 7680.0


class LabServiceQuotasBackend(ServiceQuotasBackend):
    """One region's quotas."""

    _url_module = urls

    def get_service_quota(self, service_code: str, quota_code: str) -> dict[str, Any]:
        """GetServiceQuota."""
        names = {**ON_DEMAND, **SPOT}
        if service_code != "ec2" or quota_code not in names:
            raise NoSuchResource
        fault = "quota" if quota_code in ON_DEMAND else "spot-quota"
        value = 0.0 if list(named(fault)) else VCPUS
        return {"ServiceCode": "ec2", "QuotaCode": quota_code, "QuotaName": names[quota_code], "Value": value}
