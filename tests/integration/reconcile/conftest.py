"""Images made of files of this machine, and control planes that leave nothing behind."""

from __future__ import annotations

import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from tests.integration.reconcile.cluster import ENGINE, Cluster

_SCRIPT = Path(__file__).parents[3] / "scripts" / "demo-image"


@pytest.fixture(scope="session")
def images() -> Iterator[str]:
    """The repository of an image with the tags v1 and v2: a web server that says which."""
    name = f"kctl-test-pass-{uuid.uuid4().hex[:8]}"
    for tag in ("v1", "v2"):
        subprocess.run([_SCRIPT, f"{name}:{tag}"], check=True, capture_output=True)
    yield name
    client = docker.APIClient(base_url=ENGINE, version="auto")
    for image in client.images(filters={"reference": f"{name}:*"}):
        for tag in image["RepoTags"]:
            client.remove_image(tag, force=True)
    client.close()


@pytest.fixture
def image(images: str) -> str:
    return f"{images}:v1"


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    made = Cluster(tmp_path / "home")
    yield made
    made.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One control plane for the tests of a module, each with objects of its own."""
    made = Cluster(tmp_path_factory.mktemp("shared") / "home")
    yield made
    made.close()
