# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What to do about a finding: one table of remedies, each with the class of its action. Pure.

Sources: NVIDIA's "GPU Memory Error Management" (docs.nvidia.com/deploy/a100-gpu-mem-error-mgmt: a pending remapping or
retirement wants a reset, a remap failure a replacement), its Xid catalog (docs.nvidia.com/deploy/xid-errors) and nvidia-smi
manual (recovery action, exit codes); the EKS User Guide on node auto repair (which reboots or replaces); the Neuron
documentation's troubleshooting pages.
"""

from __future__ import annotations

from typing import NamedTuple

from ansible_collections.accelerated.nodes.plugins.module_utils.common._documentation import entry

REPLACE, REBOOT, RESET, REPAIR_SOFTWARE, WATCH = "replace", "reboot", "reset", "repair_software", "watch"

# Class of action -> what whoever acts on a finding, a person or a program, may take from it.
ACTIONS = {
    REPLACE: "the device or its host has a fault that stays: delete the NodeClaim, so that another instance is launched",
    REBOOT: "the fault or a setting goes with the next boot: drain the node, and reboot or replace it",
    RESET: "the device has to be reset, which needs a node without pods on it: drain, then reset, reboot or replace",
    REPAIR_SOFTWARE: "the hardware is not known to be at fault: an image, a driver, a plugin or a setting is",
    WATCH: "nothing to do yet: verify again, and look closer if it stays so",
}

PAGE = "verification.md"

# A node younger than this may still be getting ready; its device plugin registers within seconds, and its restart within minutes.
YOUNG_SECONDS = 600.0


def documentation_of(action: str) -> str:
    """The address of what the documentation says of a class of action; empty for what is none."""
    return entry(PAGE, action) if action in ACTIONS else ""


class Remedy(NamedTuple):
    """The class of the action, a key of ``ACTIONS``, and the next step as a sentence.

    ``settles_until``: the age of the node, in seconds, until which the state may mend itself, so that it is worth another look.
    """

    action: str
    next_step: str
    settles_until: float = 0.0


# Of a device
REPLACE_NODE = Remedy(REPLACE, "Replace the node (delete its NodeClaim).")
REPLACE_DEVICE = Remedy(REPLACE, "Replace the node (delete its NodeClaim): the device has a fault that a reboot does not mend.")
REPLACE_LOST = Remedy(
    REPLACE,
    "The GPU has fallen off the bus (Xid 79): replace the node (delete its NodeClaim); another boot may find it again, for a while.",
)
REPLACE_UNREADABLE = Remedy(REPLACE, "The driver cannot read the GPU: replace the node (delete its NodeClaim).")
REPLACE_MISSING = Remedy(
    REPLACE,
    "A device is missing or hidden: look for Xid or NEURON_HW_ERR in the node's kernel log, and replace the node (delete its NodeClaim) if"
    " it stays so.",
)
REPLACE_MEMORY = Remedy(REPLACE, "Memory is missing or cannot be read: replace the node (delete its NodeClaim).")
REPLACE_CORES = Remedy(REPLACE, "Cores are missing: check the logical NeuronCore configuration, and replace the node if it is right.")
REPLACE_LINKS = Remedy(REPLACE, "Links between the devices are down: replace the node (delete its NodeClaim) if it stays so.")
RESET_DEVICE = Remedy(RESET, "Drain the node and reset or reboot it; replace it (delete its NodeClaim) if the state comes back.")
REBOOT_DEVICE = Remedy(REBOOT, "The driver says that only a reboot mends the GPU: drain the node, and reboot or replace it.")
REBOOT_SETTING = Remedy(REBOOT, "Reboot or replace the node: the setting takes effect only then.")
REBOOT_DRIVER = Remedy(REBOOT, "Reboot or replace the node: libraries and the loaded driver are of different versions.")
WATCH_ERRORS = Remedy(WATCH, "Nothing yet: keep an eye on the counter, and replace the node (delete its NodeClaim) if it grows.")
WATCH_CLOCKS = Remedy(
    WATCH, "An idle GPU is being slowed down: look at its temperature and power, and replace the node if it stays so under load."
)
WATCH_ROWS = Remedy(WATCH, "The next error in such a bank cannot be mended: replace the node (delete its NodeClaim) at the next occasion.")
WATCH_BOARDS = Remedy(WATCH, "The GPUs of one node are of different make: compare their speed under load.")
WATCH_LINK = Remedy(WATCH, "Compare the speed of copies to and from the GPU with another node's, and replace the node if it is slow.")
POWER_LIMIT = Remedy(
    REPAIR_SOFTWARE, "Somebody has lowered the GPU's power limit: set it to its default (nvidia-smi -pl) in the user data."
)
XID_PROGRAM = Remedy(WATCH, "A program met it, and may have caused it: look at the program's log, and at the GPU if it comes again.")
XID_CATALOG = Remedy(WATCH, "Look it up in NVIDIA's Xid catalog (docs.nvidia.com/deploy/xid-errors), and in the node's kernel log.")
# Of the software around it
AMI = Remedy(REPAIR_SOFTWARE, "Choose an AMI whose accelerator driver fits the instance type in the EC2NodeClass (an accelerated EKS AMI).")
NEWER_DRIVER = Remedy(REPAIR_SOFTWARE, "Choose a newer AMI in the EC2NodeClass.")
NEWER_CUDA = Remedy(REPAIR_SOFTWARE, "Choose an AMI with a newer NVIDIA driver in the EC2NodeClass.")
ONE_DRIVER = Remedy(REPAIR_SOFTWARE, "Replace the nodes of the older AMI, so that all of the fleet have one driver.")
NEWER_TOOL = Remedy(REPAIR_SOFTWARE, "Use an image or AMI with a newer tool.")
RUNTIME = Remedy(
    REPAIR_SOFTWARE,
    "The container runtime did not give the pod its device and tool: check the device plugin and, on images of your own, that the runtime"
    " of containerd is the vendor's.",
)
RUNTIME_START = Remedy(REPAIR_SOFTWARE, "The container runtime cannot start the check: look at its message.")
TOOL_IMAGE = Remedy(
    REPAIR_SOFTWARE, "Give an image that holds the tool in the option images, or check that the container runtime injects it."
)
PULL_IMAGE = Remedy(REPAIR_SOFTWARE, "Give an image that the node can pull in the option images, or let the node reach the registry.")
PLUGIN = Remedy(
    REPAIR_SOFTWARE,
    "Install the accelerator's device plugin (roles nvidia and neuron), and check that its pod runs on this node.",
    settles_until=YOUNG_SECONDS,
)
PLUGIN_SEES_FEWER = Remedy(
    REPAIR_SOFTWARE,
    "The device plugin on this node does not see every device: look at its log and the kernel's.",
    settles_until=YOUNG_SECONDS,
)
SERVED_BY_DRA = Remedy(
    REPAIR_SOFTWARE,
    "Jobs cannot request devices that only a ResourceClaim can have: verify the node by a pod of your own with a claim, and exclude it"
    " here with that reason.",
)
MIG_MIXED = Remedy(
    REPAIR_SOFTWARE,
    "A container has the devices of one resource for certain, so no single Job sees all GPUs that are divided in different ways: divide all"
    " GPUs of the node alike, or verify it by pods of your own, and exclude it here with that reason.",
)
EFA = Remedy(REPLACE, "An EFA interface is missing: look at the EFA device plugin's log on the node, and replace the node if it stays so.")
EFA_PLUGIN = Remedy(
    REPAIR_SOFTWARE,
    "Install the EFA device plugin (aws-efa-k8s-device-plugin), and check that its pod runs on this node.",
    settles_until=YOUNG_SECONDS,
)
SCHEDULING = Remedy(REPAIR_SOFTWARE, "Compare the pod's requests and tolerations with the node's resources and taints.")
FABRIC_MANAGER = Remedy(
    REPAIR_SOFTWARE,
    "The NVSwitch fabric is not up: check that the fabric manager runs on the node, then verify again.",
    settles_until=float("inf"),
)
FABRIC_FAULT = Remedy(
    REPLACE, "The NVSwitch fabric has a fault: check the fabric manager's log on the node, and replace the node if it stays so."
)
FLAPPING = Remedy(
    REPLACE, "A device that is good only sometimes is not to be trusted: replace the node (delete its NodeClaim) if it stays so."
)
COMPUTE_MODE = Remedy(
    REPAIR_SOFTWARE,
    "No program may compute on this GPU: set the mode to Default (nvidia-smi -c 0) in the EC2NodeClass's user data.",
)
PERSISTENCE = Remedy(REPAIR_SOFTWARE, "Let the persistence daemon run on the node: without it the driver is loaded anew for each program.")
ECC_MODE = Remedy(REPAIR_SOFTWARE, "Set the ECC mode (nvidia-smi -e) in the EC2NodeClass's user data, or change expect.ecc.")
MIG_MODE = Remedy(
    REPAIR_SOFTWARE,
    "Pods that request a whole GPU cannot compute on one in MIG mode: set the mode as the pool's pods need it, and expect.mig to the same.",
)
MIG_DEVICES = Remedy(
    REPAIR_SOFTWARE, "Divide the GPU as the pool's pods need it (MIG manager, or nvidia-smi mig), and set expect.mig_devices to the same."
)
WRONG_TYPE = Remedy(REPLACE, "The Node's label node.kubernetes.io/instance-type and the machine disagree: replace the node.")
WRONG_MODEL = Remedy(REPLACE, "This is not the device of the instance type: compare the Node's instance type with EC2's.")
TABLE = Remedy(REPAIR_SOFTWARE, "Update the collection, or report the instance type.")
CONTRADICTION = Remedy(WATCH, "Look at what the other has measured, and when: its word may be old. Node repair may act on it all the same.")
# Of what is done beyond the listing
COMPUTE = Remedy(
    REPLACE,
    "Read the test's output: if it is right for this instance type and its software, replace the node (delete its NodeClaim).",
)
COMPUTE_NOT_RUN = Remedy(
    REPAIR_SOFTWARE, "Check that the node can pull the test's image, and that it runs without root and with a read-only file system."
)
ISOLATION = Remedy(
    REPAIR_SOFTWARE,
    "A pod sees devices that it did not request: check the container runtime's default, privileged modes of the device plugin, and"
    " NVIDIA_VISIBLE_DEVICES in images.",
)
ISOLATION_NOT_SHOWN = Remedy(WATCH, "Verify again; raise wait_timeout if the pods were not there at the same time.")
# Of the check itself
VERIFY_AGAIN = Remedy(WATCH, "Verify again; look at the node's events if it stays so.")
VERIFY_OUTPUT = Remedy(WATCH, "Verify again; look at the check's image and tool version.")
VERIFY_REPLACED = Remedy(WATCH, "Verify again once it is replaced.")
VERIFY_LATER = Remedy(WATCH, "Verify again when these pods have ended, or drain the node.")
UNTRUSTED = Remedy(WATCH, "The listing is not to be trusted: run the check again, and replace the node if it stays so.")
UNCORDON = Remedy(WATCH, "Uncordon it to have it verified.")
MORE_TIME = Remedy(WATCH, "Raise wait_timeout or max_parallel.")
HANGS = Remedy(
    WATCH, "Look at what it waits for; raise check_timeout or wait_timeout if it only needs time. A tool that hangs points to the driver."
)
TOOL_HANGS = Remedy(
    REBOOT, "A tool that hangs points to the driver or a device: look at the node's kernel log, and reboot or replace the node."
)
QUOTA = Remedy(REPAIR_SOFTWARE, "Raise the ResourceQuota of the namespace, lower max_parallel, or give another namespace.")
ADMISSION = Remedy(REPAIR_SOFTWARE, "Exempt the namespace from the policy or webhook that the message names, or give another namespace.")
INJECTED = Remedy(
    REPAIR_SOFTWARE, "Exempt the namespace of the checks from the webhook, so that they are pods as short as they are meant to be."
)
MEMORY = Remedy(WATCH, "Look at the node's memory and run again.")
GOING_AWAY = Remedy(WATCH, "Run again; the node may be about to go away.")
KERNEL_LOG = Remedy(WATCH, "Look at the log of the check and at the node's kernel log.")
KUBELET = Remedy(WATCH, "Look at the Node's conditions and kubelet.")
NODE_CLAIM = Remedy(WATCH, "Look at the NodeClaim's conditions and events.")
