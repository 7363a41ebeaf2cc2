"""What a release is made of: a tarball that comes out the same, holds what it must, and documents itself where it is installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import yaml

from tests.integration.conftest import Run
from tools.release import readiness, sbom, tarball
from tools.release.__main__ import SUMS, install, make
from tools.release.importer import complaints

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = Path(sys.executable).parent
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
# What users, Galaxy and their tools look for.
NEEDED = {"README.md", "LICENSE", "CHANGELOG.rst", "changelogs/changelog.yaml", "requirements.txt", "meta/runtime.yml"}
NEEDED |= {"meta/execution-environment.yml", "meta/ee-bindep.txt", "extensions/ee/execution-environment.yml", "docs/architecture.md"}
NEEDED |= {"extensions/eda/rulebooks/verify_on_device_alert.yml", "examples/inventory/hosts.yml", "playbooks/verify.yml"}
NEEDED |= {f"plugins/modules/{name}.py" for name in MODULES}
# What only a developer has, or what says something about one.
FORBIDDEN = (
    ".git",
    ".github/",
    ".ci/",
    ".venv",
    ".build",
    "build/",
    "tests/",
    "tools/",
    "Makefile",
    "pyproject.toml",
    "requirements-dev",
    "reports/",
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("release") / "made")


@pytest.fixture(scope="module")
def collections(built: Path) -> Path:
    """A collections path that holds nothing but what the tarball installs."""
    place = built.parent / "collections"
    install(built, place)
    return place


def contents(built: Path) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(built) as archive:
        return {member.name: member for member in archive.getmembers()}


def test_the_same_source_gives_the_same_bytes(built: Path, tmp_path: Path) -> None:
    """From another folder, whose files are younger and were made in another order."""
    source = tarball.stage(tmp_path / "first")
    other = tmp_path / "other"
    for path in sorted(source.rglob("*"), reverse=True):
        if path.is_file():
            target = other / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
            target.chmod(path.stat().st_mode)
    again = tarball.build(other, tmp_path / "again", tarball.commit_time())
    assert again.read_bytes() == built.read_bytes()


def test_tarball_tells_nothing_of_who_built_it(built: Path) -> None:
    members = contents(built).values()
    assert {(member.uid, member.gid, member.uname, member.gname, member.mtime) for member in members} == {
        (0, 0, "", "", tarball.commit_time())
    }


def test_tarball_holds_what_it_must_and_nothing_of_the_developers(built: Path) -> None:
    names = set(contents(built))
    assert NEEDED - names == set()
    assert [name for name in names if name.startswith(FORBIDDEN) or "__pycache__" in name] == []


def test_sums_are_those_of_the_files(built: Path) -> None:
    assert len((built.parent / SUMS).read_text().splitlines()) == 2
    done = subprocess.run(["sha256sum", "--check", "--strict", SUMS], cwd=built.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_sbom_names_the_tarball_and_what_it_needs(built: Path) -> None:
    """As the standard's schema has it: ``make`` refuses another."""
    (path,) = built.parent.glob("*.cdx.json")
    text = path.read_text()
    sbom.check(text)
    document = json.loads(text)
    sums = dict(reversed(line.split("  ")) for line in (built.parent / SUMS).read_text().splitlines())
    assert document["metadata"]["component"]["hashes"] == [{"alg": "SHA-256", "content": sums[built.name]}]
    versions = {each["name"]: each["version"] for each in document["components"]}
    locked = dict(
        line.split(" ")[0].split("==") for line in (ROOT / "requirements-dev.lock").read_text().splitlines() if "==" in line.split(" ")[0]
    )
    assert {"kubernetes", "boto3", "botocore", "kubernetes.core", "amazon.aws"} <= set(versions)
    assert {name: version for name, version in versions.items() if name in locked and locked[name] != version} == {}
    assert [each["name"] for each in document["components"] if not each.get("licenses")] == []


def test_what_is_no_sbom_is_refused(built: Path) -> None:
    (path,) = built.parent.glob("*.cdx.json")
    with pytest.raises(sbom.InvalidSbom, match="CycloneDX"):
        sbom.check(path.read_text().replace('"type": "library"', '"type": "collection"'))


def test_installed_modules_document_themselves(collections: Path, tmp_path: Path) -> None:
    environment = os.environ | {"ANSIBLE_COLLECTIONS_PATH": str(collections)}
    command = [PROGRAMS / "ansible-doc", "--json", *(f"accelerated.nodes.{name}" for name in MODULES)]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    documented = json.loads(done.stdout)
    assert sorted(documented) == [f"accelerated.nodes.{name}" for name in MODULES]
    assert {Path(each["doc"]["filename"]).is_relative_to(collections) for each in documented.values()} == {True}


def released(place: Path) -> Path:
    """A copy of the collection as after the release of its changelog."""
    source = tarball.stage(place)
    # Which files there are is asked of git.
    for words in (["init", "--quiet"], ["add", "--all"]):
        subprocess.run(["git", *words], cwd=source, check=True)
    command = [PROGRAMS / "antsibull-changelog", "release"]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return source


def test_a_version_without_its_changelog_is_no_release(tmp_path: Path) -> None:
    source = tarball.stage(tmp_path / "source")
    (source / "changelogs" / "changelog.yaml").write_text("ancestor: null\nreleases: {}\n")
    with pytest.raises(readiness.NotReady, match="run antsibull-changelog release"):
        readiness.check_changelog(source)


def test_the_changelog_can_be_released_as_it_is(tmp_path: Path) -> None:
    """Every fragment goes into it; one that comes later keeps the version from being a release again."""
    source = released(tmp_path / "source")
    readiness.check_changelog(source)
    version = yaml.safe_load((source / "galaxy.yml").read_text())["version"]
    assert f"v{version}\n" in (source / "CHANGELOG.rst").read_text()
    (source / "changelogs" / "fragments" / "later.yml").write_text("minor_changes: [later]\n")
    with pytest.raises(readiness.NotReady, match=r"later\.yml"):
        readiness.check_changelog(source)


def test_what_is_not_committed_is_no_release(tmp_path: Path) -> None:
    for words in (["init", "--quiet"], ["commit", "--quiet", "--allow-empty", "--message", "x"]):
        subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x@example.com", *words], cwd=tmp_path, check=True)
    readiness.check_committed(tmp_path)
    (tmp_path / "new").touch()
    with pytest.raises(readiness.NotReady, match="the first of them new"):
        readiness.check_committed(tmp_path)


@pytest.mark.proof
def test_galaxy_would_take_it(built: Path) -> None:
    assert complaints(built) == []


@pytest.mark.proof
@pytest.mark.lab
def test_verify_works_from_what_is_installed(example_pools: None, play: Run, collections: Path, tmp_path: Path) -> None:
    """With the pools of the example; the report says that it looked at nodes."""
    where = json.dumps({"accelerator_verify_report_dir": str(tmp_path)})
    output = play("accelerated.nodes.verify", "-vv", "-e", where, ANSIBLE_COLLECTIONS_PATH=str(collections))
    assert f"{collections}/ansible_collections/accelerated/nodes/roles/accelerator_verify/tasks/present.yml" in output
    (report,) = tmp_path.glob("*.json")
    assert json.loads(report.read_text())["summary"]["passed"] > 0
