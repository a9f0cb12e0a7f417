"""An Api whose kinds follow the definitions that it stores."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from kctl.api.admission.plugin import kctl_admission
from kctl.api.api import Api
from kctl.api.crd.served import ServedKinds
from kctl.api.errors import ApiError
from kctl.api.kinds.plugin import kctl_kinds
from kctl.testing.memory_backend import MemoryBackend

Object = dict[str, Any]


class Extended:
    """`api` with definitions; `published` has each set of kinds that became known."""

    def __init__(self) -> None:
        self.backend = MemoryBackend()
        self.published: list[Any] = []
        self.kinds = ServedKinds(kctl_kinds(), self.backend, self.published.append)
        self.now = datetime(2026, 11, 23, 6, 0, 0, tzinfo=UTC)
        self.warnings: list[str] = []
        uids = itertools.count(1)
        self.api = Api(
            self.backend,
            self.kinds,
            now=lambda: self.now,
            new_uid=lambda: f"uid-{next(uids)}",
            suffix=lambda: "bbbbb",
            admission=sorted(kctl_admission(), key=lambda step: step.name),
            warn=self.warnings.append,
        )
        self.api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}})

    def refused(self, act: Callable[[], Any]) -> ApiError:
        with pytest.raises(ApiError) as caught:
            act()
        return caught.value


@pytest.fixture
def extended() -> Extended:
    return Extended()


def definition(spec: Object | None = None, **more: Any) -> Object:
    """A definition of crontabs.example.com with one version; `spec` is the schema of a
    CronTab's spec, `more` goes into the version."""
    schema: Object = {"type": "object", "properties": {}}
    if spec is not None:
        schema["properties"]["spec"] = spec
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
        **more,
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "crontabs.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"plural": "crontabs", "kind": "CronTab", "shortNames": ["ct"]},
            "versions": [version],
        },
    }


def crontab(spec: Any = None, name: str = "c", **more: Any) -> Object:
    obj = {
        "apiVersion": "example.com/v1",
        "kind": "CronTab",
        "metadata": {"name": name, "namespace": "default"},
        **more,
    }
    if spec is not None:
        obj["spec"] = spec
    return obj
