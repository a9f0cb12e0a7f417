"""What may be asked of the images of one engine, whatever engine it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from kctl.runtime.image_archive import ArchivedImage

Progress = Callable[[int, int], None]
"""(bytes so far, bytes in all; 0 where that is not known)"""


def silent(done: int, total: int) -> None:
    """Progress that nobody looks at."""


class ImageError(Exception):
    """An engine refused, in its own words."""


@dataclass(frozen=True, slots=True)
class StoredImage:
    """One image of an engine."""

    id: str
    """"sha256:…" """
    names: tuple[str, ...] = ()
    """"web:1"; none for a dangling one"""
    size: int = 0
    """bytes"""
    created: float = 0.0
    """epoch seconds"""
    digests: tuple[str, ...] = ()
    """"repository@sha256:…", of one that came from a registry"""
    platform: str = ""
    """"linux/amd64"; "" where it was not asked for"""
    used: bool = False
    """A container, running or not, was made of it; False where it was not asked for."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What a load cost."""

    sent: int
    """bytes that travelled to the engine"""
    total: int
    """bytes that would have travelled to one that had nothing of it"""


class ImageStore(Protocol):
    """The images of one engine. Methods raise `ImageError`, and `HostUnreachable`; they are
    safe to call from several threads."""

    def list(self, *, used: bool = False) -> Sequence[StoredImage]:
        """Every named or dangling image; `used`: look which ones have containers."""
        ...

    def find(self, name: str) -> StoredImage | None:
        """By name, or by ID."""
        ...

    def remove(self, name: str, *, force: bool = False) -> None:
        """Take the name away, and the image with its last name."""
        ...

    def saved(
        self, name: str, progress: Progress = silent
    ) -> AbstractContextManager[Sequence[ArchivedImage]]:
        """The image as an archive in a private file, shared by those who ask for it at the
        same time and gone when the last of them leaves."""
        ...

    def load(self, image: ArchivedImage, progress: Progress = silent) -> Sent:
        """Have the image here under its names. Only the layers travel that are not here."""
        ...

    def platform(self) -> str:
        """Of the host: "linux/amd64"."""
        ...

    def disk_usage(self) -> int:
        """Bytes that the layers of all images take."""
        ...


@dataclass(frozen=True, slots=True)
class Supplier:
    """An engine that may give a node an image."""

    name: str
    """"node web1", or "this machine" """
    images: ImageStore


Suppliers = Callable[[], Sequence[Supplier]]


def nobody() -> Sequence[Supplier]:
    """Suppliers where images are not handed on."""
    return ()
