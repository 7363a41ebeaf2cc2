# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a request authenticates with, and how it is renewed when the server no longer takes it.

An EKS token expires after 15 minutes, which many a wait outlives.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import CollectionError

EXEC_SECONDS = 60
EARLY = timedelta(seconds=30)  # A token is renewed that much before it expires, as clocks differ.


class Credentials:
    """An ``Authorization`` header, read by ``read`` when first needed, when it has expired, and when :meth:`renew` asks.

    :param read: returns the header (None: none is needed, as with a client certificate) and when it expires (None: unknown);
        its argument says whether the last one was refused.
    """

    def __init__(self, read: Callable[[bool], tuple[Optional[str], Optional[datetime]]]) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._known = False
        self._header: str | None = None
        self._expires: datetime | None = None

    @property
    def header(self) -> str | None:
        """:raises CollectionError: it cannot be had."""
        with self._lock:
            if not self._known or (self._expires and datetime.now(timezone.utc) >= self._expires - EARLY):
                self._refresh(refused=False)
            return self._header

    def renew(self, refused: str | None) -> bool:
        """Reads the header again, unless another thread has; whether it differs from the one that was refused."""
        with self._lock:
            if self._header == refused:
                self._refresh(refused=True)
            return self._header != refused

    def _refresh(self, refused: bool) -> None:
        self._header, self._expires = self._read(refused)
        self._known = True


def fixed(header: str | None) -> Credentials:
    """Credentials that stay as they are."""
    return Credentials(lambda _refused: (header, None))


def from_file(path: Path) -> Credentials:
    """A bearer token in a file, which is read again, as what projects it also renews it."""
    return Credentials(lambda _refused: (f"Bearer {path.read_text(encoding='utf-8').strip()}", datetime.now(timezone.utc) + 2 * EARLY))


def from_exec(plugin: Mapping[str, Any], cluster: Mapping[str, Any], place: Path) -> Credentials:
    """What an exec plugin of a kubeconfig answers (``aws eks get-token``); ``place`` is the kubeconfig's directory.

    Source: Kubernetes, client.authentication.k8s.io/v1 ExecCredential.
    """
    return Credentials(lambda _refused: _answer(_run(plugin, cluster, place), plugin))


def _run(plugin: Mapping[str, Any], cluster: Mapping[str, Any], place: Path) -> str:
    command = str(plugin["command"])
    # As kubectl does: a bare name is looked up in PATH, a path is relative to the kubeconfig.
    program = str(place / command) if "/" in command else command
    told = {"cluster": dict(cluster)} if plugin.get("provideClusterInfo") else {}
    info = {"apiVersion": plugin.get("apiVersion"), "kind": "ExecCredential", "spec": {"interactive": False, **told}}
    variables = {str(item["name"]): str(item["value"]) for item in plugin.get("env") or []}
    try:
        # The user's own kubeconfig names the program, as for kubectl; run_command would need a module, which these know nothing of.
        done = subprocess.run(  # pylint: disable=ansible-bad-function
            [program, *map(str, plugin.get("args") or [])],
            env={**os.environ, **variables, "KUBERNETES_EXEC_INFO": json.dumps(info)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=EXEC_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        hint = f" {plugin['installHint']}" if plugin.get("installHint") else ""
        raise CollectionError(f"The kubeconfig's exec plugin {command} gave no credentials: {error}.{hint}") from error
    if done.returncode != 0:
        words = " ".join(done.stderr.split())[:500] or "it said nothing"
        raise CollectionError(
            f"The kubeconfig's exec plugin {command} gave no credentials: it ended with {done.returncode} and {words}. "
            "Run it by hand, and renew the login that it uses."
        )
    return done.stdout


def _answer(text: str, plugin: Mapping[str, Any]) -> tuple[str | None, datetime | None]:
    try:
        status = json.loads(text)["status"]
        expires = status.get("expirationTimestamp")
        token = status["token"]
    except (ValueError, KeyError, TypeError) as error:
        # Never its text, which may hold a token.
        raise CollectionError(f"The kubeconfig's exec plugin {plugin['command']} answered with something that is no token.") from error
    return f"Bearer {token}", _time(expires) if expires else None


def _time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)
    except ValueError:
        return None
