"""Objects that the tests of controllers begin with, and short ways to look at a world."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kctl.testing.world import World

Object = dict[str, Any]


def deployment(
    name: str = "web",
    replicas: int = 3,
    image: str = "app:1",
    *,
    surge: int | str | None = None,
    unavailable: int | str | None = None,
    **spec: Any,
) -> Object:
    if surge is not None or unavailable is not None:
        rolling = {"maxSurge": surge or 0, "maxUnavailable": unavailable or 0}
        spec["strategy"] = {"type": "RollingUpdate", "rollingUpdate": rolling}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": template(name, image),
            **spec,
        },
    }


def template(app: str, image: str = "app:1") -> Object:
    return {
        "metadata": {"labels": {"app": app}},
        "spec": {"containers": [{"name": "app", "image": image}]},
    }


def replica_set(name: str = "web", replicas: int = 3, **spec: Any) -> Object:
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": template(name),
            **spec,
        },
    }


def pod(
    name: str, *, labels: Mapping[str, str] | None = None, ports: Sequence[Object] = (), **spec: Any
) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": dict(labels or {})},
        "spec": {"containers": [{"name": "app", "image": "app:1", "ports": list(ports)}], **spec},
    }


def service(name: str = "web", *, port: int = 80, **spec: Any) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {
            "selector": {"app": name},
            "clusterIP": "10.98.0.50",
            "clusterIPs": ["10.98.0.50"],
            "ports": [{"port": port, "targetPort": port, "protocol": "TCP"}],
            **spec,
        },
    }


def world(nodes: int = 2, **how: Any) -> World:
    """A settled world with alike nodes "n0", "n1", ..."""
    made = World(**how)
    for number in range(nodes):
        made.add_node(f"n{number}", cpus=64, memory=2**36)
    made.settle()
    made.events.clear()
    return made


def set_image(made: World, image: str, name: str = "web") -> None:
    def edit(obj: Object) -> None:
        obj["spec"]["template"]["spec"]["containers"][0]["image"] = image

    made.change("deployments.apps", name, edit)


def set_spec(made: World, resource: str, name: str, **fields: Any) -> None:
    made.change(resource, name, lambda obj: obj["spec"].update(fields))


def sizes(made: World) -> dict[str, int]:
    """Image -> wanted size of its replica sets."""
    result: dict[str, int] = {}
    for each in made.list("replicasets.apps"):
        image = each["spec"]["template"]["spec"]["containers"][0]["image"]
        result[image] = result.get(image, 0) + each["spec"]["replicas"]
    return result


def condition(obj: Object | None, type_: str) -> tuple[str, str, str]:
    """(status, reason, message); empty where there is none."""
    assert obj is not None
    for each in obj.get("status", {}).get("conditions") or ():
        if each["type"] == type_:
            return each["status"], each.get("reason", ""), each.get("message", "")
    return "", "", ""
