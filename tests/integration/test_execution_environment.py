"""The execution environment, as far as it goes without a container runtime: introspected, its context created, its own step run."""

from __future__ import annotations

import hashlib
import platform
import re
import shlex
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DEFINITION = ROOT / "extensions" / "ee" / "execution-environment.yml"
BUILDER = Path(sys.executable).parent / "ansible-builder"
# Of the lab, with which the roles are tested.
HELM = re.search(r"helm\.sh/helm/v4 v(\S+)", (ROOT / "tests" / "lab" / "go" / "helm" / "go.mod").read_text())[1]
PROCESSOR = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]


def build(*words: str | Path) -> str:
    return subprocess.run([BUILDER, *words], check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("context")
    build("create", "--file", DEFINITION, "--context", place, "--output-filename", "Containerfile")
    return place


def test_collection_tells_what_it_needs(tmp_path: Path) -> None:
    """As an image is built with it: from where collections are installed."""
    place = tmp_path / "ansible_collections" / "accelerated"
    place.mkdir(parents=True)
    (place / "nodes").symlink_to(ROOT)
    found = yaml.safe_load(build("introspect", tmp_path))
    wanted = [line for line in (ROOT / "requirements.txt").read_text().splitlines() if not line.startswith("#")]
    assert [line.split("  #")[0] for line in found["python"]] == wanted
    assert [line.split("  #")[0] for line in found["system"]] == ["kubernetes-client [platform:fedora]"]


def test_context_holds_what_the_image_is_made_of(context: Path) -> None:
    assert [each["name"] for each in yaml.safe_load((context / "_build" / "requirements.yml").read_text())["collections"]] == [
        "accelerated.nodes"
    ]
    assert (context / "_build" / "requirements.txt").read_text().split() == ["awscli", "kubernetes!=37.0.2"]
    assert (context / "_build" / "helm" / "install-helm.sh").read_bytes() == (DEFINITION.parent / "install-helm.sh").read_bytes()
    steps = (context / "Containerfile").read_text()
    final = steps[steps.index("FROM base AS final") :]
    assert "COPY _build/helm/ /tmp/helm/" in final
    assert f"ARG HELM_VERSION={HELM}\n" in final, "the version that the tests run with"


def helm_archive(place: Path) -> str:
    """An archive such as a release of Helm; its SHA-256."""
    program = place / "helm"
    program.write_text("#!/bin/sh\necho this is helm\n")
    program.chmod(0o755)
    with tarfile.open(place / "helm.tgz", "w:gz") as archive:
        archive.add(program, f"linux-{PROCESSOR}/helm")
    return hashlib.sha256((place / "helm.tgz").read_bytes()).hexdigest()


def install(context: Path, place: Path, version: str, checksum: str, url: str) -> subprocess.CompletedProcess[str]:
    """The step as the context has it, on this machine: with other places for its script and for the program."""
    (step,) = re.findall(r"^RUN (/bin/sh .*install-helm\.sh .*?) && ", (context / "Containerfile").read_text(), re.MULTILINE)
    step = step.replace("/tmp/helm/", f"{shlex.quote(str(context / '_build' / 'helm'))}/")
    variables = {"HELM_VERSION": version, "HELM_SHA256": checksum, "HELM_URL": url, "PATH": "/usr/local/bin:/usr/bin:/bin"}
    return subprocess.run(["sh", "-c", f"{step} {place / 'bin'}"], env=variables, capture_output=True, text=True, check=False)


def test_helm_is_installed_if_its_sum_is_right(context: Path, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    checksum = helm_archive(tmp_path)
    done = install(context, tmp_path, "4.0.0", checksum, (tmp_path / "helm.tgz").as_uri())
    assert done.returncode == 0, done.stderr
    assert subprocess.run([tmp_path / "bin" / "helm"], check=True, capture_output=True, text=True).stdout == "this is helm\n"


@pytest.mark.parametrize(("checksum", "says"), [("", "HELM_SHA256 is not set"), ("0" * 64, "and should have 000")])
def test_helm_is_refused_without_its_sum(context: Path, tmp_path: Path, checksum: str, says: str) -> None:
    (tmp_path / "bin").mkdir()
    helm_archive(tmp_path)
    done = install(context, tmp_path, "4.0.0", checksum, (tmp_path / "helm.tgz").as_uri())
    assert done.returncode != 0
    assert says in done.stderr
    assert list((tmp_path / "bin").iterdir()) == []
