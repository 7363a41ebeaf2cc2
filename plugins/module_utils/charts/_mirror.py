# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a chart or an image is taken from when one registry mirrors all that is public. Pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

import re

# The public homes of what the roles install. An address elsewhere is somebody's own choice, and stays as it is.
HOSTS = (
    "public.ecr.aws",
    "nvcr.io",
    "registry.k8s.io",
    "registry-1.docker.io",
    "docker.io",
    "ghcr.io",
)
# Chart repositories that are no registries, and the folder of the mirror that holds their charts.
REPOSITORIES = {
    "https://nvidia.github.io/k8s-device-plugin": "nvidia",
    "https://helm.ngc.nvidia.com/nvidia": "nvidia",
}
OCI = "oci://"

_REGISTRY = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*")


def mirrored(address: str, registry: str, repository: str = "") -> str:
    """Return where a chart or an image comes from: its place in ``registry`` if that is given and the address is a public one.

    Args:
        address: An image's repository, a chart's OCI address, or a chart's name in ``repository``.
        registry: Host of the mirror, with an optional path; empty for none.
        repository: The chart repository that the address is a name of.
    """
    if not registry:
        return address
    if repository:
        folder = REPOSITORIES.get(repository.rstrip("/"))
        return f"{OCI}{registry}/{folder}/{address}" if folder else address
    scheme, host, path = _parts(address)
    return f"{scheme}{registry}/{path}" if host in HOSTS else address


def registry_problem(registry: object) -> str:
    """Return what is wrong with a mirror's address, in a sentence; empty when nothing is."""
    if registry == "" or (isinstance(registry, str) and _REGISTRY.fullmatch(registry)):
        return ""
    return (
        f"accelerated_registry '{registry}' is not the address of a registry: give host, port and path without a scheme, such as"
        " registry.example.com/mirror; NVIDIA's image nvidia/k8s-device-plugin is then taken from"
        " registry.example.com/mirror/nvidia/k8s-device-plugin."
    )


def _parts(address: str) -> tuple[str, str, str]:
    """Split an address into scheme, host and path; an image without a host is Docker Hub's."""
    scheme = OCI if address.startswith(OCI) else ""
    first, _slash, rest = address[len(scheme) :].partition("/")
    if not scheme and rest and not re.search(r"[.:]|^localhost$", first):
        return scheme, "docker.io", address
    return scheme, first, rest
