"""What a front was confirmed to serve, kept in the front's own container.

Any process must be able to tell, and the container's writable layer lives exactly as
long as the configuration in it.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from kctl.runtime.docker.imagetar import archive

if TYPE_CHECKING:
    from docker import APIClient

    from kctl.network.types import Front

PATH = "/.kctl-front.json"


@dataclass(frozen=True, slots=True)
class Manifest:
    """The confirmed configuration."""

    digest: str = ""
    workers: int = 0
    files: Mapping[str, str] = field(default_factory=dict)
    """path -> digest of its contents"""
    report: tuple[str, int, str] | None = None
    """where the front tells what it has to tell"""


def of(front: Front) -> Manifest:
    """The manifest that a front has once it is confirmed."""
    files = {path: hashlib.sha256(data).hexdigest()[:16] for path, data in front.files.items()}
    return Manifest(front.digest, front.workers, files, front.report)


def read(api: APIClient, container_id: str) -> Manifest:
    """The manifest in a container; an empty one where there is none yet."""
    from docker.errors import NotFound

    try:
        chunks, _ = api.get_archive(container_id, PATH)
    except NotFound:
        return Manifest()
    with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as tar:
        member = tar.extractfile(PATH.strip("/"))
        found = json.loads(member.read()) if member else {}
    report = found.get("report")
    return Manifest(
        found.get("digest", ""),
        found.get("workers", 0),
        found.get("files", {}),
        (report[0], report[1], report[2]) if report else None,
    )


def in_doubt(manifest: Manifest) -> Manifest:
    """What stands in a container while its configuration is changed: should that break off,
    nobody takes it for what was confirmed before, or is to be next."""
    return replace(manifest, digest="", files={})


def entry(manifest: Manifest) -> tuple[str, bytes, int]:
    """The manifest as a member of an archive for "/"."""
    found = {
        "digest": manifest.digest,
        "workers": manifest.workers,
        "files": dict(manifest.files),
        "report": manifest.report,
    }
    return PATH, json.dumps(found).encode(), 0o644


def write(api: APIClient, container_id: str, manifest: Manifest) -> None:
    api.put_archive(container_id, "/", archive([entry(manifest)]))


@dataclass
class Remembered:
    """What this process knows of one front's container."""

    container_id: str
    manifest: Manifest
    read_at: float
    drained: bool = False
    reloaded_at: float = 0.0


class FrontMemory:
    """By front name. Manifests are read again now and then: another process may hold the
    lease meanwhile."""

    KEPT_SECONDS = 10.0

    def __init__(self) -> None:
        self._known: dict[str, Remembered] = {}
        self._lock = threading.RLock()

    def get(self, api: APIClient, name: str, container_id: str) -> Remembered:
        """What the front's container is known to serve. Reading takes an engine some 50 ms,
        so no other front waits for it."""
        with self._lock:
            known = self._known.get(name)
        now = time.monotonic()
        if known is None or known.container_id != container_id:
            known = Remembered(container_id, read(api, container_id), now)
            self.put(name, known)
        elif now - known.read_at > self.KEPT_SECONDS:
            fresh = read(api, container_id)
            if fresh != known.manifest:
                known.manifest, known.drained = fresh, False
            known.read_at = now
        return known

    def put(self, name: str, known: Remembered) -> None:
        with self._lock:
            self._known[name] = known

    def forget(self, name: str) -> None:
        with self._lock:
            self._known.pop(name, None)
