"""What kctl calls things on an engine: names and labels in the kubelet's conventions.

Docker tools know `io.kubernetes.*` and names of the form `k8s_…`; `io.kctl.*` carries
what kctl must read back and keeps several control planes on one engine apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CLUSTER = "io.kctl.cluster"
ATTEMPT = "io.kctl.attempt"
FRONT = "io.kctl.front"
SHAPE = "io.kctl.shape"
IMAGE = "io.kctl.image"
NETWORK = "io.kctl.network"
NODE = "io.kctl.node"
NODE_UID = "io.kctl.node-uid"
ROLE = "io.kctl.role"
RESTARTS = "annotation.io.kubernetes.container.restartCount"
POD_NAME = "io.kubernetes.pod.name"
POD_NAMESPACE = "io.kubernetes.pod.namespace"
POD_UID = "io.kubernetes.pod.uid"
CONTAINER = "io.kubernetes.container.name"
TYPE = "io.kubernetes.docker.type"

LOADER = "loader"
"""Value of ROLE on the container that is never started and only receives files."""


def container_name(container: str, meta: Mapping[str, Any], attempt: int) -> str:
    """k8s_<container>_<pod>_<namespace>_<uid>_<attempt>, as the kubelet names them."""
    return f"k8s_{container}_{meta['name']}_{meta['namespace']}_{meta['uid']}_{attempt}"


def volume_name(uid: str, volume: str) -> str:
    """The engine volume behind one of a pod's own volumes."""
    return f"kctl_{uid}_{volume}"


def pod_labels(cluster: str, meta: Mapping[str, Any]) -> dict[str, str]:
    """Labels of everything that belongs to a pod."""
    return {
        CLUSTER: cluster,
        POD_NAME: str(meta["name"]),
        POD_NAMESPACE: str(meta["namespace"]),
        POD_UID: str(meta["uid"]),
    }


def of_cluster(cluster: str, **more: str) -> dict[str, list[str]]:
    """A filter for list calls: label CLUSTER, and further labels by keyword."""
    return {"label": [f"{CLUSTER}={cluster}", *(f"{key}={value}" for key, value in more.items())]}


def of_pod(cluster: str, uid: str) -> dict[str, list[str]]:
    """A filter for what belongs to one pod."""
    return of_cluster(cluster, **{POD_UID: uid})
