"""Objects that pass every rule, for tests to spoil."""

from __future__ import annotations

import copy
from typing import Any

from kctl.api.kind import Kind
from kctl.api.kinds.plugin import kctl_kinds

Object = dict[str, Any]

KINDS: dict[str, Kind] = {kind.kind: kind for kind in kctl_kinds()}
CREATED = "2026-11-23T05:46:55Z"
EPOCH = 1795412815


def _object(kind: str, name: str, **body: Any) -> Object:
    declared = KINDS[kind]
    metadata: Object = {"name": name, "uid": f"uid-{name}", "creationTimestamp": CREATED}
    if declared.namespaced:
        metadata["namespace"] = "default"
    return {
        "apiVersion": declared.api_version,
        "kind": kind,
        "metadata": metadata,
        **copy.deepcopy(body),
    }


def container(name: str = "web", **fields: Any) -> Object:
    return {"name": name, "image": "nginx:1.25", **fields}


def pod(name: str = "web-1", **spec: Any) -> Object:
    return _object("Pod", name, spec={"containers": [container()], **spec})


def template(**spec: Any) -> Object:
    return {
        "metadata": {"labels": {"app": "web"}},
        "spec": {"containers": [container()], **copy.deepcopy(spec)},
    }


def workload(kind: str, name: str = "web", **spec: Any) -> Object:
    selector = {"matchLabels": {"app": "web"}}
    return _object(kind, name, spec={"selector": selector, "template": template(), **spec})


def deployment(**spec: Any) -> Object:
    return workload("Deployment", **spec)


def service(name: str = "web", **spec: Any) -> Object:
    body = {"selector": {"app": "web"}, "ports": [{"port": 80}], **spec}
    return _object("Service", name, spec=body)


def node(name: str = "one", **body: Any) -> Object:
    return _object("Node", name, **body)


def plain(kind: str, name: str = "thing", **body: Any) -> Object:
    return _object(kind, name, **body)


def defaulted(obj: Object) -> Object:
    """As it stands once created, without admission."""
    kind = KINDS[obj["kind"]]
    kind.default(obj)
    kind.prepare_create(obj)
    return obj


def faults(obj: Object) -> list[str]:
    """What a create of this object would be told."""
    kind = KINDS[obj["kind"]]
    kind.default(obj)
    kind.prepare_create(obj)
    return [str(each) for each in kind.validate(obj)]


def update_faults(old: Object, new: Object) -> list[str]:
    """What an update from `old`, as created, to `new` would be told."""
    kind = KINDS[old["kind"]]
    kind.prepare_update(new, old)
    kind.default(new)
    return [str(each) for each in (*kind.validate(new), *kind.validate_update(new, old))]


def row(obj: Object) -> list[Any]:
    return list(KINDS[obj["kind"]].row(obj))
