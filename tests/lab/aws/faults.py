"""AWS that refuses, on demand: settings in ``faults.json`` of the lab's directory, read at each request.

``no-capacity``, ``quota`` and their like are the ``fault`` command's words (tests/lab/nodes/faults.py). Everything else that
EC2 may refuse is one entry by the action in snake case: ``create_fleet`` (each override that fits gets the error in the
answer's ``Errors``; UnauthorizedOperation and its like refuse the request, dry runs too), ``run_instances``,
``create_launch_template``, ``terminate_instances``, ``describe_images``, ``describe_instances``, ``describe_subnets``.

Keys: ``error_code`` (required), ``message`` (default: EC2's own words), and for ``create_fleet`` ``instance_types``,
``zones`` and ``capacity_types`` (lists; without one, all).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab.nodes.faults import base
from tests.lab.state import LabError, State, write_whole

FILE = "faults.json"
NAMES = (
    "create_fleet",
    "create_launch_template",
    "describe_images",
    "describe_instances",
    "describe_subnets",
    "run_instances",
    "terminate_instances",
)
KEYS = ("error_code", "message", "instance_types", "zones", "capacity_types")

_chosen: dict[str, State] = {}

#: EC2's words by error code, as they stand in the issues of aws/karpenter-provider-aws (#5527, #3372, #8190).
MESSAGES = {
    "InsufficientInstanceCapacity": (
        "We currently do not have sufficient {type} capacity in the Availability Zone you requested ({zone}). "
        "Our system will be working on provisioning additional capacity."
    ),
    "VcpuLimitExceeded": (
        "You have requested more vCPU capacity than your current vCPU limit of 0 allows for the instance bucket that the specified "
        "instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit."
    ),
    "MaxSpotInstanceCountExceeded": "Max spot instance count exceeded",
    "UnfulfillableCapacity": "Unable to fulfill capacity due to your request configuration. Please adjust your request and try again.",
    "UnauthorizedOperation": "You are not authorized to perform this operation. because no identity-based policy allows the action",
    "RequestLimitExceeded": "Request limit exceeded.",
    "AuthFailure.ServiceLinkedRoleCreationNotPermitted": (
        "The provided credentials do not have permission to create the service-linked role for EC2 Spot Instances."
    ),
    "InsufficientFreeAddressesInSubnet": "There are not enough free addresses in subnet '{subnet}' to satisfy the requested number of instances.",
}


def default_message(code: str, data: Mapping[str, Any]) -> str:
    """EC2's words for ``code``, about the launch template data ``data``."""
    words = {"type": data.get("InstanceType"), "zone": data.get("AvailabilityZone"), "subnet": data.get("SubnetId")}
    return MESSAGES.get(code, code).format(**words)


#: The ``fault`` command's words, and the code that EC2 answers.
WORDS = {
    "no-capacity": "InsufficientInstanceCapacity",
    "quota": "VcpuLimitExceeded",
    "spot-quota": "MaxSpotInstanceCountExceeded",
    "no-addresses": "InsufficientFreeAddressesInSubnet",
    "launch-error": "",
}

#: Codes that EC2 answers for the whole request and not for each override, unless ``launch-error`` says so.
WHOLE_REQUEST = ("UnauthorizedOperation", "RequestLimitExceeded", "InternalError", "Unavailable")

#: The tag by which Karpenter's requests say whose they are.
NODE_CLASS_TAG = "karpenter.k8s.aws/ec2nodeclass"


@dataclass(frozen=True)
class FleetFault:
    """What CreateFleet refuses.

    Attributes:
        error_code: EC2's, such as ``InsufficientInstanceCapacity``.
        message: EC2's words where empty.
        instance_types: to which it applies; empty for all.
        zones: the same.
        capacity_types: the same, ``on-demand`` or ``spot``.
        node_class: the EC2NodeClass for which Karpenter asks; empty for all.
        whole: refuse the request, and not each launch.
    """

    error_code: str
    message: str = ""
    instance_types: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    capacity_types: tuple[str, ...] = ()
    node_class: str = ""
    whole: bool = False

    @classmethod
    def from_setting(cls, setting: Mapping[str, Any]) -> FleetFault:
        """From one entry of the file."""
        types, zones, capacity_types = (tuple(setting.get(key) or ()) for key in ("instance_types", "zones", "capacity_types"))
        code = setting["error_code"]
        return cls(code, setting.get("message") or "", types, zones, capacity_types, whole=code in WHOLE_REQUEST)

    @classmethod
    def from_words(cls, code: str, arguments: Mapping[str, str]) -> FleetFault:
        """From the arguments of the ``fault`` command; an empty one means everywhere."""
        types, zones = (tuple(filter(None, (arguments.get(name) or "").split(","))) for name in ("instance-type", "zone"))
        message, node_class = (arguments.get(name) or "" for name in ("message", "node-class"))
        return cls(code or arguments.get("code", ""), message, types, zones, node_class=node_class)

    def refusal(self, data: Mapping[str, Any], lifecycle: str) -> tuple[str, str]:
        """Error code and message for launching ``data``; two empty texts where the fault does not apply."""
        asked = (data.get("InstanceType"), data.get("AvailabilityZone"), lifecycle)
        limits = (self.instance_types, self.zones, self.capacity_types)
        if any(limit and value not in limit for value, limit in zip(asked, limits, strict=True)):
            return "", ""
        return self.error_code, self.message or default_message(self.error_code, data)


def fleet_faults(node_class: str = "") -> list[FleetFault]:
    """Everything that CreateFleet refuses at the moment, of what Karpenter asks for an EC2NodeClass."""
    held = active()
    fine = [FleetFault.from_setting(held["create_fleet"])] if "create_fleet" in held else []
    spoken = [FleetFault.from_words(code, arguments) for name, code in WORDS.items() for arguments in named(name, held)]
    return [fault for fault in fine + spoken if fault.node_class in ("", node_class)]


def named(name: str, held: Mapping[str, Any] | None = None) -> Iterator[Mapping[str, str]]:
    """The arguments of each fault of this name that is on, whatever its suffix."""
    return (arguments for key, arguments in (active() if held is None else held).items() if base(key) == name)


def request_refusal(action: str, node_class: str = "") -> tuple[str, str]:
    """Error code and message for a whole request of EC2's; two empty texts where nothing refuses it."""
    held = active()
    settings = [held[action]] if action in held and action != "create_fleet" else []
    spoken = [each for each in named("unauthorized", held) if each["action"] == action and each["node-class"] in ("", node_class)]
    found = [(each["error_code"], each.get("message")) for each in settings] + [(each["code"], each["message"]) for each in spoken]
    return next(((code, message or default_message(code, {})) for code, message in found), ("", ""))


def use(state: State) -> None:
    """Read the faults of ``state`` in this process, and not those of the lab that ``$LAB_DIR`` names."""
    _chosen["state"] = state


def path() -> Path:
    """The file with the faults."""
    return (_chosen.get("state") or State.load()).directory / FILE


def active() -> dict[str, dict[str, Any]]:
    """The faults that are set, by name."""
    try:
        faults: dict[str, dict[str, Any]] = json.loads(path().read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return faults


def set_fault(name: str, **setting: Any) -> None:
    """Set the fault ``name``; ``setting`` holds ``error_code`` and what the module's docstring lists.

    Raises:
        LabError: the lab has no such fault, or the setting has no such key.
    """
    unknown = sorted(set(setting) - set(KEYS))
    if name not in NAMES or unknown or "error_code" not in setting:
        raise LabError(
            f"no AWS fault {name} with {', '.join(unknown) or 'this setting'}: names are {', '.join(NAMES)}, keys {', '.join(KEYS)}"
        )
    _write({**active(), name: setting})


def clear_fault(name: str) -> None:
    """Take the fault ``name`` away; none of that name is no error."""
    _write({other: setting for other, setting in active().items() if other != name})


def _write(faults: Mapping[str, Any]) -> None:
    path().parent.mkdir(parents=True, exist_ok=True)
    write_whole(path(), json.dumps(faults, indent=2) + "\n")
