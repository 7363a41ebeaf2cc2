# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The collection's version, for what a module writes down: on the machine where it runs there is no galaxy.yml."""

from __future__ import annotations

COLLECTION_VERSION = "0.1.0"
