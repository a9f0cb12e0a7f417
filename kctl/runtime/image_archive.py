"""Images in a file: what `docker save` writes, old and new, and OCI image layouts.

A file is never unpacked. What is kept of it is where each layer lies, so that a layer is
read from the file when it is sent, and not at all when the other side has it.

An archive is sent in Docker's own form (manifest.json, the configuration, the layers). The
engine opens a layer's file only when it does not know the chain of layers up to there; that
is how moby's loader (image/tarexport) works, and what lets known layers be left out.
"""

from __future__ import annotations

import hashlib
import json
import os
import posixpath
import tarfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import IO, Any

from kctl.runtime.image_types import Progress, silent

_CHUNK = 1 << 20
_MOST_JSON = 16 << 20
"""bytes of a manifest or a configuration"""
_BLOCK = tarfile.BLOCKSIZE


class BadArchive(Exception):
    """The file holds no image that can be read; the text says why."""


@dataclass(frozen=True, slots=True)
class Blob:
    """A range of the file, in bytes."""

    offset: int
    size: int


@dataclass(frozen=True)
class ArchivedImage:
    """One image of an archive. `layers` has the place of each layer, None for one that the
    archive does not hold."""

    file: IO[bytes]
    config: bytes
    names: tuple[str, ...]
    layers: tuple[Blob | None, ...]

    @cached_property
    def id(self) -> str:
        return f"sha256:{hashlib.sha256(self.config).hexdigest()}"

    @cached_property
    def _parsed(self) -> Mapping[str, Any]:
        found = _json(self.config, "the image's configuration")
        if not isinstance(found, dict):
            raise BadArchive("the image's configuration is not an object")
        return found

    @cached_property
    def diff_ids(self) -> tuple[str, ...]:
        """Digests of the layers' contents, the lowest layer first."""
        found = (self._parsed.get("rootfs") or {}).get("diff_ids") or []
        return tuple(str(each) for each in found)

    @cached_property
    def platform(self) -> str:
        """ "linux/amd64"."""
        parsed = self._parsed
        return f"{parsed.get('os') or 'linux'}/{parsed.get('architecture') or ''}"

    @property
    def whole(self) -> int:
        """Bytes of an upload that leaves nothing out but what the archive does not hold."""
        there = [diff for diff, blob in zip(self.diff_ids, self.layers, strict=True) if blob]
        missing = set(self.diff_ids) - set(there)
        known = [
            chain
            for diff, chain in zip(self.diff_ids, chains(self.diff_ids), strict=True)
            if diff in missing
        ]
        return len(self.upload(known))

    def check(self) -> ArchivedImage:
        """Raises BadArchive where it does not fit together."""
        if len(self.diff_ids) != len(self.layers):
            raise BadArchive(
                f"invalid manifest, layers length mismatch: expected {len(self.diff_ids)}, "
                f"got {len(self.layers)}"
            )
        for name in self.names:
            if not name.isprintable() or " " in name:
                raise BadArchive("invalid reference format")
        return self

    def upload(self, have: Collection[str] = (), progress: Progress = silent) -> Upload:
        """The archive to send to an engine that has these chains of layers already. Raises
        BadArchive where a layer is neither there nor here."""
        return Upload(self, have, progress)


def chains(diff_ids: Collection[str]) -> list[str]:
    """The chain ID up to each layer (OCI image specification, "Layer ChainID")."""
    found: list[str] = []
    for diff_id in diff_ids:
        if found:
            digest = hashlib.sha256(f"{found[-1]} {diff_id}".encode()).hexdigest()
            found.append(f"sha256:{digest}")
        else:
            found.append(diff_id)
    return found


class Upload:
    """The bytes of an archive, one chunk after the other; their number is known before."""

    def __init__(self, image: ArchivedImage, have: Collection[str], progress: Progress) -> None:
        self._image, self._progress = image, progress
        self.sent = 0
        self._parts: list[tuple[bytes, Blob | None]] = []
        named: list[str] = []
        sending: set[str] = set()
        for diff_id, chain, blob in zip(
            image.diff_ids, chains(image.diff_ids), image.layers, strict=True
        ):
            name = f"{diff_id.rpartition(':')[2]}.tar"
            named.append(name)
            if chain in have or name in sending:
                continue
            if blob is None:
                raise BadArchive(f"layer {diff_id} is not in the archive")
            sending.add(name)
            self._parts.append((_header(name, blob.size), blob))
        config = f"{image.id.rpartition(':')[2]}.json"
        manifest = [{"Config": config, "RepoTags": list(image.names) or None, "Layers": named}]
        self._parts.append((_small(config, image.config), None))
        self._parts.append((_small("manifest.json", json.dumps(manifest).encode()), None))
        self._parts.append((b"\0" * (2 * _BLOCK), None))

    @property
    def partial(self) -> bool:
        """Whether layers are left out."""
        return sum(blob is not None for _, blob in self._parts) < len(set(self._image.diff_ids))

    def __len__(self) -> int:
        return sum(
            len(head) + (_padded(blob.size) if blob is not None else 0)
            for head, blob in self._parts
        )

    def __iter__(self) -> Iterator[bytes]:
        total, self.sent = len(self), 0
        for chunk in self._chunks():
            yield chunk
            self.sent += len(chunk)
            self._progress(self.sent, total)

    def _chunks(self) -> Iterator[bytes]:
        descriptor = self._image.file.fileno()
        for head, blob in self._parts:
            yield head
            if blob is None:
                continue
            at, end = blob.offset, blob.offset + blob.size
            while at < end:
                chunk = os.pread(descriptor, min(_CHUNK, end - at), at)
                if not chunk:
                    raise BadArchive("unexpected EOF")
                at += len(chunk)
                yield chunk
            yield b"\0" * (_padded(blob.size) - blob.size)


def _padded(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK


def _header(name: str, size: int) -> bytes:
    entry = tarfile.TarInfo(name)
    entry.size = size
    return entry.tobuf(tarfile.GNU_FORMAT)


def _small(name: str, data: bytes) -> bytes:
    return _header(name, len(data)) + data + b"\0" * (_padded(len(data)) - len(data))


class Files:
    """The regular files of a tar, by their clean paths, links followed."""

    def __init__(self, file: IO[bytes]) -> None:
        """`file` is an uncompressed tar with a descriptor. Raises BadArchive."""
        self.file = file
        end = os.fstat(file.fileno()).st_size
        file.seek(0)
        try:
            with tarfile.open(fileobj=file, mode="r:") as tar:
                self._members = {_clean(each.name): each for each in tar}
        except (tarfile.TarError, EOFError, ValueError, OverflowError) as error:
            words = "unexpected EOF" if "unexpected end of data" in str(error) else str(error)
            raise BadArchive(f"archive/tar: {words}") from None
        for member in self._members.values():
            if member.isreg() and member.offset_data + member.size > end:
                raise BadArchive("unexpected EOF")

    def __contains__(self, path: str) -> bool:
        return self.blob(path) is not None

    def blob(self, path: str) -> Blob | None:
        """Where a file's contents lie; None where there is no such file."""
        path = _clean(path)
        for _ in range(8):
            member = self._members.get(path)
            if member is None:
                return None
            if member.issym():
                path = _clean(posixpath.join(posixpath.dirname(path), member.linkname))
            elif member.islnk():
                path = _clean(member.linkname)
            elif member.isreg() and member.sparse is None:
                return Blob(member.offset_data, member.size)
            else:
                return None
        return None

    def read(self, path: str) -> bytes:
        """A small file's contents. Raises BadArchive."""
        blob = self.blob(path)
        if blob is None:
            raise BadArchive(f"{path}: no such file in the archive")
        if blob.size > _MOST_JSON:
            raise BadArchive(f"{path} is too large: {blob.size} bytes")
        return os.pread(self.file.fileno(), blob.size, blob.offset)

    def json(self, path: str) -> Any:
        return _json(self.read(path), path)


def _clean(path: str) -> str:
    return posixpath.normpath(f"/{path}").lstrip("/")


def _json(data: bytes, what: str) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise BadArchive(f"{what} is not valid JSON") from None


def read(file: IO[bytes]) -> list[ArchivedImage]:
    """The images of an archive; the file stays open as long as they are used. Raises
    BadArchive."""
    files = Files(file)
    if "manifest.json" in files:
        return _docker(files)
    if "index.json" in files:
        from kctl.runtime.image_layout import images

        return images(files)
    raise BadArchive("unrecognized image format: neither manifest.json nor index.json is there")


def _docker(files: Files) -> list[ArchivedImage]:
    manifests = files.json("manifest.json")
    try:
        found = [
            ArchivedImage(
                file=files.file,
                config=files.read(str(each["Config"])),
                names=tuple(str(name) for name in each.get("RepoTags") or ()),
                layers=tuple(files.blob(str(path)) for path in each.get("Layers") or ()),
            ).check()
            for each in manifests
        ]
    except (KeyError, TypeError, AttributeError):
        raise BadArchive("invalid manifest.json") from None
    if not found:
        raise BadArchive("the archive holds no image")
    return found


def fitting(images: Sequence[ArchivedImage], platform: str) -> ArchivedImage:
    """Of the images of one name, the one for a platform, or the only one. Raises
    BadArchive."""
    if len(images) == 1:
        return images[0]
    for image in images:
        if image.platform == platform:
            return image
    raise BadArchive(f"there is no image for {platform}")
