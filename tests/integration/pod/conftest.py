"""A control plane of its own on the machine's engine, driven by the real pass."""

from __future__ import annotations

import io
import tarfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

from kctl.api.errors import ApiError
from kctl.reconcile.lease import ReconcileLease
from kctl.reconcile.log import Log
from kctl.reconcile.loop import Loop
from kctl.reconcile.plane import Plane
from kctl.runtime.operations import CleanNode

Object = dict[str, Any]
_LOOK_EVERY = 0.1


@pytest.fixture(scope="session")
def engine() -> Iterator[docker.APIClient]:
    client = docker.APIClient(base_url="unix:///var/run/docker.sock", version="auto")
    yield client
    client.close()


@pytest.fixture(scope="session")
def busybox(engine: docker.APIClient) -> Iterator[str]:
    """An image of busybox alone."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        tar.add("/bin/busybox", "bin/busybox")
        for name in ("sh", "sleep", "cat", "env", "hostname"):
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
    name = f"kctl-test-pod-{uuid.uuid4().hex[:8]}"
    engine.import_image_from_data(
        out.getvalue(), repository=name, tag="1", changes=["ENV PATH=/bin"]
    )
    yield f"{name}:1"
    engine.remove_image(f"{name}:1", force=True)


class Cluster:
    """One node, this machine, and the pass that keeps it."""

    def __init__(self, home: Path, image: str, engine: docker.APIClient) -> None:
        self.image, self.engine = image, engine
        self.plane = Plane.open(home)
        self._lease = ReconcileLease(self.plane.store, "test")
        self._lease.acquire()
        self.loop = Loop(self.plane, Log(), self._lease)
        self._looked = 0.0
        self.loop.begin()
        self.node = self.plane.api.list("nodes").items[0]["metadata"]["name"]

    def create(self, name: str, *, container: Object | None = None, **spec: Any) -> Object:
        """A pod of one container "c" that sleeps, unless told otherwise."""
        main = {"name": "c", "image": self.image, "command": ["sleep", "1000"], **(container or {})}
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": "default"},
            "spec": {"containers": [main], "terminationGracePeriodSeconds": 1, **spec},
        }
        return dict(self.plane.api.create(pod))

    def pod(self, name: str) -> Object | None:
        try:
            return dict(self.plane.api.get("pods", name, "default"))
        except ApiError:
            return None

    def container(self, pod: str, name: str = "c") -> Object:
        status = (self.pod(pod) or {}).get("status") or {}
        listed = [*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())]
        return next((dict(each) for each in listed if each["name"] == name), {})

    def ready(self, name: str) -> bool:
        conditions = ((self.pod(name) or {}).get("status") or {}).get("conditions") or ()
        return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)

    def waiting(self, pod: str, name: str = "c") -> str:
        state = self.container(pod, name).get("state") or {}
        return str((state.get("waiting") or {}).get("reason", ""))

    def messages(self, pod: str, reason: str) -> list[str]:
        return [
            each["message"]
            for each in self.plane.api.list("events", "default").items
            if each["involvedObject"]["name"] == pod and each["reason"] == reason
        ]

    def engine_id(self, pod: str, name: str = "c") -> str:
        return str(self.container(pod, name)["containerID"]).removeprefix("docker://")

    def until(self, condition: Callable[[], bool], seconds: float = 30.0) -> None:
        """Run passes until the condition holds."""
        self.loop.run(lambda loop: condition(), time.time() + seconds, self._look)
        assert condition(), f"not within {seconds} s"

    def _look(self, loop: Loop) -> None:
        if time.monotonic() - self._looked > _LOOK_EVERY:
            self._looked = time.monotonic()
            loop.looker.look()

    def close(self) -> None:
        assert self.loop.hosts.runtime(self.node).execute(CleanNode(self.node)).ok
        self.loop.end()
        self._lease.release()
        self.plane.close()


@pytest.fixture
def cluster(tmp_path: Path, busybox: str, engine: docker.APIClient) -> Iterator[Cluster]:
    made = Cluster(tmp_path, busybox, engine)
    yield made
    made.close()
