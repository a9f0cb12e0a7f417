"""An Api over memory, with the built-in kinds, a fixed clock and counted uids."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kctl.api.api import Api
from kctl.api.kinds.plugin import kctl_kinds
from kctl.api.registry import Kinds
from kctl.testing.memory_backend import MemoryBackend

Object = dict[str, Any]


class Desk:
    """What a test of the Api has at hand."""

    def __init__(self) -> None:
        self.backend = MemoryBackend()
        self.kinds = Kinds(kctl_kinds())
        self.now = datetime(2026, 11, 23, 6, 0, 0, tzinfo=UTC)
        self.warnings: list[str] = []
        self.suffixes = itertools.cycle(["bbbbb", "ccccc", "ddddd"])
        uids = itertools.count(1)
        self.api = Api(
            self.backend,
            self.kinds,
            now=lambda: self.now,
            new_uid=lambda: f"uid-{next(uids)}",
            suffix=lambda: next(self.suffixes),
            warn=self.warnings.append,
        )

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def api(desk: Desk) -> Api:
    return desk.api


@pytest.fixture
def deployment() -> Callable[..., Object]:
    def make(name: str = "web", **metadata: Any) -> Object:
        return {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": name, "namespace": "default", **metadata},
            "spec": {
                "selector": {"matchLabels": {"app": name}},
                "template": {
                    "metadata": {"labels": {"app": name}},
                    "spec": {"containers": [{"name": "web", "image": "nginx"}]},
                },
            },
        }

    return make


@pytest.fixture
def pod() -> Callable[..., Object]:
    def make(name: str = "p", node: str = "", **metadata: Any) -> Object:
        spec: Object = {"containers": [{"name": "c", "image": "i"}]}
        if node:
            spec["nodeName"] = node
        meta = {"name": name, "namespace": "default", **metadata}
        return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}

    return make


@pytest.fixture
def configmap() -> Callable[..., Object]:
    def make(name: str = "c", data: Any = None, **metadata: Any) -> Object:
        return {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": name, "namespace": "default", **metadata},
            "data": data or {"k": "v"},
        }

    return make
