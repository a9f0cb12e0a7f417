"""Engines that take archives without the layers that they have, and engines that do not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kctl.runtime.docker.client import Engine
from kctl.runtime.docker.imagestore import DockerImages
from kctl.runtime.image_archive import ArchivedImage, read
from kctl.runtime.image_types import ImageError
from tests.unit.runtime import archives
from tests.unit.runtime.small_engine import SmallEngine

OLD = archives.docker([b"x" * 9000, b"a"], "web:1")
NEW = archives.docker([b"x" * 9000, b"b"], "web:2")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Callable[..., SmallEngine]]:
    made: list[SmallEngine] = []

    def make(**how: bool) -> SmallEngine:
        made.append(SmallEngine(tmp_path, **how))
        return made[-1]

    yield make
    for each in made:
        each.close()


def image(data: bytes) -> ArchivedImage:
    return read(archives.file(data))[0]


def test_known_layers_stay_here(engine: Callable[..., SmallEngine]) -> None:
    small = engine(whole=False)
    store = DockerImages(Engine(small.url))
    first, second = store.load(image(OLD)), store.load(image(NEW))
    assert first.sent == first.total
    assert second.sent < 9000 < second.total
    assert small.uploads == [first.sent, second.sent]
    assert image(NEW).id in small.images


def test_an_engine_that_refuses_gets_everything(engine: Callable[..., SmallEngine]) -> None:
    small = engine(whole=True)
    store = DockerImages(Engine(small.url))
    store.load(image(OLD))
    cost = store.load(image(NEW))
    assert cost.sent == cost.total
    assert len(small.uploads) == 3
    assert image(NEW).id in small.images


def test_an_engine_that_says_so_gets_everything_at_once(
    engine: Callable[..., SmallEngine],
) -> None:
    small = engine(whole=True, tells=True)
    store = DockerImages(Engine(small.url))
    store.load(image(OLD))
    store.load(image(NEW))
    assert len(small.uploads) == 2


def test_a_refusal_of_everything_is_the_engines_words(engine: Callable[..., SmallEngine]) -> None:
    small = engine(whole=False)
    small.load = lambda data: "no space left on device"  # type: ignore[method-assign]
    with pytest.raises(ImageError, match="Error response from daemon: no space left on device"):
        DockerImages(Engine(small.url)).load(image(OLD))


def test_progress_ends_with_all_of_it(engine: Callable[..., SmallEngine]) -> None:
    small = engine(whole=False)
    seen: list[tuple[int, int]] = []
    cost = DockerImages(Engine(small.url)).load(image(OLD), lambda *now: seen.append(now))
    assert seen == sorted(seen)
    assert seen[-1] == (cost.sent, cost.sent)
