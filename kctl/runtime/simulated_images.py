"""The images of a simulated engine: names without layers."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from typing import IO

from kctl.runtime.image_archive import ArchivedImage
from kctl.runtime.image_spool import Spools
from kctl.runtime.image_types import ImageError, Progress, Sent, StoredImage, silent


class SimulatedImages:
    """Implements `kctl.runtime.image_types.ImageStore` over the names that an engine keeps.
    `answers` raises `HostUnreachable` while the host does not."""

    def __init__(self, names: set[str], answers: Callable[[], None]) -> None:
        self._names, self._answers = names, answers
        self._spools = Spools()

    def list(self, *, used: bool = False) -> Sequence[StoredImage]:
        del used
        self._answers()
        return [_stored(name) for name in sorted(self._names)]

    def find(self, name: str) -> StoredImage | None:
        self._answers()
        known = [each for each in self._names if name in (each, _stored(each).id)]
        return _stored(known[0]) if known else None

    def remove(self, name: str, *, force: bool = False) -> None:
        del force
        if self.find(name) is None:
            raise ImageError(f"Error response from daemon: No such image: {name}")
        self._names.discard(name)

    @contextlib.contextmanager
    def saved(self, name: str, progress: Progress = silent) -> Iterator[Sequence[ArchivedImage]]:
        if self.find(name) is None:
            raise ImageError(f"Error response from daemon: No such image: {name}")

        def fill(target: IO[bytes]) -> None:
            config = _config(name)
            upload = ArchivedImage(target, config, (name,), ()).upload()
            for chunk in upload:
                target.write(chunk)
            progress(upload.sent, upload.sent)

        with self._spools.shared(name, fill) as images:
            yield images

    def load(self, image: ArchivedImage, progress: Progress = silent) -> Sent:
        self._answers()
        sent = sum(len(chunk) for chunk in image.upload((), progress))
        self._names.update(image.names)
        return Sent(sent, image.whole)

    def platform(self) -> str:
        self._answers()
        return "linux/amd64"

    def disk_usage(self) -> int:
        self._answers()
        return 0


def _config(name: str) -> bytes:
    content = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Labels": {"simulated": name}},
        "rootfs": {"type": "layers", "diff_ids": []},
    }
    return json.dumps(content).encode()


def _stored(name: str) -> StoredImage:
    digest = hashlib.sha256(_config(name)).hexdigest()
    return StoredImage(f"sha256:{digest}", (name,), platform="linux/amd64")
