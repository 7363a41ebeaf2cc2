"""Container images, written by tarfile: busybox and the stand-in tool, one image for each thing that can go wrong."""

from __future__ import annotations

import hashlib
import io
import json
import platform
import shutil
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.lab.real.settings import REGISTRY
from tests.lab.state import BIN_DIR

#: What the shell of a check may call.
APPLETS = ("sh", "cat", "date", "echo", "env", "false", "head", "ls", "printf", "sleep", "test", "timeout", "true")
#: The names under which the tool's program is known in the container; ``pause`` keeps a pod's sandbox.
TOOLS = ("nvidia-smi", "neuron-ls", "confinement", "pause")
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True)
class Image:
    """A row of the table: the name below the registry, what goes wrong (``LAB_FAULT``), whether it has the tool."""

    name: str
    fault: str = ""
    tools: tuple[str, ...] = TOOLS

    @property
    def reference(self) -> str:
        """The image's name for a pod."""
        return f"{REGISTRY}/{self.name}"


#: Under the names of the collection's default images too: whoever asks for them gets these.
IMAGES = (
    Image("pause:lab"),
    Image("amazonlinux/amazonlinux:2023-minimal"),
    Image("neuron/neuron-monitor:1.3.0"),
    Image("tool:no-tool", tools=()),
    *(Image(f"tool:{fault}", fault) for fault in ("exit-14", "needs-reset", "truncated", "not-utf8", "enormous", "hang", "out-of-memory")),
)


def write(image: Image, path: Path) -> None:
    """Write an image as ``docker save`` does."""
    layer = _layer(image.tools)
    environment = {"PATH": "/usr/bin:/bin", "LAB_FAULT": image.fault}
    config = {
        "architecture": ARCHITECTURES[platform.machine()],
        "os": "linux",
        "config": {"Env": [f"{name}={value}" for name, value in environment.items()], "Entrypoint": ["/usr/bin/pause"]},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
        "history": [],
    }
    manifest = [{"Config": "config.json", "RepoTags": [image.reference], "Layers": ["layer.tar"]}]
    files = {"manifest.json": json.dumps(manifest).encode(), "config.json": json.dumps(config).encode(), "layer.tar": layer}
    path.write_bytes(_archive({name: (content, 0o644) for name, content in files.items()}, {}))


def _layer(tools: tuple[str, ...]) -> bytes:
    busybox = Path(shutil.which("busybox") or "/bin/busybox").read_bytes()
    programs = {"bin/busybox": (busybox, 0o755), "bin/accelerator-tool": ((BIN_DIR / "accelerator-tool").read_bytes(), 0o755)}
    links = {f"bin/{name}": "busybox" for name in APPLETS}
    links |= {f"usr/bin/{name}": "../../bin/accelerator-tool" for name in tools}
    return _archive(programs, links)


def _archive(files: Mapping[str, tuple[bytes, int]], links: Mapping[str, str]) -> bytes:
    """A tar archive, the same for the same content."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, (content, mode) in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), mode
            archive.addfile(entry, io.BytesIO(content))
        for name, target in links.items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            archive.addfile(entry)
    return buffer.getvalue()
