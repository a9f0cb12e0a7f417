"""A private registry: pull secrets and the user's own credentials, over SSH."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import docker
import pytest

from kctl.runtime.image_archive import read
from tests.integration.hosts.bed import Bed, Kctl
from tests.integration.images import registry
from tests.integration.reconcile.cluster import Object, pod, until
from tests.unit.runtime.archives import digest

pytestmark = pytest.mark.docker
USER, PASSWORD = "builder", "s3cret-of-the-registry"
SERVER = "127.0.0.1:5000"


class Registry(NamedTuple):
    folder: Path

    @property
    def requests(self) -> list[str]:
        log = self.folder / "log"
        return log.read_text().splitlines() if log.exists() else []


@pytest.fixture
def private(bed: Bed, app: str, local: docker.APIClient, tmp_path: Path) -> Iterator[Registry]:
    """A registry on h1's loopback, with one image."""
    fill(tmp_path, local, f"{app}:1")
    network = f"--net=/run/netns/kctl-{bed.name}-h1"  # this machine's files, the host's network
    words = [sys.executable, registry.__file__, str(tmp_path), "5000", USER, PASSWORD]
    process = subprocess.Popen(["nsenter", network, *words])
    curl = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", f"http://{SERVER}/v2/"]
    try:
        until(lambda: bed.run("h1", *curl).out == "401", 20, "the registry answers")
        yield Registry(tmp_path)
    finally:
        process.terminate()
        process.wait(10)


def fill(folder: Path, local: docker.APIClient, image: str) -> None:
    """The image as a registry has it: compressed layers, a manifest."""
    saved = folder / "image.tar"
    with open(saved, "wb") as out:
        for chunk in local.get_image(image):
            out.write(chunk)
    (folder / "blobs").mkdir()

    def blob(data: bytes, kind: str) -> Object:
        (folder / "blobs" / digest(data)).write_bytes(data)
        return {"mediaType": kind, "size": len(data), "digest": digest(data)}

    kind = "application/vnd.docker.image.rootfs.diff.tar.gzip"
    with open(saved, "rb") as file:
        (found,) = read(file)
        layers = []
        for place in found.layers:
            assert place is not None
            data = os.pread(file.fileno(), place.size, place.offset)
            layers.append(blob(gzip.compress(data, 1), kind))
        config = blob(found.config, "application/vnd.docker.container.image.v1+json")
    manifest = {
        "schemaVersion": 2,
        "mediaType": registry.MANIFEST,
        "config": config,
        "layers": layers,
    }
    text = json.dumps(manifest).encode()
    (folder / "manifest.json").write_bytes(text)
    (folder / "blobs" / f"sha256:{hashlib.sha256(text).hexdigest()}").write_bytes(text)


def puller(name: str, **spec: object) -> Object:
    image = f"{SERVER}/team/app:1"
    return pod(name, image, imagePullPolicy="Always", spec={"nodeName": "h1", **spec})


def apply(kctl: Kctl, obj: Object, **env: str) -> None:
    kctl.do("apply", "-f", "-", stdin=json.dumps(obj), **env)


def nowhere_else(kctl: Kctl, *places: str) -> None:
    for text in (*places, (kctl.home / "reconcile.log").read_text()):
        assert PASSWORD not in text


def test_nobody_is_let_in_without_credentials(
    kctl: Kctl, private: Registry, tmp_path: Path
) -> None:
    (tmp_path / "none").mkdir()
    apply(kctl, puller("nobody"), DOCKER_CONFIG=str(tmp_path / "none"))
    own = ("--field-selector", "involvedObject.name=nobody")
    until(lambda: "ErrImagePull" in kctl.do("get", "events", *own), 30, "the pull fails")
    said = {each["message"] for each in kctl.items("events", *own)}
    (words,) = [each for each in said if each.startswith("Failed to pull image")]
    assert "no basic auth credentials" in words or "unauthorized" in words
    assert private.requests == []


def test_a_pull_secret_opens_the_registry(kctl: Kctl, private: Registry, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    kctl.do(
        *("create", "secret", "docker-registry", "team", f"--docker-server={SERVER}"),
        *(f"--docker-username={USER}", f"--docker-password={PASSWORD}"),
    )
    kctl.do(
        *("create", "secret", "docker-registry", "wrong", f"--docker-server={SERVER}/team"),
        *("--docker-username=someone", "--docker-password=else"),
    )
    secrets = [{"name": "wrong"}, {"name": "team"}]
    apply(kctl, puller("member", imagePullSecrets=secrets), DOCKER_CONFIG=str(tmp_path / "none"))
    until(lambda: kctl.ready("member"), 30, "the pod runs")
    assert any("/blobs/" in line for line in private.requests)
    image = f"{SERVER}/team/app:1"
    assert any(
        m.startswith(f'Successfully pulled image "{image}" in ') for m in kctl.messages("Pulled")
    )
    nowhere_else(kctl, kctl.do("get", "events", "-o", "yaml"), kctl.do("get", "pods", "-o", "yaml"))


def test_the_users_own_login_opens_it_too(kctl: Kctl, private: Registry, tmp_path: Path) -> None:
    """Through a credential helper, as docker login leaves it on a desktop."""
    home = tmp_path / "docker"
    home.mkdir()
    (home / "config.json").write_text(json.dumps({"credHelpers": {SERVER: "kctltest"}}))
    helper = home / "docker-credential-kctltest"
    answer = json.dumps({"Username": USER, "Secret": PASSWORD, "ServerURL": SERVER})
    helper.write_text(f"#!/bin/sh\necho '{answer}'\n")
    helper.chmod(0o700)
    env = {"DOCKER_CONFIG": str(home), "PATH": f"{home}:{os.environ['PATH']}"}
    apply(kctl, puller("owner"), **env)
    until(lambda: kctl.ready("owner"), 30, "the pod runs")
    assert any("/blobs/" in line for line in private.requests)
    nowhere_else(kctl, kctl.do("get", "events", "-o", "yaml"))
