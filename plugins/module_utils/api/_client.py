# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Requests to the Kubernetes API as plain JSON; decides nothing.

The dynamic client is left aside: it discovers every API group first and wraps each object, which costs a wait many times what
the answer itself costs.
"""

from __future__ import annotations

import json
import re
import socket
import ssl
from collections.abc import Iterator
from typing import Any, NamedTuple, Optional
from urllib.parse import urlencode

from ansible_collections.accelerated.nodes.plugins.module_utils.api._kubeconfig import (
    IMPORT_ERROR,
    Connection,
    impersonation,
    plain_connection,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.api._rbac import rule_for
from ansible_collections.accelerated.nodes.plugins.module_utils.api._wire import (
    BrokenEvent,
    CutEvent,
    first,
    lines,
    whole,
    without_managed_fields,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError, CollectionError

try:
    import urllib3
    import yaml
except ImportError:
    pass  # IMPORT_ERROR says so.

CONNECT_SECONDS = 5
READ_SECONDS = 30
SILENT = "Silent"


class Request(NamedTuple):
    """What is asked of the API server; ``timeout`` in seconds without a byte.

    ``encoding``: ``gzip`` for what may be large, as taking in ten times the bytes costs more than unpacking them.
    """

    method: str
    path: str
    query: Optional[dict[str, Any]] = None
    body: Optional[dict[str, Any]] = None
    timeout: float = READ_SECONDS
    encoding: str = "identity"
    content_type: str = "application/json"


class Client:
    """Asks one API server, from any number of threads."""

    def __init__(self, connection: Connection) -> None:
        self.host = connection.host
        self._connection = connection

    def get(self, path: str, query: dict[str, Any] | None = None, timeout: float = READ_SECONDS) -> dict[str, Any]:
        """The object or list at ``path``; ``timeout`` in seconds until the answer begins, and from then until it is whole."""
        return self._json(Request("GET", path, query, timeout=timeout, encoding="gzip"))

    def create(self, path: str, body: dict[str, Any], query: dict[str, Any] | None = None) -> dict[str, Any]:
        """Creates ``body`` in the collection at ``path``."""
        return self._json(Request("POST", path, query, body))

    def patch(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Merges ``body`` into the object at ``path``; with its ``metadata.resourceVersion`` only if nobody changed it since (409)."""
        return self._json(Request("PATCH", path, body=body, content_type="application/merge-patch+json"))

    def apply(self, path: str, body: dict[str, Any], query: dict[str, Any]) -> dict[str, Any]:
        """Applies ``body`` to the object at ``path`` on the server, by the ``fieldManager`` of the query."""
        return self._json(Request("PATCH", path, query, body, content_type="application/apply-patch+yaml"))

    def delete(self, path: str, body: dict[str, Any] | None = None, query: dict[str, Any] | None = None) -> dict[str, Any]:
        """Deletes the object at ``path``; ``body`` holds DeleteOptions."""
        return self._json(Request("DELETE", path, query, body))

    def data(self, path: str, query: dict[str, Any] | None = None, limit: int = 4_000_000) -> bytes:
        """The first ``limit`` bytes at ``path`` (a pod's log)."""
        response = self._send(Request("GET", path, query))
        try:
            return first(response, limit, READ_SECONDS)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise self._unreachable(path, error) from error
        finally:
            response.close()

    def stream(self, path: str, query: dict[str, Any], timeout: float) -> Iterator[dict[str, Any]]:
        """The watch events at ``path`` as they come; ends when the server ends it.

        :param timeout: seconds without a whole event after which the connection counts as dead.
        :raises ApiError: refused, cut, not JSON, or silent (reason ``SILENT``) after it has begun.
        """
        response = self._send(Request("GET", path, query, timeout=timeout))
        try:
            yield from (self._parse(path, line) for line in lines(response, timeout))
        except urllib3.exceptions.ReadTimeoutError as error:
            raise ApiError(f"The watch of {path} has been silent for {timeout:.0f} s.", reason=SILENT) from error
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise self._unreachable(path, error) from error
        finally:
            response.close()

    def _json(self, request: Request) -> dict[str, Any]:
        response = self._send(request)
        try:
            return self._parse(request.path, whole(response, request.timeout))
        except (urllib3.exceptions.HTTPError, OSError) as error:
            response.close()
            raise self._unreachable(request.path, error) from error
        finally:
            response.release_conn()

    def _send(self, request: Request) -> Any:
        """The answer, headers read; asked once more with renewed credentials where the first are no longer taken."""
        credential = self._connection.credentials.header
        response = self._ask(request, credential)
        if response.status == 401 and self._connection.credentials.renew(credential):
            response.close()
            response = self._ask(request, self._connection.credentials.header)
        if response.status >= 300:
            raise self._refused(request, response)
        return response

    def _ask(self, request: Request, credential: str | None) -> Any:
        headers = urllib3._collections.HTTPHeaderDict(
            {"Accept": "application/json", "Accept-Encoding": request.encoding, "Content-Type": request.content_type}
        )
        for name, value in self._connection.headers:
            headers.add(name, value)
        if credential:
            headers["Authorization"] = credential
        try:
            return self._connection.pool.request(
                request.method,
                self.host + request.path + ("?" + urlencode(request.query) if request.query else ""),
                body=None if request.body is None else json.dumps(request.body),
                headers=headers,
                timeout=urllib3.Timeout(connect=min(CONNECT_SECONDS, request.timeout), read=request.timeout),
                retries=False,
                preload_content=False,
            )
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise self._unreachable(request.path, error) from error

    def _parse(self, path: str, text: bytes) -> dict:
        try:
            value = json.loads(without_managed_fields(text))
        except ValueError as error:
            raise ApiError(
                f"The API server {self.host} answered {path} with something that is not JSON: {error}.", reason="InvalidAnswer"
            ) from error
        if not isinstance(value, dict):
            raise ApiError(f"The API server {self.host} answered {path} with JSON that is not an object.", reason="InvalidAnswer")
        return value

    def _unreachable(self, path: str, error: Exception) -> ApiError:
        cause = getattr(error, "reason", None) or error
        reason, next_step = next((row[1:] for row in UNREACHABLE if _has_cause(error, row[0])), DEFAULT_UNREACHABLE)
        return ApiError(f"The API server {self.host} could not be reached for {path}: {_plain(cause)}.", reason=reason, next_step=next_step)

    def _refused(self, request: Request, response: Any) -> ApiError:
        try:
            body = response.read(100_000, decode_content=True)
        except (urllib3.exceptions.HTTPError, OSError):
            body = b""
        finally:
            response.close()
        status = _status_object(body)
        reason = str(status.get("reason") or response.reason or response.status)
        message = str(status.get("message") or body[:200].decode("utf-8", "replace") or reason).rstrip(".")
        return ApiError(
            f"The API server {self.host} refused {request.method} {request.path} ({response.status} {reason}): {message}.",
            status=response.status,
            reason=reason,
            retry_after=_seconds(response.headers.get("Retry-After")),
            next_step=_next_step(response.status, request),
        )


def _next_step(status: int, request: Request) -> str:
    """What to do about a refusal; empty where nothing is known."""
    selector = (request.query or {}).get("labelSelector", "")
    known = NEXT_STEPS.get(status, "") if selector or status != 400 else ""
    return known.format(rule=rule_for(request.method, request.path, request.query), selector=selector)


NEXT_STEPS = {
    400: "Correct the label selector '{selector}': one is written as for kubectl, such as team=ml or team in (ml, hpc).",
    401: "The credentials are wrong or have expired: renew the token, or check the kubeconfig's user.",
    403: "Grant the user or service account that runs this a rule with {rule}.",
}
# What lies under the failure, its reason, and the next step.
UNREACHABLE = (
    (CutEvent, "CutEvent", "Check what is between this host and the API server."),
    (BrokenEvent, "BrokenEvent", "Check what is between this host and the API server."),
    (
        ssl.SSLCertVerificationError,
        "UntrustedCertificate",
        "Check the kubeconfig's certificate-authority and server name (options ca_cert and host).",
    ),
    (socket.gaierror, "UnknownHost", "Check the kubeconfig's server, and name resolution."),
)
DEFAULT_UNREACHABLE = ("Unreachable", "Check the kubeconfig, the cluster's endpoint and the network between.")


def client_from(module: Any) -> Client:
    """The client for an AnsibleModule's authentication options.

    :raises CollectionError: a library is missing, or the kubeconfig cannot be used.
    """
    if IMPORT_ERROR is not None:
        raise CollectionError(
            f"A Python library is missing on the host that runs the module ({module.params.get('ansible_python') or 'its Python'}): "
            f"{IMPORT_ERROR}. Install kubernetes (see the collection's requirements.txt)."
        )
    try:
        connection = plain_connection(module.params) or _library_connection(module)
    except (yaml.YAMLError, OSError, KeyError, TypeError, ValueError) as error:
        raise CollectionError(_kubeconfig_sentence(module.params.get("kubeconfig"), error)) from error
    return Client(connection)


def _library_connection(module: Any) -> Connection:
    """What kubernetes.core makes of the options.

    :raises CollectionError: the kubernetes library refuses the kubeconfig.
    """
    from ansible_collections.accelerated.nodes.plugins.module_utils.api._kubernetes_library import connection_of

    return connection_of(module, impersonation(module.params))


def _kubeconfig_sentence(kubeconfig: Any, error: Exception) -> str:
    named = f"kubeconfig {kubeconfig}" if isinstance(kubeconfig, str) else "the kubeconfig given or found in the environment"
    return (
        f"No connection to a cluster can be made from {named}: {_plain(error)}. "
        "Set the option kubeconfig (or K8S_AUTH_KUBECONFIG) to a readable file, and context to one of its contexts."
    )


def _status_object(body: bytes) -> dict:
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _seconds(header: str | None) -> float | None:
    return float(header) if header and header.isdigit() else None


def _has_cause(error: BaseException | None, kind: type) -> bool:
    """Whether an exception of that kind lies under ``error``; urllib3 wraps what the system raised."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in seen:
            continue
        if isinstance(each, kind):
            return True
        seen.add(id(each))
        waiting += [each.__cause__, each.__context__, *(arg for arg in each.args if isinstance(arg, BaseException))]
    return False


def _plain(error: object) -> str:
    """An error's text without the object reprs that urllib3 puts before it."""
    text = re.sub(r"^HTTPS?Connection(Pool)?\(.*?\): ", "", str(error))
    return text.split(">: ", 1)[-1].rstrip(".")
