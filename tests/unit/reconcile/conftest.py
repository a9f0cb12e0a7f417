"""A control plane in a temporary home, with simulated nodes in place of this machine."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kctl.reconcile.log import Log
from kctl.reconcile.loop import Loop
from kctl.reconcile.plane import Plane

Object = dict[str, Any]


class Lab:
    """A plane whose nodes are simulated; passes run as a command would run them."""

    def __init__(self, plane: Plane) -> None:
        self.plane = plane
        self.loop: Loop | None = None

    def node(self, name: str, number: int, **options: str) -> None:
        query = "&".join(f"{key}={value}" for key, value in options.items())
        cidr = f"10.98.{16 + number}.0/24"
        self.plane.api.create(
            {
                "apiVersion": "v1",
                "kind": "Node",
                "metadata": {
                    "name": name,
                    "annotations": {"kctl.io/host": f"simulated://{name}?{query}"},
                    "labels": {"kubernetes.io/hostname": name},
                },
                "spec": {"podCIDR": cidr, "podCIDRs": [cidr]},
            }
        )

    def deployment(self, name: str = "web", replicas: int = 3, image: str = "web:1") -> Object:
        labels = {"app": name}
        return self.plane.api.create(
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": {"name": name, "namespace": "default"},
                "spec": {
                    "replicas": replicas,
                    "selector": {"matchLabels": labels},
                    "template": {
                        "metadata": {"labels": labels},
                        "spec": {"containers": [{"name": name, "image": image}]},
                    },
                },
            }
        )

    def settle(self, seconds: float = 10.0) -> Loop:
        """Run passes in the one loop of this lab until nothing is to be done."""
        if self.loop is None:
            self.loop = Loop(self.plane, Log())
            self.loop.begin()
        deadline = time.time() + seconds
        self.loop.run(lambda loop: loop.idle(), deadline)
        assert time.time() < deadline, "the world did not settle"
        return self.loop

    def pods(self) -> list[Object]:
        return list(self.plane.api.list("pods", "default").items)

    def ready(self) -> int:
        return sum(
            each["type"] == "Ready" and each["status"] == "True"
            for pod in self.pods()
            for each in (pod.get("status") or {}).get("conditions") or []
        )


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    monkeypatch.setenv("KCTL_LOCAL_HOST", "none")
    monkeypatch.setenv("KCTL_CLUSTER_CIDR", "10.98.0.0/16")
    with Plane.open(tmp_path / "home") as plane:
        found = Lab(plane)
        yield found
        if found.loop is not None:
            found.loop.end()
