"""Let tests import the collection by its name, as Ansible does, wherever the checkout is; share them out among workers."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible.plugins.loader import init_plugin_loader

from tests import shares

ROOT = Path(__file__).resolve().parent.parent

init_plugin_loader([str(ROOT / ".build" / "collections")])


def fixtures(item: pytest.Item) -> tuple[str, ...]:
    return tuple(getattr(item, "fixturenames", ()))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests in the order of their shares."""
    side_by_side = bool(shares.worker_of(os.environ))
    items.sort(key=lambda item: shares.place(item.location[0], fixtures(item), side_by_side))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test that would meet the wrong lab does not begin."""
    if complaint := shares.complaint(item.location[0], fixtures(item)):
        pytest.fail(complaint, pytrace=False)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """What hands the shares to the workers."""
    from xdist.scheduler import LoadScopeScheduling

    class Shares(LoadScopeScheduling):
        """Shares in the order in which they were collected."""

        def _split_scope(self, nodeid: str) -> str:
            return shares.share(nodeid.partition("::")[0])

    config.option.loadscopereorder = False
    return Shares(config, log)
