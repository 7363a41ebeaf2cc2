# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Requests to the Kubernetes API as plain JSON; decides nothing.

Authentication is kubernetes.core's (options and K8S_AUTH_* variables). The dynamic client is left aside: it discovers every
API group first and wraps each object, which costs a wait many times what the answer itself costs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple, Optional
from urllib.parse import urlencode

from ansible_collections.accelerated.nodes.plugins.module_utils._errors import ApiError, CollectionError

try:
    import kubernetes
    import urllib3
    import yaml
    from ansible_collections.kubernetes.core.plugins.module_utils.k8s.client import (
        _create_auth_spec,
        _create_configuration,
        _create_headers,
    )

    CLIENT_IMPORT_ERROR = None
except ImportError as error:
    CLIENT_IMPORT_ERROR = error

CONNECT_SECONDS = 5
READ_SECONDS = 30


class Request(NamedTuple):
    """What is asked of the API server; ``timeout`` in seconds without a byte."""

    method: str
    path: str
    query: Optional[dict[str, Any]] = None
    body: Optional[dict[str, Any]] = None
    timeout: float = READ_SECONDS


class Client:
    """One connection pool to one API server.

    :param configuration: a ``kubernetes.client.Configuration``; asked for its token at each request, so that one that expires
        (EKS: after 15 minutes) is renewed.
    :param headers: further request headers, by name.
    """

    def __init__(self, configuration: Any, headers: dict[str, str] | None = None) -> None:
        self.host = configuration.host
        self._configuration = configuration
        self._headers = dict(headers or {})
        self._pool = kubernetes.client.ApiClient(configuration).rest_client.pool_manager

    def get(self, path: str, query: dict[str, Any] | None = None, timeout: float = READ_SECONDS) -> dict[str, Any]:
        """The object or list at ``path``."""
        return self._json(Request("GET", path, query, timeout=timeout))

    def create(self, path: str, body: dict[str, Any], query: dict[str, Any] | None = None) -> dict[str, Any]:
        """Creates ``body`` in the collection at ``path``."""
        return self._json(Request("POST", path, query, body))

    def delete(self, path: str, body: dict[str, Any] | None = None, query: dict[str, Any] | None = None) -> dict[str, Any]:
        """Deletes the object at ``path``; ``body`` holds DeleteOptions."""
        return self._json(Request("DELETE", path, query, body))

    def text(self, path: str, query: dict[str, Any] | None = None, limit: int = 4_000_000) -> str:
        """The first ``limit`` bytes at ``path`` (a pod's log), undecodable bytes replaced."""
        response = self._send(Request("GET", path, query))
        try:
            return response.read(limit, decode_content=True).decode("utf-8", "replace")
        except urllib3.exceptions.HTTPError as error:
            raise self._unreachable(path, error) from error
        finally:
            response.close()

    def stream(self, path: str, query: dict[str, Any], timeout: float) -> Iterator[dict[str, Any]]:
        """The watch events at ``path`` as they come; ends when the server ends it.

        :param timeout: seconds without a byte after which the connection counts as dead.
        :raises ApiError: refused, cut, silent, or not JSON.
        """
        response = self._send(Request("GET", path, query, timeout=timeout))
        try:
            yield from (self._parse(path, line) for line in _lines(response))
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise self._unreachable(path, error) from error
        finally:
            response.close()

    def _json(self, request: Request) -> dict[str, Any]:
        response = self._send(request)
        try:
            return self._parse(request.path, response.read(decode_content=True))
        except urllib3.exceptions.HTTPError as error:
            raise self._unreachable(request.path, error) from error
        finally:
            response.release_conn()

    def _send(self, request: Request) -> Any:
        url = self.host + request.path + ("?" + urlencode(request.query) if request.query else "")
        try:
            response = self._pool.request(
                request.method,
                url,
                body=None if request.body is None else json.dumps(request.body),
                headers=self._request_headers(),
                timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=request.timeout),
                retries=False,
                preload_content=False,
            )
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise self._unreachable(request.path, error) from error
        if response.status >= 400:
            raise self._refused(request, response)
        return response

    def _request_headers(self) -> dict[str, str]:
        headers = {"Accept": "application/json", "Content-Type": "application/json", **self._headers}
        for setting in self._configuration.auth_settings().values():
            if setting["in"] == "header" and setting["value"]:
                headers[setting["key"]] = setting["value"]
        return headers

    def _parse(self, path: str, text: bytes) -> dict:
        try:
            value = json.loads(text)
        except ValueError as error:
            raise ApiError(
                f"The API server {self.host} answered {path} with something that is not JSON: {error}.", reason="InvalidAnswer"
            ) from error
        if not isinstance(value, dict):
            raise ApiError(f"The API server {self.host} answered {path} with JSON that is not an object.", reason="InvalidAnswer")
        return value

    def _unreachable(self, path: str, error: Exception) -> ApiError:
        cause = getattr(error, "reason", None) or error
        return ApiError(
            f"The API server {self.host} could not be reached for {path}: {_plain(cause)}. "
            "Check the kubeconfig, the cluster's endpoint and the network between."
        )

    def _refused(self, request: Request, response: Any) -> ApiError:
        try:
            body = response.read(100_000, decode_content=True)
        except urllib3.exceptions.HTTPError:
            body = b""
        finally:
            response.release_conn()
        status = _status_object(body)
        reason = str(status.get("reason") or response.reason or response.status)
        message = str(status.get("message") or body[:200].decode("utf-8", "replace") or reason)
        advice = ADVICE_BY_STATUS.get(response.status, "")
        return ApiError(
            f"The API server {self.host} refused {request.method} {request.path} ({response.status} {reason}): {message}.{advice}",
            status=response.status,
            reason=reason,
            retry_after=_seconds(response.headers.get("Retry-After")),
        )


ADVICE_BY_STATUS = {
    401: " The credentials are wrong or have expired: renew the token, or check the kubeconfig's user.",
    403: " Grant the rule to the user or service account that runs this.",
}


def client_from(module: Any) -> Client:
    """The client for an AnsibleModule's authentication options.

    :raises CollectionError: a library is missing, or the kubeconfig cannot be used.
    """
    if CLIENT_IMPORT_ERROR is not None:
        raise CollectionError(
            f"A Python library is missing on the host that runs the module ({module.params.get('ansible_python') or 'its Python'}): "
            f"{CLIENT_IMPORT_ERROR}. Install kubernetes (see the collection's requirements.txt)."
        )
    try:
        configuration = _create_configuration(_create_auth_spec(module))
        return Client(configuration, _create_headers(module))
    except (kubernetes.config.ConfigException, yaml.YAMLError, OSError, KeyError, TypeError, ValueError) as error:
        raise CollectionError(_kubeconfig_sentence(module.params.get("kubeconfig"), error)) from error


def _kubeconfig_sentence(kubeconfig: Any, error: Exception) -> str:
    named = f"kubeconfig {kubeconfig}" if isinstance(kubeconfig, str) else "the kubeconfig given or found in the environment"
    return (
        f"No connection to a cluster can be made from {named}: {_plain(error)}. "
        "Set the option kubeconfig (or K8S_AUTH_KUBECONFIG) to a readable file, and context to one of its contexts."
    )


def _lines(response: Any) -> Iterator[bytes]:
    rest = b""
    for chunk in response.stream(65536, decode_content=True):
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (line for line in lines if line.strip())
    if rest.strip():
        raise urllib3.exceptions.ProtocolError("the stream was cut in the middle of an event")


def _status_object(body: bytes) -> dict:
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _seconds(header: str | None) -> float | None:
    return float(header) if header and header.isdigit() else None


def _plain(error: object) -> str:
    """An error's text without the object reprs that urllib3 puts before it."""
    text = str(error)
    return text.split(">: ", 1)[-1].rstrip(".")
