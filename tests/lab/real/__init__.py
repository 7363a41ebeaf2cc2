"""Real containers: a kubelet and a containerd beside the lab, joined to it as one more Node.

Image, exit code, log, eviction, limits, Pod Security and the device plugin's registration are real there; the devices
and what the tools say of them are the lab's (``nodes/tools``).
"""
