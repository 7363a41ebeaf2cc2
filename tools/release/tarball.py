"""The collection's tarball, byte for byte the same from the same commit, wherever and whenever it is built.

ansible-galaxy takes files in the order of the file system, and times from the files and the clock. So what it builds is written anew: its
list of files sorted, all times the commit's.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import shutil
import subprocess
import tarfile
from pathlib import Path

from tools.sanity import ROOT, tracked_files

MANIFEST, FILES = "MANIFEST.json", "FILES.json"


def commit_time() -> int:
    """Seconds since 1970 of the commit that is checked out, which is SOURCE_DATE_EPOCH for what is built of it."""
    return int(subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=ROOT, check=True, capture_output=True, text=True).stdout)


def stage(place: Path) -> Path:
    """A copy of what git tracks or would track: nothing else of the checkout comes into a tarball."""
    for name in tracked_files(()):
        target = place / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target)
    return place


def build(source: Path, target: Path, seconds: int) -> Path:
    """The tarball of the collection in ``source``, in the folder ``target``.

    :param seconds: the time of all that is in it, since 1970.
    """
    target.mkdir(parents=True, exist_ok=True)
    command = ["ansible-galaxy", "collection", "build", "--force", "--output-path", str(target), str(source)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    (built,) = target.glob("*.tar.gz")
    built.write_bytes(normal(built.read_bytes(), seconds))
    return built


def normal(tarball: bytes, seconds: int) -> bytes:
    """The same collection, sorted and with one time; pure.

    :param tarball: as ansible-galaxy builds it.
    """
    with tarfile.open(fileobj=io.BytesIO(tarball)) as archive:
        members = {member.name: member for member in archive.getmembers()}
        contents = {name: archive.extractfile(member).read() for name, member in members.items() if member.isfile()}
    files = json.loads(contents[FILES])
    files["files"].sort(key=lambda each: each["name"])
    contents[FILES] = _json(files)
    manifest = json.loads(contents[MANIFEST])
    manifest["file_manifest_file"]["chksum_sha256"] = hashlib.sha256(contents[FILES]).hexdigest()
    contents[MANIFEST] = _json(manifest)
    # The manifest comes first, where it is looked for.
    order = [MANIFEST, FILES, *sorted(set(members) - {MANIFEST, FILES})]
    return _compressed(_packed([members[name] for name in order], contents, seconds))


def _json(document: dict) -> bytes:
    return (json.dumps(document, indent=1) + "\n").encode()


def _packed(members: list[tarfile.TarInfo], contents: dict[str, bytes], seconds: int) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for member in members:
            member.mtime, member.uid, member.gid, member.uname, member.gname = seconds, 0, 0, "", ""
            member.pax_headers = {}
            content = contents.get(member.name, b"")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content) if member.isfile() else None)
    return packed.getvalue()


def _compressed(packed: bytes) -> bytes:
    """Without a name and a time in the header."""
    compressed = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=compressed, mode="wb", mtime=0) as stream:
        stream.write(packed)
    return compressed.getvalue()
