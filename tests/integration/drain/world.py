"""Nodes with pods of every sort that a drain asks about, as a store that nothing moves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kctl.reconcile.plane import Plane
from tests.integration.verbs.world import open_plane

Object = dict[str, Any]


def node(name: str) -> Object:
    labels = {"kubernetes.io/hostname": name, "name": name}
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}}


def pod(
    name: str,
    where: str,
    *,
    owner: Object | None = None,
    kind: str = "ReplicaSet",
    annotations: Object | None = None,
    **spec: Any,
) -> Object:
    meta: Object = {"name": name, "namespace": "default", "labels": {"app": name.split("-")[0]}}
    if annotations:
        meta["annotations"] = annotations
    if owner is not None:
        reference = {
            "apiVersion": "apps/v1",
            "kind": kind,
            "name": owner["metadata"]["name"],
            "uid": owner["metadata"]["uid"],
            "controller": True,
        }
        meta["ownerReferences"] = [reference]
    containers = [{"name": "c", "image": "demo:1"}]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": meta,
        "spec": {"nodeName": where, "containers": containers, **spec},
    }


def replica_set(name: str) -> Object:
    labels = {"app": name}
    template = {
        "metadata": {"labels": labels},
        "spec": {"containers": [{"name": "c", "image": "demo:1"}]},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"replicas": 2, "selector": {"matchLabels": labels}, "template": template},
    }


def budget(name: str, app: str, **spec: Any) -> Object:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"selector": {"matchLabels": {"app": app}}, **spec},
    }


def build(home: Path) -> None:
    home.mkdir(mode=0o700)
    with open_plane(home) as plane:
        for name in ("plain", "bare", "data", "daemon", "guarded", "twice", "done", "empty"):
            plane.api.create(node(name))
        web = plane.api.create(replica_set("web"))
        daemons = {"metadata": {"name": "agent", "uid": "11111111-0000-0000-0000-000000000000"}}
        scratch = [{"name": "scratch", "emptyDir": {}}]
        _run(plane, pod("web-1", "plain", owner=web))
        _run(plane, pod("bare-1", "bare"))
        _run(plane, pod("bare-2", "bare", annotations={"kubernetes.io/config.mirror": "x"}))
        _run(plane, pod("data-1", "data", owner=web, volumes=scratch))
        _run(plane, pod("data-2", "data", volumes=scratch))
        _run(plane, pod("agent-1", "daemon", owner=daemons, kind="DaemonSet"))
        _run(plane, pod("guarded-1", "guarded", owner=web))
        _run(plane, pod("twice-1", "twice", owner=web))
        _run(plane, pod("done-1", "done"), phase="Succeeded")
        spent = {"disruptionsAllowed": 0, "currentHealthy": 1, "desiredHealthy": 1}
        _budget(plane, budget("one", "guarded", minAvailable=1), **spent)
        _budget(plane, budget("two", "twice", maxUnavailable="50%"), **spent)
        _budget(plane, budget("three", "twice", maxUnavailable=1), **spent)


def _run(plane: Plane, wanted: Object, phase: str = "Running") -> None:
    made = plane.api.create(wanted)
    ready = {
        "type": "Ready",
        "status": "True" if phase == "Running" else "False",
        "lastTransitionTime": "2024-03-05T06:07:08Z",
    }
    status = {"phase": phase, "conditions": [ready]}
    plane.api.update({**made, "status": status}, subresource="status")


def _budget(plane: Plane, wanted: Object, **status: Any) -> None:
    made = plane.api.create(wanted)
    status = {"expectedPods": 1, "observedGeneration": 1, **status}
    plane.api.update({**made, "status": status}, subresource="status")
