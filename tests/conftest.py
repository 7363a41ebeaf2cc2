"""Let tests import the collection by its name, as Ansible does, wherever the checkout is."""

from pathlib import Path

from ansible.plugins.loader import init_plugin_loader

ROOT = Path(__file__).resolve().parent.parent

init_plugin_loader([str(ROOT / ".build" / "collections")])
