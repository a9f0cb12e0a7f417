"""Archives in private files that have no name: nothing is left of one, however it ends."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import lzma
import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from kctl.runtime.image_archive import ArchivedImage, BadArchive, read

_COPY = 1 << 20
_OPENERS: tuple[tuple[bytes, Any], ...] = (
    (b"\x1f\x8b", gzip.open),
    (b"BZh", bz2.open),
    (b"\xfd7zXZ\0", lzma.open),
)


def spool() -> IO[bytes]:
    """A new file, in $TMPDIR or /var/tmp: /tmp is often memory, and images are large."""
    where = os.environ.get("TMPDIR") or ("/var/tmp" if Path("/var/tmp").is_dir() else None)
    return tempfile.TemporaryFile(dir=where)


@contextlib.contextmanager
def opened(file: IO[bytes]) -> Iterator[Sequence[ArchivedImage]]:
    """The images of an archive, compressed (gzip, bzip2, xz) or not, in a file or a pipe.
    Raises BadArchive, and OSError where it cannot be read."""
    with contextlib.ExitStack() as stack:
        if not file.seekable():
            file = stack.enter_context(_copied(file))
        file.seek(0)
        start = file.read(6)
        file.seek(0)
        for magic, opener in _OPENERS:
            if start.startswith(magic):
                try:
                    file = stack.enter_context(_copied(opener(file)))
                except EOFError:
                    raise BadArchive("unexpected EOF") from None
                except (lzma.LZMAError, gzip.BadGzipFile, ValueError) as error:
                    raise BadArchive(str(error)) from None
        yield read(file)


def _copied(source: IO[bytes]) -> IO[bytes]:
    target = spool()
    try:
        while chunk := source.read(_COPY):
            target.write(chunk)
        target.flush()
    except BaseException:
        target.close()
        raise
    return target


@dataclass
class _Shared:
    """An archive that several use at once."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    users: int = 0
    file: IO[bytes] | None = None


class Spools:
    """The archives of one engine that are in use now, by image."""

    def __init__(self) -> None:
        self._all: dict[str, _Shared] = {}
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def shared(
        self, key: str, fill: Callable[[IO[bytes]], None]
    ) -> Iterator[Sequence[ArchivedImage]]:
        """The images of the archive `key`; the first who asks fills its file."""
        with self._lock:
            mine = self._all.setdefault(key, _Shared())
            mine.users += 1
        try:
            with mine.lock:
                if mine.file is None:
                    mine.file = _filled(fill)
                images = read(mine.file)
            yield images
        finally:
            with self._lock:
                mine.users -= 1
                if not mine.users:
                    del self._all[key]
                    if mine.file is not None:
                        mine.file.close()


def _filled(fill: Callable[[IO[bytes]], None]) -> IO[bytes]:
    target = spool()
    try:
        fill(target)
        target.flush()
    except BaseException:
        target.close()
        raise
    return target
