"""Copies of a world that nothing moves, beside the real kubectl; hosts for what moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.integration.drain.world import build
from tests.integration.hosts.fixtures import bed, images, kctl
from tests.integration.verbs.sides import Sides, sides

__all__ = ["bed", "images", "kctl"]


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("drain") / "home"
    build(home)
    return home


@pytest.fixture
def beside(world: Path, tmp_path: Path) -> Iterator[Callable[[], Sides]]:
    """Fresh copies, for kctl and for kubectl."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(sides(world, tmp_path))
