"""An emulated account for the tests of the lab's AWS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.lab import aws
from tests.lab.state import AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, REGION, State


class Emulated:
    """A served account with the cluster ``lab``."""

    def __init__(self, directory: Path) -> None:
        self.emulator = aws.serve(0, State(directory))
        self.session = boto3.Session(AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, region_name=REGION)
        self._clients: dict[str, Any] = {}
        self.facts = aws.make_account(self.session, self.emulator.url, aws.ClusterRequest())

    def client(self, service: str) -> Any:
        """A boto3 client of ``service``."""
        if service not in self._clients:
            self._clients[service] = self.session.client(service, endpoint_url=self.emulator.url)
        return self._clients[service]


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulated]:
    """One account for a module's tests."""
    emulated = Emulated(tmp_path_factory.mktemp("aws"))
    yield emulated
    emulated.emulator.stop()
