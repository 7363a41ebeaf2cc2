"""The CUDA sample vectorAdd, as far as its output goes. Source: NVIDIA/cuda-samples, Samples/0_Introduction/vectorAdd/vectorAdd.cu."""

from __future__ import annotations

from collections.abc import Sequence

from ..facts import Device
from .output import HEALTHY, Conditions, Output

_BEGUN = "[Vector addition of 50000 elements]\n"


def run(arguments: Sequence[str], gpus: Sequence[Device], conditions: Conditions = HEALTHY) -> Output:
    """What the sample prints and how it ends."""
    if not gpus or conditions.has("gpu-lost"):
        return Output(_BEGUN + "Failed to allocate device vector A (error code no CUDA-capable device is detected)!\n", 1)
    if conditions.has("wrong-result"):
        return Output(_BEGUN + "Result verification failed at element 17!\n", 1)
    return Output(_BEGUN + "Test PASSED\nDone\n")
