"""Three hosts for all of a module's tests; a control plane for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.hosts.bed import Bed, Kctl
from tests.integration.hosts.fixtures import bed, images

__all__ = ["bed", "images"]


@pytest.fixture
def plane(bed: Bed, tmp_path: Path) -> Iterator[Kctl]:
    """A control plane that knows no host."""
    made = Kctl(tmp_path / "home", bed)
    made.do("get", "namespaces")
    yield made
    made.close()


@pytest.fixture
def loaded(bed: Bed, images: str) -> str:
    """An image that stands on every host."""
    for host in bed.hosts:
        if not bed.engine(host).images(f"{images}:v1"):
            bed.load(f"{images}:v1", host)
    return f"{images}:v1"
