"""Images that kctl makes itself: files in, an image with a content-digest tag out.

Nothing is pulled. The tag is a digest of the contents, so the same contents are one
image however often they are asked for, and an image that stands is never changed.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from kctl.runtime.docker import labels

if TYPE_CHECKING:
    from kctl.runtime.docker.client import Engine

File = tuple[str, bytes, int]
"""(absolute path, contents, mode)"""


def archive(files: Iterable[File], links: Iterable[tuple[str, str]] = ()) -> bytes:
    """A tar of files, symbolic links (path, target) and the folders they need; the same
    files give the same bytes."""
    out = io.BytesIO()
    folders: set[str] = set()
    with tarfile.open(fileobj=out, mode="w") as tar:

        def parents(path: str) -> None:
            steps = path.split("/")[:-1]
            for depth in range(1, len(steps) + 1):
                folder = "/".join(steps[:depth])
                if folder and folder not in folders:
                    folders.add(folder)
                    entry = tarfile.TarInfo(folder)
                    entry.type, entry.mode = tarfile.DIRTYPE, 0o755
                    tar.addfile(entry)

        for path, target in sorted(links):
            parents(path.strip("/"))
            entry = tarfile.TarInfo(path.strip("/"))
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            tar.addfile(entry)
        for path, contents, mode in sorted(files):
            parents(path.strip("/"))
            entry = tarfile.TarInfo(path.strip("/"))
            entry.size, entry.mode = len(contents), mode
            tar.addfile(entry, io.BytesIO(contents))
    return out.getvalue()


class OwnImages:
    """Makes images on one engine; remembers which ones stand there."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._standing: set[str] = set()
        self._lock = threading.Lock()

    def ensure(self, name: str, contents: bytes, changes: Iterable[str] = ()) -> str:
        """The tag of an image with these contents (a tar), made if it is missing.

        `changes` are Dockerfile lines for its configuration."""
        lines = [*changes, f"LABEL {labels.IMAGE}={name}"]
        digest = hashlib.sha256("\n".join(lines).encode() + b"\0" + contents).hexdigest()[:12]
        reference = f"{name}:{digest}"
        with self._lock:
            if reference not in self._standing:
                self._import(name, digest, contents, lines)
                self._standing.add(reference)
        return reference

    def forget(self) -> None:
        """After somebody removed images behind our back."""
        self._standing.clear()

    def _import(self, name: str, tag: str, contents: bytes, changes: list[str]) -> None:
        from docker.errors import ImageNotFound

        try:
            self._engine.inspect_image(f"{name}:{tag}")
        except ImageNotFound:
            with self._engine.patient() as api:
                api.import_image_from_data(contents, repository=name, tag=tag, changes=changes)
