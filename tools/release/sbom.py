"""The SBOM of a tarball: the collection, the collections and the Python packages that it needs, and whose they are, as CycloneDX 1.6.

Versions are those of the developer environment, which the lock pins and the tests run with; a user's are those that the floors in galaxy.yml
and requirements.txt let in.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml
from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import License, LicenseAcknowledgement
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.sanity import BUNDLED

OURS = "GPL-3.0-or-later"
# As their README files say; a collection's metadata only names the file.
LICENSES = {"kubernetes.core": "GPL-3.0-or-later", "amazon.aws": "GPL-3.0-or-later"}
MEANING = "tested with; others are let in by galaxy.yml and requirements.txt"


class InvalidSbom(Exception):
    """What was made does not pass the standard's schema; the message has the first fault."""


def write(tarball: Path, source: Path, seconds: int) -> Path:
    """The SBOM beside ``tarball``, whose collection is in the folder ``source``.

    :raises InvalidSbom: it is none.
    """
    text = JsonV1Dot6(bill(tarball, source, seconds)).output_as_string(indent=2) + "\n"
    check(text)
    target = tarball.with_name(tarball.name.removesuffix(".tar.gz") + ".cdx.json")
    target.write_text(text)
    return target


def check(text: str) -> None:
    """:raises InvalidSbom: ``text`` does not pass the standard's schema, its formats included."""
    fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if fault is not None:
        raise InvalidSbom(f"The SBOM does not pass the schema of CycloneDX 1.6: {fault}")


def bill(tarball: Path, source: Path, seconds: int) -> Bom:
    """What :func:`write` writes."""
    galaxy = yaml.safe_load((source / "galaxy.yml").read_text())
    content = hashlib.sha256(tarball.read_bytes()).hexdigest()
    bom = Bom(serial_number=uuid.uuid5(uuid.NAMESPACE_URL, f"{galaxy['repository']}#{content}"))
    bom.metadata.timestamp = datetime.fromtimestamp(seconds, UTC)
    root = _collection(f"{galaxy['namespace']}.{galaxy['name']}", galaxy["version"], OURS)
    root.hashes.add(HashType(alg=HashAlgorithm.SHA_256, content=content))
    root.external_references.add(ExternalReference(type=ExternalReferenceType.VCS, url=XsUri(galaxy["repository"])))
    bom.metadata.component = root
    packages = _Packages(bom)
    needed = [packages.component(name) for name in _requirements(source)]
    needed += [_needed_collection(bom, packages, name) for name in galaxy["dependencies"]]
    bom.register_dependency(root, [each for each in needed if each])
    return bom


def _collection(name: str, version: str, licence: str) -> Component:
    component = Component(
        type=ComponentType.LIBRARY,
        name=name,
        version=version,
        bom_ref=f"collection:{name}@{version}",
        purl=PackageURL("generic", name=name, version=version),
    )
    component.licenses.add(_licence(licence))
    return component


def _needed_collection(bom: Bom, packages: _Packages, name: str) -> Component:
    """A collection of the developer environment, with the Python packages that it needs there."""
    place = BUNDLED.joinpath(*name.split("."))
    version = json.loads((place / "MANIFEST.json").read_text())["collection_info"]["version"]
    component = _collection(name, version, LICENSES[name])
    component.properties.add(Property(name="accelerated.nodes:version", value=MEANING))
    bom.components.add(component)
    bom.register_dependency(component, [each for each in map(packages.component, _requirements(place)) if each])
    return component


def _requirements(place: Path) -> list[str]:
    """Names of the packages in a collection's requirements.txt."""
    lines = (line.split("#")[0].strip() for line in (place / "requirements.txt").read_text().splitlines())
    return [Requirement(line).name for line in lines if line]


class _Packages:
    """Python packages of the developer environment as components of ``bom``, each with what it needs in turn."""

    def __init__(self, bom: Bom) -> None:
        self._bom = bom
        self._known: dict[str, Component] = {}

    def component(self, name: str) -> Component | None:
        """None for one that is not installed here: what needs it does so only in part."""
        name = canonicalize_name(name)
        if name in self._known:
            return self._known[name]
        try:
            found = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            return None
        component = self._known[name] = _package(name, found)
        self._bom.components.add(component)
        needed = [self.component(each) for each in _needs(found.requires or ())]
        self._bom.register_dependency(component, [each for each in needed if each])
        return component


def _package(name: str, found: metadata.Distribution) -> Component:
    purl = PackageURL("pypi", name=name, version=found.version)
    component = Component(type=ComponentType.LIBRARY, name=name, version=found.version, bom_ref=str(purl), purl=purl)
    component.properties.add(Property(name="accelerated.nodes:version", value=MEANING))
    told = _told_licence(found.metadata)
    if told:
        component.licenses.add(_licence(told))
    return component


def _needs(requirements: Iterable[str]) -> Iterator[str]:
    """Names of what a package needs here, without extras."""
    for text in requirements:
        requirement = Requirement(text)
        if not requirement.marker or requirement.marker.evaluate({"extra": ""}):
            yield requirement.name


def _told_licence(told: Any) -> str:
    """What a package says of its licence: an expression, a short text, or the last word of a classifier."""
    text = told.get("License-Expression") or told.get("License") or ""
    if text and "\n" not in text and len(text) < 80:
        return text
    classifiers = [each.rsplit(" :: ", 1)[1] for each in told.get_all("Classifier") or () if each.startswith("License :: ")]
    return classifiers[0] if classifiers else ""


def _licence(text: str) -> License:
    """By its SPDX identifier or expression where it is one."""
    return LicenseFactory().make_from_string(text, license_acknowledgement=LicenseAcknowledgement.DECLARED)
