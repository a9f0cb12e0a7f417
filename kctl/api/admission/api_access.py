"""A token, the authority's certificate and the namespace for every container that may speak to
the API: the volume "kube-api-access-..." of Kubernetes' ServiceAccount admission.

Where the API has no address that pods reach (`kctl serve` listens on the loopback alone, or was
never started) there is nobody to speak to, and nothing is mounted.
https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kctl.api.kind import Object, Request
from kctl.api.safe_names import safe_suffix

PATH = "/var/run/secrets/kubernetes.io/serviceaccount"
PREFIX = "kube-api-access-"
ROOT_CA = "kube-root-ca.crt"
"""The config map of each namespace with the authority's certificate."""
API = ("endpointslices.discovery.k8s.io", "default", "kubernetes")
"""Where the API is reached."""
_TOKEN_SECONDS = 3607
_MODE = 0o644


def mount(request: Request, pod: Object, account: Object | None) -> None:
    """Give a new pod of an account (None where it is not there yet) what it wants of this."""
    if not _wanted(pod, account) or not _reachable(request):
        return
    bare = [each for each in _containers(pod) if not _has_one(each)]
    if not bare:
        return
    volumes = pod["spec"].setdefault("volumes", [])
    name = next((v["name"] for v in volumes if v["name"].startswith(PREFIX)), "")
    if not name:
        meta = pod["metadata"]
        own = meta.get("name") or meta.get("generateName", "")
        name = PREFIX + safe_suffix(5, request.namespace, own, request.now())
        volumes.append(_volume(name))
    for container in bare:
        mounts = container.setdefault("volumeMounts", [])
        mounts.append({"name": name, "readOnly": True, "mountPath": PATH})


def _wanted(pod: Object, account: Object | None) -> bool:
    """The pod says so before its account does."""
    for said in (pod["spec"], account or {}):
        if said.get("automountServiceAccountToken") is not None:
            return bool(said["automountServiceAccountToken"])
    return True


def _reachable(request: Request) -> bool:
    found = request.get(*API)
    return found is not None and bool(found.get("endpoints"))


def _containers(pod: Object) -> Iterator[dict[str, Any]]:
    yield from pod["spec"].get("initContainers") or ()
    yield from pod["spec"].get("containers") or ()


def _has_one(container: Object) -> bool:
    """It mounts something of its own there."""
    return any(each.get("mountPath") == PATH for each in container.get("volumeMounts") or ())


def _volume(name: str) -> Object:
    sources: list[Object] = [
        {"serviceAccountToken": {"expirationSeconds": _TOKEN_SECONDS, "path": "token"}},
        {"configMap": {"name": ROOT_CA, "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {
            "downwardAPI": {
                "items": [
                    {
                        "path": "namespace",
                        "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"},
                    }
                ]
            }
        },
    ]
    return {"name": name, "projected": {"defaultMode": _MODE, "sources": sources}}
