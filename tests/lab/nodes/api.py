"""The API server, for the node side: requests as JSON, and a cache kept by list and watch."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import urllib3
from kubernetes import config

log = logging.getLogger(__name__)

MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"

#: A watch that says nothing for this long (seconds) is opened anew.
WATCH_SECONDS = 240


class ApiError(Exception):
    """The API server refused; ``status`` is its HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status


#: What a caller may meet when the API server is away or says no.
ERRORS = (ApiError, urllib3.exceptions.HTTPError)


class Api:
    """A connection, by kubeconfig."""

    def __init__(self, kubeconfig: Path) -> None:
        client = config.new_client_from_config(str(kubeconfig))  # type: ignore[no-untyped-call]
        self._host = client.configuration.host
        self._pool = client.rest_client.pool_manager

    def request(self, method: str, path: str, body: Any = None, content_type: str = "application/json") -> Any:
        """One request; returns the decoded answer.

        Raises:
            ApiError: the server answered with an error.
            urllib3.exceptions.HTTPError: it did not answer.
        """
        data = None if body is None else json.dumps(body).encode()
        response = self._pool.request(
            method,
            self._host + path,
            body=data,
            timeout=20.0,
            retries=False,
            headers={"Content-Type": content_type, "Accept": "application/json"},
        )
        if response.status >= 400:
            raise ApiError(response.status, response.data.decode(errors="replace")[:300])
        return json.loads(response.data)

    def get(self, path: str) -> Any | None:
        """An object, or None if it does not exist."""
        try:
            return self.request("GET", path)
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def watch(self, path: str, version: str) -> Iterator[dict[str, Any]]:
        """The events after a version, until the server ends the watch."""
        query = f"?watch=1&allowWatchBookmarks=true&resourceVersion={version}&timeoutSeconds={WATCH_SECONDS}"
        response = self._pool.request(
            "GET",
            self._host + path + query,
            preload_content=False,
            retries=False,
            timeout=urllib3.Timeout(connect=10, read=WATCH_SECONDS + 20),
        )
        try:
            if response.status >= 400:
                raise ApiError(response.status, "watch refused")
            rest = b""
            for chunk in response.stream(65536, decode_content=True):
                *lines, rest = (rest + chunk).split(b"\n")
                yield from (json.loads(line) for line in lines if line)
        finally:
            response.close()


class Cache:
    """The objects of one kind, kept current by a thread of its own."""

    def __init__(self, api: Api, path: str, changed: Callable[[], None], stop: threading.Event) -> None:
        self._api, self._path, self._changed, self._stop = api, path, changed, stop
        self._objects: dict[str, dict[str, Any]] = {}
        self.synced = threading.Event()
        threading.Thread(target=self._run, name=f"watch {path}", daemon=True).start()

    def all(self) -> list[dict[str, Any]]:
        """All objects, as they were last seen."""
        return list(self._objects.values())

    def put(self, seen: dict[str, Any]) -> None:
        """Take in an object that a request just returned, unless the watch has brought a later one already."""
        known = self._objects.get(seen["metadata"]["uid"])
        if known and _version(seen) > _version(known):
            self._objects[seen["metadata"]["uid"]] = seen

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._follow()
            except ERRORS as error:
                log.info("watching %s: %s", self._path, error)
            self._stop.wait(0.5)

    def _follow(self) -> None:
        listed = self._api.request("GET", self._path)
        self._objects = {item["metadata"]["uid"]: item for item in listed["items"]}
        self.synced.set()
        self._changed()
        for event in self._api.watch(self._path, listed["metadata"]["resourceVersion"]):
            if event["type"] == "ERROR" or self._stop.is_set():
                return
            self._take(event)

    def _take(self, event: dict[str, Any]) -> None:
        if event["type"] == "BOOKMARK":
            return
        uid = event["object"]["metadata"]["uid"]
        if event["type"] == "DELETED":
            self._objects.pop(uid, None)
        else:
            self._objects[uid] = event["object"]
        self._changed()


def _version(seen: dict[str, Any]) -> int:
    # Comparable since Kubernetes 1.35, and in etcd always.
    return int(seen["metadata"]["resourceVersion"])
