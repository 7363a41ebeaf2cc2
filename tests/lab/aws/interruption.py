"""EC2's two-minute warning, sent as EventBridge sends it: through the account's rules to their queues.

Fields: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html
"""

from __future__ import annotations

import json
from typing import Any

DETAIL_TYPE = "EC2 Spot Instance Interruption Warning"


def warn(events: Any, instance_id: str, zone: str) -> None:
    """Warn that EC2 is about to take the Spot instance back.

    Args:
        events: a boto3 client of EventBridge.
        instance_id: of the instance.
        zone: its availability zone.
    """
    arn = f"arn:aws:ec2:{zone}:instance/{instance_id}"
    detail = json.dumps({"instance-id": instance_id, "instance-action": "terminate"})
    events.put_events(Entries=[{"Source": "aws.ec2", "DetailType": DETAIL_TYPE, "Detail": detail, "Resources": [arn]}])
