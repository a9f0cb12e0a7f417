"""One world for kctl, and a copy of it behind an API server for kubectl."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.verbs.sides import Sides, sides
from tests.integration.workloads.world import build


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("workloads") / "home"
    build(home)
    return home


@pytest.fixture(scope="session")
def reading(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sides]:
    """For command lines that write nothing."""
    with sides(world, tmp_path_factory.mktemp("reading")) as pair:
        yield pair


@pytest.fixture
def writing(world: Path, tmp_path: Path) -> Iterator[Sides]:
    """Fresh copies."""
    with sides(world, tmp_path) as pair:
        yield pair
