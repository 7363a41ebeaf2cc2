"""A proxy that breaks things, between a client and a real API server, and an API server for it to stand before.

``control_plane`` etcd and kube-apiserver with Karpenter's CRDs and nothing else; ``server`` the proxy; ``answers`` what it can do
instead of passing a request on; ``certificates`` what its listeners show.
"""
