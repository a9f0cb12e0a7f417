"""Loading an image into an engine, without the layers that it has.

An engine knows the chains of layers of all its images. A layer of an archive whose chain it
knows is never opened there (moby, image/tarexport/load.go), so it need not be sent. Engines
with the containerd image store want every layer.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

from kctl.runtime.image_archive import ArchivedImage, Upload, chains
from kctl.runtime.image_types import ImageError, Progress, Sent
from kctl.runtime.threads import Threads

if TYPE_CHECKING:
    import requests

    from kctl.runtime.docker.client import Engine

_ASKERS = 8
_SNAPSHOTTER = "io.containerd.snapshotter.v1"


class Loader:
    """Loads into one engine; remembers the layers of its images, which never change."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._layers: dict[str, tuple[str, ...]] = {}
        self._whole: bool | None = None

    def load(self, image: ArchivedImage, progress: Progress) -> Sent:
        """Raises `ImageError`, docker's APIError, and BadArchive."""
        if self._named(image):
            progress(1, 1)
            return Sent(0, image.whole)
        have = set() if self._wants_all() else self._chains()
        upload = image.upload(have, progress)
        try:
            self._send(upload)
        except ImageError:
            if not upload.partial or None in image.layers:
                raise
            upload = image.upload((), progress)  # it lost layers meanwhile, or wants them all
            self._send(upload)
        return Sent(upload.sent, image.whole)

    def _named(self, image: ArchivedImage) -> bool:
        """The engine has the image already: give it its names."""
        from docker.errors import ImageNotFound

        try:
            self._engine.inspect_image(image.id)
        except ImageNotFound:
            return False
        with self._engine.patient() as api:
            for name in image.names:
                repository, _, tag = name.rpartition(":")
                cast(Any, api).tag(image.id, repository, tag, force=True)
        return True

    def _wants_all(self) -> bool:
        if self._whole is None:
            with self._engine.quick() as api:
                status: Iterable[Any] = api.info().get("DriverStatus") or ()
            self._whole = ["driver-type", _SNAPSHOTTER] in [list(each) for each in status]
        return self._whole

    def _chains(self) -> set[str]:
        """The chains of layers of all the engine's images."""
        with self._engine.quick() as api:
            known = {row["Id"] for row in cast(Any, api).images(all=True)}
        missing = [each for each in known if each not in self._layers]
        with Threads(_ASKERS) as pool:
            for identity, layers in zip(missing, pool.map(self._ask, missing), strict=True):
                if layers is not None:
                    self._layers[identity] = layers
        return {chain for each in known for chain in chains(self._layers.get(each, ()))}

    def _ask(self, identity: str) -> tuple[str, ...] | None:
        """The layers of an image; None when it went meanwhile."""
        from docker.errors import ImageNotFound

        try:
            found: Mapping[str, Any] = self._engine.inspect_image(identity)
        except ImageNotFound:
            return None
        return tuple((found.get("RootFS") or {}).get("Layers") or ())

    def _send(self, upload: Upload) -> None:
        with self._engine.patient() as api:
            url = f"{api.base_url}/v{api.api_version}/images/load"
            headers = {"Content-Type": "application/x-tar"}
            answer = cast(Any, api).post(
                url, data=upload, headers=headers, stream=True, timeout=api.timeout
            )
            with answer:
                check(answer)
                for line in answer.iter_lines():
                    _raise_error(line)


def _raise_error(line: bytes) -> None:
    """A failure in the stream of progress."""
    try:
        said = json.loads(line) if line else {}
    except ValueError:
        return
    if isinstance(said, dict) and said.get("error"):
        raise ImageError(f"Error response from daemon: {said['error']}")


def check(answer: requests.Response) -> None:
    """Raises `ImageError` for a refusal."""
    if answer.status_code < 400:
        return
    words = answer.text
    try:
        words = json.loads(words)["message"]
    except (ValueError, KeyError, TypeError):
        words = words.strip() or f"status {answer.status_code}"
    raise ImageError(f"Error response from daemon: {words}")
