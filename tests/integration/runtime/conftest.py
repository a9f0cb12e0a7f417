"""A runtime on the machine's engine, with an image, a network and a name of its own."""

from __future__ import annotations

import io
import itertools
import os
import tarfile
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import docker
import pytest

from kctl.runtime.docker.runtime import DockerRuntime
from kctl.runtime.operations import (
    CleanNode,
    NetworkSettings,
    Outcome,
    PodNetwork,
    PrepareNode,
    StartContainer,
    TerminatePod,
)

URL = "unix:///var/run/docker.sock"
T = TypeVar("T")


def eventually(probe: Callable[[], T], seconds: float = 15.0) -> T:
    """The first true answer of `probe`."""
    deadline = time.monotonic() + seconds
    while not (found := probe()):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.02)
    return found


@pytest.fixture(scope="session")
def api() -> Iterator[docker.APIClient]:
    client = docker.APIClient(base_url=URL, version="auto")
    yield client
    client.close()


@pytest.fixture(scope="session")
def image(api: docker.APIClient) -> Iterator[str]:
    """A root file system of busybox alone."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        tar.add("/bin/busybox", "bin/busybox")
        for name in ("sh", "sleep", "httpd", "echo", "cat", "ls", "id", "wget", "stat", "nc"):
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
        for folder in ("tmp", "www"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777
            tar.addfile(entry)
        for path, text in (
            ("etc/passwd", b"root:x:0:0::/:/bin/sh\n"),
            ("www/index.html", b"hello\n"),
        ):
            entry = tarfile.TarInfo(path)
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text))
    name = f"kctl-test-runtime-{uuid.uuid4().hex[:8]}"
    api.import_image_from_data(out.getvalue(), repository=name, tag="1", changes=["ENV PATH=/bin"])
    yield f"{name}:1"
    api.remove_image(f"{name}:1", force=True)


class World:
    """A runtime and pods for it."""

    subnets = itertools.count(os.getpid() % 200)

    def __init__(self, image: str) -> None:
        number = next(self.subnets) % 250
        self.image = image
        self.cluster = f"t{uuid.uuid4().hex[:8]}"
        self.prefix = f"10.251.{number}"
        self.network = NetworkSettings(
            name=f"kctl-{self.cluster}",
            subnet=f"{self.prefix}.0/24",
            pod_cidr=f"{self.prefix}.0/24",
            gateway=f"{self.prefix}.1",
            cluster=self.cluster,
        )
        self.settings = {"cluster-id": self.cluster, "cluster-cidr": self.network.subnet}
        self.runtime = DockerRuntime(URL, "here", self.settings)
        self._addresses = itertools.count(10)

    def pod(self, name: str = "web", **spec: Any) -> dict[str, Any]:
        """A pod; `container` changes its only container, other keywords its spec."""
        container = {
            "name": "main",
            "image": self.image,
            "imagePullPolicy": "IfNotPresent",
            "command": ["sh", "-c", "trap exit TERM; while :; do sleep 0.05; done"],
        } | spec.pop("container", {})
        return {
            "metadata": {"name": name, "namespace": "default", "uid": str(uuid.uuid4())},
            "spec": {"containers": [container], "terminationGracePeriodSeconds": 5} | spec,
        }

    def start(self, pod: dict[str, Any], container: str = "main", **more: Any) -> Outcome:
        """Start one container; command and args come from the pod as they stand."""
        spec = pod["spec"]
        both = [*spec["containers"], *spec.get("initContainers", [])]
        found = next(each for each in both if each["name"] == container)
        address = pod.setdefault("status", {}).setdefault(
            "podIP", f"{self.prefix}.{next(self._addresses)}"
        )
        defaults = {
            "network": PodNetwork(
                address="" if spec.get("hostNetwork") else address,
                hostname=pod["metadata"]["name"],
                host_network=bool(spec.get("hostNetwork")),
            ),
            "command": tuple(found["command"]) if "command" in found else None,
            "args": tuple(found["args"]) if "args" in found else None,
        }
        return self.runtime.execute(StartContainer("here", pod, container, **(defaults | more)))

    def started(self, pod: dict[str, Any], container: str = "main", **more: Any) -> str:
        """Start one container, which must work; its ID."""
        outcome = self.start(pod, container, **more)
        assert outcome.ok, outcome.message
        assert outcome.pod is not None
        state = outcome.pod.newest(container)
        assert state is not None
        return state.id

    def terminate(self, pod: dict[str, Any], grace: int = 5) -> Outcome:
        meta = pod["metadata"]
        return self.runtime.execute(
            TerminatePod("here", meta["uid"], meta["namespace"], meta["name"], grace, pod)
        )

    def output(self, container_id: str) -> str:
        return b"".join(self.runtime.logs(container_id)).decode()

    def ended(self, pod: dict[str, Any], container: str = "main") -> Any:
        """The state of a container once it has ended."""

        def probe() -> Any:
            found = self.runtime.observe().pods[pod["metadata"]["uid"]].newest(container)
            return found if found and found.state == "exited" else None

        return eventually(probe)


@pytest.fixture(scope="module")
def world(image: str) -> Iterator[World]:
    world = World(image)
    try:
        outcome = world.runtime.execute(PrepareNode("here", world.network))
        assert outcome.ok, outcome.message
        yield world
    finally:
        cleaned = world.runtime.execute(CleanNode("here"))
        world.runtime.close()
        assert cleaned.ok, cleaned.message
