"""The images of one Docker engine: list, find, remove, save, load."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from typing import IO, TYPE_CHECKING, Any, cast

from kctl.runtime.docker import imageload
from kctl.runtime.docker.client import explanation
from kctl.runtime.docker.images import ImageProblem, familiar
from kctl.runtime.image_spool import Spools
from kctl.runtime.image_types import ImageError, Progress, Sent, StoredImage, silent

if TYPE_CHECKING:
    from kctl.runtime.docker.client import Engine
    from kctl.runtime.image_archive import ArchivedImage

Object = dict[str, Any]
_CHUNK = 1 << 20
_SAVE_SECONDS = 600
"""An engine before 25 writes the whole archive to its disk before it sends the first byte."""


@contextlib.contextmanager
def refusals() -> Iterator[None]:
    """The engine's refusals become `ImageError` with its words."""
    from docker.errors import APIError

    try:
        yield
    except APIError as error:
        raise ImageError(explanation(error)) from None


class DockerImages:
    """Implements `kctl.runtime.image_types.ImageStore`."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._spools = Spools()
        self._loader = imageload.Loader(engine)

    def list(self, *, used: bool = False) -> Sequence[StoredImage]:
        with refusals(), self.engine.quick() as api:
            rows = api.images()
            busy = {each["ImageID"] for each in api.containers(all=True)} if used else set()
        return [_of_row(row, row["Id"] in busy) for row in rows]

    def find(self, name: str) -> StoredImage | None:
        from docker.errors import APIError, NotFound

        try:
            found = self.engine.inspect_image(name)
        except NotFound:
            return None
        except APIError as error:
            raise ImageError(explanation(error)) from None
        return _of_inspection(found)

    def remove(self, name: str, *, force: bool = False) -> None:
        with refusals(), self.engine.patient() as api:
            cast(Any, api).remove_image(name, force=force)

    @contextlib.contextmanager
    def saved(self, name: str, progress: Progress = silent) -> Iterator[Sequence[ArchivedImage]]:
        found = self.find(name)
        if found is None:
            raise ImageError(f"Error response from daemon: No such image: {name}")

        exact = _exact(name, found)

        def fill(target: IO[bytes]) -> None:
            self._save(exact, target, found.size, progress)

        with self._spools.shared(f"{exact} {found.id}", fill) as images:
            yield images

    def _save(self, name: str, target: IO[bytes], size: int, progress: Progress) -> None:
        done = 0
        with refusals(), self.engine.patient() as api:
            url = f"{api.base_url}/v{api.api_version}/images/{name}/get"
            answer = cast(Any, api).get(url, stream=True, timeout=_SAVE_SECONDS)
            with answer:
                imageload.check(answer)
                for chunk in answer.iter_content(_CHUNK):
                    _write(target, chunk)
                    done += len(chunk)
                    progress(done, max(size, done))

    def load(self, image: ArchivedImage, progress: Progress = silent) -> Sent:
        with refusals():
            return self._loader.load(image, progress)

    def platform(self) -> str:
        with self.engine.quick():
            version = self.engine.version
            return f"{version.get('Os') or 'linux'}/{version.get('Arch') or ''}"

    def disk_usage(self) -> int:
        with refusals(), self.engine.patient() as api:
            url = f"{api.base_url}/v{api.api_version}/system/df"
            answer = cast(Any, api).get(url, params={"type": "image"}, timeout=_SAVE_SECONDS)
            imageload.check(answer)
            found = json.loads(answer.content)
        return int(found.get("LayersSize") or 0)


def _exact(name: str, found: StoredImage) -> str:
    """What to save: a name with its tag (without one the engine would save every tag), or
    the ID."""
    with contextlib.suppress(ImageProblem):
        if familiar(name) in found.names:
            return familiar(name)
    return found.id


def _write(target: IO[bytes], chunk: bytes) -> None:
    """A full disk here is not the engine's fault."""
    try:
        target.write(chunk)
    except OSError as error:
        raise ImageError(f"cannot write a temporary file: {error.strerror}") from None


def _of_row(row: Object, used: bool) -> StoredImage:
    """From the list of images."""
    return StoredImage(
        id=row["Id"],
        names=_known(row.get("RepoTags")),
        size=int(row.get("Size") or 0),
        created=float(row.get("Created") or 0),
        digests=_known(row.get("RepoDigests")),
        used=used,
    )


def _of_inspection(found: Object) -> StoredImage:
    return StoredImage(
        id=found["Id"],
        names=_known(found.get("RepoTags")),
        size=int(found.get("Size") or 0),
        created=_seconds(found.get("Created") or ""),
        digests=_known(found.get("RepoDigests")),
        platform=f"{found.get('Os') or 'linux'}/{found.get('Architecture') or ''}",
    )


def _known(names: Sequence[str] | None) -> tuple[str, ...]:
    return tuple(sorted(each for each in names or () if not each.startswith("<none>")))


def _seconds(text: str) -> float:
    """Epoch seconds of the engine's RFC 3339 with nanoseconds; 0 where it says nothing."""
    from datetime import datetime

    try:
        return datetime.fromisoformat(text.partition(".")[0].rstrip("Z") + "+00:00").timestamp()
    except ValueError:
        return 0.0
