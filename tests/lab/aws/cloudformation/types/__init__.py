"""Resource types that moto's CloudFormation lacks, or creates, updates or deletes otherwise than AWS.

Importing this package registers them: moto collects the subclasses of its CloudFormationModel.
"""

from . import access_entry, managed_policy, pod_identity, queue, queue_policy, role

__all__ = ["access_entry", "managed_policy", "pod_identity", "queue", "queue_policy", "role"]
