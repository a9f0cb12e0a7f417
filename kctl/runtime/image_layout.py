"""OCI image layouts (image-layout.md of the OCI image specification) in an archive."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from kctl.runtime.image_archive import ArchivedImage, BadArchive, Blob, Files

_INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
_NAMES = ("io.containerd.image.name", "org.opencontainers.image.ref.name")
_DIGEST = re.compile(r"([a-z0-9]+):([a-f0-9]{32,})")
_DEPTH = 4
"""indexes within indexes"""


def images(files: Files) -> list[ArchivedImage]:
    """Every image whose parts are there, of every platform. Raises BadArchive."""
    try:
        index = files.json("index.json")
        found = [
            _image(files, descriptor, names) for descriptor, names in _walk(files, index, (), 0)
        ]
    except (KeyError, TypeError, AttributeError):
        raise BadArchive("invalid index.json") from None
    if not found:
        raise BadArchive("the archive holds no image")
    return found


def _walk(
    files: Files, index: Mapping[str, Any], names: tuple[str, ...], depth: int
) -> Iterator[tuple[Mapping[str, Any], tuple[str, ...]]]:
    """(descriptor, names) of the images of an index, those in further indexes among them.
    What the archive does not hold, and attestations, are left out."""
    if depth > _DEPTH:
        raise BadArchive("indexes are nested too deeply")
    for each in index["manifests"]:
        own = _named(each) or names
        platform = each.get("platform") or {}
        if platform.get("os") == "unknown" or _blob(files, each["digest"]) is None:
            continue
        if each.get("mediaType") in _INDEXES:
            yield from _walk(files, _checked(files, each), own, depth + 1)
        else:
            yield each, own


def _named(descriptor: Mapping[str, Any]) -> tuple[str, ...]:
    """A full name alone counts: "1.0" by itself names no repository."""
    notes = descriptor.get("annotations") or {}
    for key in _NAMES:
        name = str(notes.get(key) or "")
        if "/" in name or ":" in name:
            return (_short(name),)
    return ()


def _short(name: str) -> str:
    """As Docker shows it."""
    return name.removeprefix("docker.io/").removeprefix("library/")


def _image(files: Files, descriptor: Mapping[str, Any], names: tuple[str, ...]) -> ArchivedImage:
    manifest = _checked(files, descriptor)
    config = files.read(_path(manifest["config"]["digest"]))
    _verify(config, manifest["config"]["digest"])
    layers = tuple(_blob(files, each["digest"]) for each in manifest["layers"])
    return ArchivedImage(files.file, config, names, layers).check()


def _checked(files: Files, descriptor: Mapping[str, Any]) -> Any:
    path = _path(descriptor["digest"])
    _verify(files.read(path), descriptor["digest"])
    return files.json(path)


def _verify(data: bytes, digest: str) -> None:
    algorithm, _, wanted = digest.partition(":")
    if algorithm in ("sha256", "sha512") and hashlib.new(algorithm, data).hexdigest() != wanted:
        raise BadArchive(f"{digest}: the contents have another digest")


def _blob(files: Files, digest: str) -> Blob | None:
    return files.blob(_path(digest))


def _path(digest: str) -> str:
    match = _DIGEST.fullmatch(str(digest))
    if match is None:
        raise BadArchive(f"{digest!r} is not a digest")
    return f"blobs/{match[1]}/{match[2]}"
