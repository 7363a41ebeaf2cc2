"""docs/molecule.md, walked as its reader walks it: another repository's role tests itself with Molecule on the lab.

Nothing leads it to the checkout but what the page says: a home directory of its own, with the collection installed in it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.guide_steps import steps
from tests.integration.test_guides import Walk

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "molecule.md"


@pytest.mark.lab
def test_a_strangers_role_tests_itself_on_the_lab(lab: dict[str, str], installed: None, tmp_path: Path) -> None:
    folder, home = tmp_path / "work", tmp_path / "home"
    folder.mkdir()
    home.mkdir()
    (folder / "accelerated.nodes").symlink_to(ROOT)
    foreign = ("ANSIBLE_COLLECTIONS_PATH", "K8S_AUTH_KUBECONFIG", "KUBECONFIG", "AWS_ENDPOINT_URL")
    walk = Walk(folder, {**{name: value for name, value in lab.items() if name not in foreign}, "HOME": str(home)})
    for step in steps(PAGE.read_text(encoding="utf-8")):
        walk.take(step)
    assert (home / ".ansible" / "collections" / "ansible_collections" / "accelerated" / "nodes" / "MANIFEST.json").is_file()
    assert not (home / ".ansible" / "collections" / "ansible_collections" / "accelerated" / "nodes").is_symlink()
