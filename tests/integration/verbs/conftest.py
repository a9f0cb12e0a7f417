"""The world is built once; tests that only read share one pair of copies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.integration.verbs.sides import Sides, sides
from tests.integration.verbs.world import build


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("world") / "home"
    build(home)
    return home


@pytest.fixture(scope="session")
def reading(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sides]:
    """For command lines that write nothing."""
    with sides(world, tmp_path_factory.mktemp("reading")) as pair:
        yield pair


@pytest.fixture
def writing(world: Path, tmp_path: Path) -> Iterator[Callable[[], Sides]]:
    """Fresh copies for command lines that write."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(sides(world, tmp_path))
