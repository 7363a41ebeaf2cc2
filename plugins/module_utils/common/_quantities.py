# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The written forms that Kubernetes, Karpenter and EC2 accept for amounts, durations and names.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

import re
from decimal import Decimal

# The patterns of Karpenter's v1 CRDs (nodepools.karpenter.sh, ec2nodeclasses.karpenter.k8s.aws): limits, expireAfter,
# volumeSize; a taint's key; and the label values that a name becomes.
_QUANTITY = re.compile(r"\+?(?P<number>[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?P<suffix>[KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?")
_DURATION = re.compile(r"([0-9]+[smh])+|Never")
_VOLUME_SIZE = re.compile(r"[1-9][0-9]{0,4}(Gi|G|Ti|T)")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LABEL_WORD = r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)"
_LABEL_VALUE = re.compile(_LABEL_WORD)
_LABEL_KEY = re.compile(rf"({_SUBDOMAIN.pattern}/)?{_LABEL_WORD}")

LABEL_LENGTH = 63
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}


def parse_quantity(text: str | int) -> Decimal | None:
    """Return the amount that a Kubernetes quantity stands for, None when it is none.

    Negative amounts are none either: nothing that a pool says can be negative.
    """
    match = _QUANTITY.fullmatch(str(text))
    if match is None:
        return None
    number, suffix = Decimal(match["number"]), match["suffix"] or ""
    if suffix in _BINARY:
        return number * 1024 ** _BINARY[suffix]
    exponent = _DECIMAL[suffix] if suffix in _DECIMAL else int(suffix[1:])
    return number.scaleb(exponent)


def is_duration(text: str) -> bool:
    """Say whether Karpenter reads the text as a duration, such as ``720h``, ``1h30m`` or ``Never``."""
    return _DURATION.fullmatch(text) is not None


def is_volume_size(text: str) -> bool:
    """Say whether the text is an EBS volume size with its unit, such as ``100Gi``."""
    return _VOLUME_SIZE.fullmatch(text) is not None


def is_object_name(text: str) -> bool:
    """Say whether the text can name a NodePool or an EC2NodeClass.

    Kubernetes asks for a DNS-1123 subdomain; Karpenter puts the name in a label, hence at most 63 characters.
    """
    return len(text) <= LABEL_LENGTH and _SUBDOMAIN.fullmatch(text) is not None


def is_label_value(text: str) -> bool:
    """Say whether the text can be a label's value; an empty one can."""
    return not text or (len(text) <= LABEL_LENGTH and _LABEL_VALUE.fullmatch(text) is not None)


def is_label_key(text: str) -> bool:
    """Say whether the text can be the key of a label or taint: ``name`` or ``domain/name``."""
    name = text.rpartition("/")[2]
    return len(name) <= LABEL_LENGTH and _LABEL_KEY.fullmatch(text) is not None
