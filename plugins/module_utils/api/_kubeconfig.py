# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From kubernetes.core's authentication options to a connection.

The plain case, one kubeconfig with tokens, certificates or an exec plugin, is read here: loading the kubernetes library
takes longer than all that a module asks of the API server. Everything else goes through kubernetes.core's own functions.
"""

from __future__ import annotations

import base64
import os
import ssl
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.api._credentials import Credentials, fixed, from_exec, from_file
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import CollectionError
from ansible_collections.kubernetes.core.plugins.module_utils.args_common import AUTH_ARG_MAP, AUTH_ARG_SPEC

try:
    import urllib3
    import yaml

    IMPORT_ERROR = None
except ImportError as error:
    IMPORT_ERROR = error

# The options, and the keys of a kubeconfig's cluster and user, that make the plain case.
OPTIONS = frozenset({"kubeconfig", "context", "host", "api_key", "validate_certs", "ca_cert", "client_cert", "client_key"})
CLUSTER_KEYS = frozenset(
    {"server", "certificate-authority", "certificate-authority-data", "insecure-skip-tls-verify", "tls-server-name", "extensions"}
)
USER_KEYS = frozenset(
    {"token", "tokenFile", "client-certificate", "client-certificate-data", "client-key", "client-key-data", "exec", "extensions"}
)
ENVIRONMENT = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "KUBERNETES_SERVICE_HOST")
IMPERSONATION = {"impersonate_user": "Impersonate-User", "impersonate_groups": "Impersonate-Group"}
POOL_SIZE = 8  # Connections kept open: as many as there are threads that read.


@dataclass(frozen=True)
class Connection:
    """Where to ask (``host``, a URL), through what (a urllib3 PoolManager), as whom, and with which further headers."""

    host: str
    pool: Any
    credentials: Credentials
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Entry:
    """A cluster and a user of a kubeconfig, as it has them, and the directory that relative paths in them start from."""

    cluster: Mapping[str, Any] = field(default_factory=dict)
    user: Mapping[str, Any] = field(default_factory=dict)
    place: Path = Path()

    @property
    def plain(self) -> bool:
        return set(self.cluster) <= CLUSTER_KEYS and set(self.user) <= USER_KEYS


def auth_options(params: Mapping[str, Any]) -> dict[str, Any]:
    """The authentication options that are set: the module's own, then ``K8S_AUTH_*``, as kubernetes.core has it."""
    found = {}
    for alias, option in AUTH_ARG_MAP.items():
        value = params.get(option)
        if value is None:
            text = os.environ.get(f"K8S_AUTH_{option.upper()}") or os.environ.get(f"K8S_AUTH_{alias.upper()}")
            is_bool = AUTH_ARG_SPEC[option].get("type") == "bool"
            value = text.lower() not in ("0", "false", "no") if text is not None and is_bool else text
        if value is not None and value != {}:
            found[option] = value
    return found


def impersonation(params: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The impersonation headers; several groups are several headers."""
    found: list[tuple[str, str]] = []
    for option, header in IMPERSONATION.items():
        value = params.get(option) or [text for text in os.environ.get(f"K8S_AUTH_{option.upper()}", "").split(",") if text]
        found.extend((header, each) for each in ([value] if isinstance(value, str) else value))
    return tuple(found)


def plain_connection(params: Mapping[str, Any]) -> Connection | None:
    """The connection, or None where it takes more than the plain case.

    :raises CollectionError: the kubeconfig lacks what is asked of it, or a credential cannot be had.
    """
    options = auth_options(params)
    if set(options) - OPTIONS or not isinstance(options.get("kubeconfig", ""), str) or any(os.environ.get(name) for name in ENVIRONMENT):
        return None
    complete = options.get("host") and (options.get("api_key") or (options.get("client_cert") and options.get("client_key")))
    entry = Entry() if complete else _entry(options)
    if entry is None or not entry.plain:
        return None
    host = str(options.get("host") or entry.cluster["server"]).rstrip("/")
    return Connection(host, _pool(options, entry), _credentials(options, entry), impersonation(params))


def _entry(options: Mapping[str, Any]) -> Entry | None:
    """What the kubeconfig has for the context; None where several files are to be merged."""
    location = options.get("kubeconfig") or os.environ.get("KUBECONFIG") or "~/.kube/config"
    if os.pathsep in location:
        return None
    path = Path(location).expanduser()
    if options.get("host") and not options.get("kubeconfig") and not path.exists():
        return Entry()  # A server that asks for no credentials, such as a proxy of kubectl's.
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(document, dict):
        raise CollectionError(f"kubeconfig {path} is not a mapping.")
    context = _named(document, "contexts", options.get("context") or document.get("current-context"), path)["context"]
    return Entry(
        _named(document, "clusters", context["cluster"], path)["cluster"] or {},
        _named(document, "users", context["user"], path).get("user") or {},
        path.parent,
    )


def cluster_entry(params: Mapping[str, Any]) -> dict[str, Any] | None:
    """The kubeconfig's cluster, with its certificate authority in place of a file's name; None where it takes more than the plain case.

    :raises CollectionError: the kubeconfig lacks what is asked of it.
    """
    options = auth_options(params)
    if set(options) - OPTIONS or not isinstance(options.get("kubeconfig", ""), str):
        return None
    try:
        entry = _entry(options)
    except FileNotFoundError:
        return None  # In a pod there is none.
    if entry is None or not entry.cluster:
        return None
    cluster = {key: value for key, value in entry.cluster.items() if key not in ("certificate-authority", "extensions")}
    file = options.get("ca_cert") or (entry.cluster.get("certificate-authority") and entry.place / entry.cluster["certificate-authority"])
    if file:
        cluster["certificate-authority-data"] = base64.b64encode(Path(file).read_bytes()).decode("ascii")
    return {**cluster, **({"server": options["host"]} if options.get("host") else {})}


def _named(document: Mapping[str, Any], section: str, name: Any, path: Path) -> Mapping[str, Any]:
    """:raises CollectionError: the section has no entry of that name."""
    entries: Iterable[Mapping[str, Any]] = document.get(section) or []
    for entry in entries:
        if name and entry.get("name") == name:
            return entry
    has = ", ".join(str(entry.get("name")) for entry in entries) or "none"
    raise CollectionError(
        f"kubeconfig {path} has no entry {name!r} in {section}; it has {has}. Set the option context to one of its contexts."
    )


def _credentials(options: Mapping[str, Any], entry: Entry) -> Credentials:
    user = entry.user
    if options.get("api_key"):
        return fixed(f"Bearer {options['api_key']}")
    if user.get("exec"):
        return from_exec(user["exec"], entry.cluster, entry.place)
    if user.get("tokenFile"):
        return from_file(entry.place / user["tokenFile"])
    if user.get("token"):
        # Read again when it is refused: what wrote the kubeconfig may have renewed it.
        return Credentials(lambda _refused: (f"Bearer {((_entry(options) or entry).user).get('token')}", None))
    return fixed(None)


def _pool(options: Mapping[str, Any], entry: Entry) -> Any:
    settings: dict[str, Any] = {"maxsize": POOL_SIZE, "ssl_context": _tls(options, entry)}
    name = entry.cluster.get("tls-server-name")
    return urllib3.PoolManager(**settings, **({"server_hostname": name, "assert_hostname": name} if name else {}))


def _tls(options: Mapping[str, Any], entry: Entry) -> ssl.SSLContext:
    cluster, user = entry.cluster, entry.user
    file = options.get("ca_cert") or (cluster.get("certificate-authority") and entry.place / cluster["certificate-authority"])
    data = cluster.get("certificate-authority-data")
    context = ssl.create_default_context(
        cafile=str(file) if file else None, cadata=_decoded(data).decode("ascii") if data and not file else None
    )
    # EKS' own CAs lack the key identifiers that the strict mode of newer Pythons asks for.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if not options.get("validate_certs", not cluster.get("insecure-skip-tls-verify", False)):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if options.get("client_cert"):
        context.load_cert_chain(options["client_cert"], options.get("client_key"))
    elif user.get("client-certificate-data"):
        _load_data(context, user)
    elif user.get("client-certificate"):
        context.load_cert_chain(entry.place / user["client-certificate"], entry.place / user["client-key"])
    return context


def _load_data(context: ssl.SSLContext, user: Mapping[str, Any]) -> None:
    """Python's ssl takes certificates only from files: one that nobody else can read, and not for long."""
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(_decoded(user["client-certificate-data"]) + b"\n" + _decoded(user["client-key-data"]))
        file.flush()
        context.load_cert_chain(file.name)


def _decoded(data: str) -> bytes:
    return base64.b64decode(data)
