"""Two hosts, a control plane over them, and images of several layers on this machine alone."""

from __future__ import annotations

import io
import os
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from tests.integration.hosts.bed import ROOT, Bed, Kctl
from tests.integration.reconcile.cluster import ENGINE
from tests.unit.runtime.archives import tar

COMMON = 2_000_000
"""bytes of a layer that the tags share, beside the one of their base"""


@pytest.fixture(scope="package")
def local() -> Iterator[docker.APIClient]:
    """This machine's engine."""
    client = docker.APIClient(base_url=ENGINE, version="auto")
    yield client
    client.close()


@pytest.fixture(scope="package")
def app(local: docker.APIClient) -> Iterator[str]:
    """A repository with the tags 1 and 2: three layers each, of which they share two."""
    name = f"kctl-test-images-{uuid.uuid4().hex[:8]}"
    script = [str(ROOT / "scripts" / "demo-image"), f"{name}:base"]
    subprocess.run(script, check=True, capture_output=True)
    common = os.urandom(COMMON)
    for tag in ("1", "2"):
        lines = f"FROM {name}:base\nCOPY common /common\nCOPY own /own\nENV TAG={tag}\n"
        files = {"Dockerfile": lines.encode(), "common": common, "own": tag.encode()}
        context = io.BytesIO(tar(files))
        said = local.build(
            fileobj=context, custom_context=True, tag=f"{name}:{tag}", decode=True, rm=True
        )
        assert not [line for line in said if "error" in line]
    yield name
    for tag in ("1", "2", "base"):
        local.remove_image(f"{name}:{tag}", force=True)


@pytest.fixture(scope="package")
def bed() -> Iterator[Bed]:
    made = Bed("flat", 2)
    yield made
    made.close()


@pytest.fixture(scope="package")
def joined(bed: Bed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kctl]:
    made = Kctl(tmp_path_factory.mktemp("images") / "home", bed)
    for host in bed.hosts:
        made.join(host)
    yield made
    made.close()


@pytest.fixture
def kctl(joined: Kctl, bed: Bed, app: str) -> Iterator[Kctl]:
    """With no pod, none of the test's images on the hosts, and no process of its own but the
    commands, so that what their environments say counts."""
    joined.settled()
    yield joined
    joined.do("delete", "pods,deployments,secrets", "--all", "--grace-period=1")
    for host in bed.hosts:
        engine = bed.engine(host)
        for image in engine.images(all=True):
            names = [each for each in image["RepoTags"] or [] if "kctl-lb" not in each]
            if not image["RepoTags"] or "<none>:<none>" in names:
                names = [image["Id"]]
            for name in names:
                try:
                    engine.remove_image(name, force=True)
                except docker.errors.NotFound:
                    continue  # it went with another one


@pytest.fixture
def archive(local: docker.APIClient, app: str, tmp_path: Path) -> Path:
    """Both tags in a file."""
    path = tmp_path / "app.tar"
    words = ["docker", "-H", ENGINE, "save", "-o", str(path), f"{app}:1", f"{app}:2"]
    subprocess.run(words, check=True)
    return path
