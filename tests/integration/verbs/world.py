"""A control plane full of realistic objects, written as the API and the controllers would
leave them, so that every verb has something to show and nothing moves meanwhile.

Everything is years old: an age then reads the same in two commands a second apart.
"""

from __future__ import annotations

import base64
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kctl.plugins.manager import load
from kctl.reconcile.clock import Randomness
from kctl.reconcile.plane import Plane
from kctl.store.store import Store
from kctl.testing.clock import FakeClock
from tests.integration.verbs.world_pods import POD_STATUSES, PODS
from tests.integration.verbs.world_workloads import DEPLOYMENTS, REPLICA_SETS, SERVICES, SLICES

Object = dict[str, Any]

LONG_AGO = datetime(2024, 3, 5, 6, 7, 8, tzinfo=UTC)
HOSTILE = "\x1b[31mred\x1b[0m\tand a tab\r\nand a second line \u202e\x07"


def open_plane(home: Path) -> Plane:
    """The control plane of `home` with a clock that stands still, years ago."""
    store = Store.open(home / "kctl.db")
    return Plane(
        home,
        store,
        load(home),
        clock=FakeClock(LONG_AGO),
        randomness=Randomness(random.Random(7)),
        warn=lambda message: None,
    )


def build(home: Path) -> None:
    """Fill a new home."""
    home.mkdir(mode=0o700)
    with open_plane(home) as plane:
        for node in NODES:
            _put(plane, node)
        uids: dict[str, str] = {}
        for obj in [*NAMESPACES, *DATA, *DEPLOYMENTS, *REPLICA_SETS, *PODS, *SERVICES, *SLICES]:
            for owner in obj["metadata"].get("ownerReferences", []):
                owner["uid"] = uids[f"{owner['kind']}/{owner['name']}"]
            made = _put(plane, obj)
            uids[f"{obj['kind']}/{obj['metadata']['name']}"] = made["metadata"]["uid"]
        plane.api.delete("pods", "going", "default", grace=30)
        for event in EVENTS:
            involved = event["involvedObject"]
            involved["uid"] = uids.get(f"{involved['kind']}/{involved['name']}", involved["name"])
            _put(plane, event)


def _put(plane: Plane, wanted: Object) -> Object:
    """Create an object, then write its status."""
    obj = {key: value for key, value in wanted.items() if key != "status"}
    made = plane.api.create(obj)
    status = wanted.get("status") or POD_STATUSES.get(wanted["metadata"]["name"])
    if status and wanted["kind"] not in ("Namespace",):
        made = plane.api.update({**made, "status": status}, subresource="status")
    return made


def _node(name: str, ready: str, **spec: Any) -> Object:
    labels = {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "disk": "ssd" if name == "node-a" else "hdd",
    }
    if name == "node-a":
        labels |= {"node-role.kubernetes.io/control-plane": "", "kubernetes.io/role": "worker"}
    amounts = {
        "cpu": "4",
        "memory": "8052716Ki",
        "ephemeral-storage": "203056560Ki",
        "pods": "110",
        "hugepages-2Mi": "0",
    }
    conditions = [
        {
            "type": kind,
            "status": status,
            "reason": reason,
            "message": message,
            "lastHeartbeatTime": "2024-03-05T06:07:08Z",
            "lastTransitionTime": "2024-03-05T06:07:09Z",
        }
        for kind, status, reason, message in (
            ("MemoryPressure", "False", "KubeletHasSufficientMemory", "enough memory"),
            ("Ready", ready, "KubeletReady", "posting ready\x1b[2J"),
        )
    ]
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels, "annotations": {"kctl.io/note": "a\nb"}},
        "spec": spec,
        "status": {
            "capacity": amounts,
            "allocatable": amounts | {"cpu": "3800m"},
            "conditions": conditions,
            "addresses": [
                {"type": "InternalIP", "address": "192.168.7.1"},
                {"type": "Hostname", "address": name},
            ],
            "nodeInfo": {
                "machineID": "f00",
                "systemUUID": "f01",
                "bootID": "f02",
                "kernelVersion": "6.1.0",
                "osImage": "Debian GNU/Linux 12 (bookworm)",
                "containerRuntimeVersion": "docker://20.10.24",
                "kubeletVersion": "v1.37.1",
                "kubeProxyVersion": "",
                "operatingSystem": "linux",
                "architecture": "amd64",
            },
        },
    }


NODES = [
    _node("node-a", "True", podCIDR="10.77.0.0/24", podCIDRs=["10.77.0.0/24"]),
    _node(
        "node-b",
        "Unknown",
        unschedulable=True,
        providerID="docker://node-b",
        taints=[
            {"key": "gpu", "value": "yes", "effect": "NoSchedule"},
            {"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"},
            {"key": "a", "value": "b", "effect": "PreferNoSchedule"},
        ],
    ),
    {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-bare"}},
]

NAMESPACES = [
    {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "team", "labels": {"who": "us"}, "annotations": {"why": "work"}},
    }
]


def _data(kind: str, name: str, **fields: Any) -> Object:
    meta = {"name": name, "namespace": "default", "labels": {"sort": kind.lower()}}
    return {"apiVersion": "v1", "kind": kind, "metadata": meta, **fields}


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


DATA = [
    _data(
        "ConfigMap",
        "settings",
        data={"b": "two", "a.conf": "x=1\ny=2\n", "hostile": HOSTILE, "empty": ""},
        binaryData={"blob": _b64(b"\x00\x01\x02")},
    ),
    _data("ConfigMap", "bare"),
    _data(
        "Secret", "passwords", data={"user": _b64(b"me"), "key": _b64(b"0123456789")}, type="Opaque"
    ),
    _data("Secret", "nothing"),
    _data("ServiceAccount", "robot", secrets=[{"name": "one"}, {"name": "two"}]),
    _data("ServiceAccount", "puller", imagePullSecrets=[{"name": "registry"}]),
    {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "robot-token",
            "namespace": "default",
            "annotations": {"kubernetes.io/service-account.name": "robot"},
        },
        "type": "kubernetes.io/service-account-token",
        "data": {"token": _b64(b"abc")},
    },
    {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": "node-a", "namespace": "kube-node-lease"},
        "spec": {
            "holderIdentity": "node-a",
            "leaseDurationSeconds": 40,
            "renewTime": "2024-03-05T06:07:08.123456Z",
        },
    },
]


def _event(name: str, kind: str, about: str, reason: str, **fields: Any) -> Object:
    involved = {"kind": kind, "name": about, "apiVersion": "v1"}
    if kind != "Node":
        involved["namespace"] = "default"
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": "default"},
        "involvedObject": involved,
        "reason": reason,
        "type": "Normal",
        "source": {"component": "kubelet", "host": "node-a"},
        "firstTimestamp": "2024-03-05T06:07:08Z",
        "lastTimestamp": "2024-03-05T06:07:08Z",
        "count": 1,
        **fields,
    }


EVENTS = [
    _event("rich.1", "Pod", "rich", "Pulled", message="Image already there"),
    _event(
        "rich.2",
        "Pod",
        "rich",
        "BackOff",
        type="Warning",
        message=f"Back-off {HOSTILE}",
        count=12,
        lastTimestamp="2025-03-05T06:07:08Z",
    ),
    _event(
        "rich.3",
        "Pod",
        "rich",
        "Series",
        message="  again  ",
        eventTime="2024-03-05T06:07:08.000000Z",
        series={"count": 7, "lastObservedTime": "2024-06-05T06:07:08.000000Z"},
        reportingComponent="kctl",
        reportingInstance="x",
        action="Look",
        source={},
    ),
    _event("web.1", "Deployment", "web", "ScalingReplicaSet", message="Scaled up to 2"),
    _event("svc.1", "Service", "plain", "Something", message="happened"),
    _event("node.1", "Node", "node-a", "Starting", message="Starting kubelet."),
]
