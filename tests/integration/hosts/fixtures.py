"""Fixtures for tests on several hosts. A folder takes them in its conftest.py by

    from tests.integration.hosts.fixtures import bed, images, kctl

and a module may set LAYOUT ("flat", "routed" or "closed") and HOST_COUNT. One bed and one
control plane, with every host joined and the images `images`:v1 and :v2 there, serve all of
a module's tests."""

from __future__ import annotations

import subprocess
import uuid
from collections.abc import Iterator

import docker
import pytest

from tests.integration.hosts.bed import ROOT, Bed, Kctl
from tests.integration.reconcile.cluster import ENGINE


@pytest.fixture(scope="session")
def images() -> Iterator[str]:
    """The repository of a web server that answers "VERSION from POD", tags v1 and v2."""
    name = f"kctl-test-hosts-{uuid.uuid4().hex[:8]}"
    for tag in ("v1", "v2"):
        script = [str(ROOT / "scripts" / "demo-image"), f"{name}:{tag}"]
        subprocess.run(script, check=True, capture_output=True)
    yield name
    client = docker.APIClient(base_url=ENGINE, version="auto")
    for tag in ("v1", "v2"):
        client.remove_image(f"{name}:{tag}", force=True)
    client.close()


@pytest.fixture(scope="module")
def bed(request: pytest.FixtureRequest) -> Iterator[Bed]:
    module = request.module
    made = Bed(getattr(module, "LAYOUT", "flat"), getattr(module, "HOST_COUNT", 3))
    yield made
    made.close()


@pytest.fixture(scope="module")
def kctl(bed: Bed, images: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kctl]:
    for tag in ("v1", "v2"):
        bed.load(f"{images}:{tag}")
    made = Kctl(tmp_path_factory.mktemp("hosts") / "home", bed)
    for host in bed.hosts:
        made.join(host)
    yield made
    made.close()
