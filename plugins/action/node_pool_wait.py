# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Shows progress while the module node_pool_wait runs."""

from __future__ import annotations

from ansible_collections.accelerated.nodes.plugins.plugin_utils._progress_action import ProgressAction


class ActionModule(ProgressAction):
    """The module's options are the plugin's."""
