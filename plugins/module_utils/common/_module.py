# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What every module shares: authentication options, checked numbers, the client, progress, and one way out."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.accelerated.nodes.plugins.module_utils.api._client import Client, client_from
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import CollectionError
from ansible_collections.accelerated.nodes.plugins.module_utils.common._interruption import Interrupted
from ansible_collections.accelerated.nodes.plugins.module_utils.common._progress import Progress
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._placements import owner_from
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._selection import Selection
from ansible_collections.kubernetes.core.plugins.module_utils.args_common import AUTH_ARG_SPEC

SELECTION_OPTIONS = {
    "node_pools": {"type": "list", "elements": "str"},
    "label_selectors": {"type": "list", "elements": "str"},
    "names": {"type": "list", "elements": "str"},
}
OWNER_OPTIONS = {
    "pods": {"type": "list", "elements": "str"},
    "jobs": {"type": "list", "elements": "str"},
}
PROGRESS_OPTIONS = {"progress_file": {"type": "path"}}


class AcceleratorModule:
    """An AnsibleModule with Kubernetes authentication, whose work is a function.

    :param options: the module's own options, as an argument_spec.
    """

    def __init__(self, options: dict, **kwargs: Any) -> None:
        self._module = AnsibleModule(argument_spec={**AUTH_ARG_SPEC, **options}, supports_check_mode=True, **kwargs)
        self.params = self._module.params
        self.check_mode = self._module.check_mode
        self.progress = Progress(self.params.get("progress_file"))

    def client(self) -> Client:
        """A client for the options.

        :raises CollectionError: as :func:`client_from`.
        """
        return client_from(self._module)

    def run(self, work: Callable[[AcceleratorModule], dict]) -> None:
        """Ends the process with what ``work`` returns, or with the sentence and the results of its CollectionError."""
        # What is kept of thousands of objects is no garbage, and looking for some among it would take most of the time.
        gc.set_threshold(200_000, 20, 100)
        try:
            result = work(self)
        except CollectionError as error:
            self._module.fail_json(msg=error.message, **self._ending(error.result))
        except Interrupted as interruption:
            # Where work has nothing of its own to say of it.
            self._module.fail_json(msg=f"The module was interrupted ({interruption.name}).")
        self._module.exit_json(**self._ending(result))

    def _ending(self, result: dict) -> dict:
        """The result without its ``warnings``, which are given."""
        for warning in result.pop("warnings", []):
            self._module.warn(warning)
        # At its end Python would look through all there is for garbage, which takes longer than the rest of the way out.
        gc.freeze()
        return result


def selection_from(params: dict) -> Selection:
    """The selection that the options name.

    :raises CollectionError: an option is given but empty.
    """
    refuse_empty(params, (*SELECTION_OPTIONS, *OWNER_OPTIONS))
    owners = [owner_from(kind, text) for option, kind in (("pods", "pod"), ("jobs", "job")) for text in params.get(option) or ()]
    return Selection(**{option: tuple(params.get(option) or ()) for option in SELECTION_OPTIONS}, owners=tuple(owners))


def refuse_empty(params: dict, options: Iterable[str]) -> None:
    """:raises CollectionError: an option is given but empty, which would quietly select everything."""
    for option in options:
        values = params.get(option)
        if values is not None and not [value for value in values if value and value.strip()]:
            raise CollectionError(f"{option} is empty, so it selects nothing: name at least one, or leave {option} out to select all.")


def positive(params: dict, option: str) -> int:
    """The option's value.

    :raises CollectionError: it is not above 0.
    """
    value = params[option]
    if value <= 0:
        raise CollectionError(f"{option} is {value}, but must be a number above 0.")
    return value
