# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Connections beyond the plain case (in a pod, proxies, user names, merged kubeconfigs), by kubernetes.core's own functions.

Apart from the rest because loading the kubernetes library takes half a second.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.api._credentials import EARLY, Credentials
from ansible_collections.accelerated.nodes.plugins.module_utils.api._kubeconfig import Connection
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import CollectionError

try:
    import kubernetes
    from ansible_collections.kubernetes.core.plugins.module_utils.k8s.client import _create_auth_spec, _create_configuration

    IMPORT_ERROR = None
except ImportError as error:
    IMPORT_ERROR = error


def connection_of(module: Any, headers: tuple[tuple[str, str], ...]) -> Connection:
    """The connection that kubernetes.core would make of an AnsibleModule's options.

    :raises CollectionError: the library is missing, or refuses the kubeconfig.
    """
    if IMPORT_ERROR is not None:
        raise CollectionError(
            f"These authentication options need the kubernetes library on the host that runs the module: {IMPORT_ERROR}. Install it."
        )
    configuration = _configuration(module)
    pool = kubernetes.client.ApiClient(configuration).rest_client.pool_manager

    def read(refused: bool) -> tuple[Optional[str], Optional[datetime]]:
        # The library's hook renews a token that has expired. It does not say when, so it is asked often.
        return _header(_configuration(module) if refused else configuration), datetime.now(timezone.utc) + 2 * EARLY

    return Connection(configuration.host, pool, Credentials(read), headers)


def _configuration(module: Any) -> Any:
    try:
        return _create_configuration(_create_auth_spec(module))
    except kubernetes.config.ConfigException as error:
        raise CollectionError(
            f"No connection to a cluster can be made from the options and the environment: {error}. "
            "Set the option kubeconfig (or K8S_AUTH_KUBECONFIG) to a readable file, and context to one of its contexts."
        ) from error


def _header(configuration: Any) -> str | None:
    found = (setting for setting in configuration.auth_settings().values() if setting["in"] == "header")
    return next((str(setting["value"]) for setting in found if setting["key"].lower() == "authorization" and setting["value"]), None)
