"""Whatever a manifest leaves out or sets to null, a kind answers with errors, not with an
exception; and defaults are idempotent."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.kinds import objects
from tests.unit.kinds.objects import KINDS, Object

_FULL_CONTAINER = objects.container(
    ports=[{"containerPort": 80, "name": "http", "hostPort": 8080}],
    env=[
        {"name": "A", "value": "b"},
        {"name": "B", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "C", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}},
        {"name": "D", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
    ],
    envFrom=[{"configMapRef": {"name": "c"}}],
    resources={"limits": {"memory": "64Mi", "cpu": "100m"}, "requests": {"cpu": "50m"}},
    livenessProbe={"httpGet": {"port": 80, "httpHeaders": [{"name": "X", "value": "y"}]}},
    readinessProbe={"exec": {"command": ["true"]}},
    startupProbe={"tcpSocket": {"port": "http"}},
    lifecycle={"preStop": {"sleep": {"seconds": 3}}},
    securityContext={"runAsUser": 1, "capabilities": {"add": ["NET_ADMIN"]}},
    volumeMounts=[{"name": "v", "mountPath": "/v", "subPath": "a"}],
)
_FULL_SPEC: Object = {
    "containers": [_FULL_CONTAINER],
    "initContainers": [objects.container("init", restartPolicy="Always")],
    "volumes": [
        {"name": "v", "emptyDir": {"sizeLimit": "1Gi"}},
        {"name": "c", "configMap": {"name": "c", "items": [{"key": "a", "path": "b"}]}},
        {"name": "s", "secret": {"secretName": "s"}},
        {
            "name": "p",
            "projected": {
                "sources": [
                    {"serviceAccountToken": {"path": "t"}},
                    {
                        "downwardAPI": {
                            "items": [
                                {"path": "l", "fieldRef": {"fieldPath": "metadata.labels"}},
                            ]
                        }
                    },
                ]
            },
        },
    ],
    "affinity": {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [
                    {"matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}]}
                ]
            }
        },
        "podAntiAffinity": {
            "preferredDuringSchedulingIgnoredDuringExecution": [
                {
                    "weight": 1,
                    "podAffinityTerm": {
                        "topologyKey": "zone",
                        "labelSelector": {"matchLabels": {"a": "b"}},
                    },
                }
            ]
        },
    },
    "tolerations": [{"key": "a", "operator": "Exists", "effect": "NoExecute"}],
    "topologySpreadConstraints": [
        {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}
    ],
    "dnsConfig": {"nameservers": ["192.0.2.1"], "searches": ["a.b"], "options": [{"name": "x"}]},
    "hostAliases": [{"ip": "192.0.2.1", "hostnames": ["a"]}],
    "securityContext": {"fsGroup": 1, "sysctls": [{"name": "net.core.somaxconn", "value": "1"}]},
    "nodeSelector": {"disk": "ssd"},
    "os": {"name": "linux"},
    "serviceAccountName": "builder",
    "readinessGates": [{"conditionType": "a/b"}],
}
_POD_STATUS: Object = {
    "phase": "Running",
    "podIP": "10.0.0.1",
    "podIPs": [{"ip": "10.0.0.1"}],
    "conditions": [{"type": "Ready", "status": "True"}],
    "initContainerStatuses": [{"name": "init", "started": True, "state": {"running": {}}}],
    "containerStatuses": [
        {
            "name": "web",
            "ready": True,
            "restartCount": 1,
            "state": {"running": {"startedAt": objects.CREATED}},
            "lastState": {"terminated": {"finishedAt": objects.CREATED, "exitCode": 1}},
        }
    ],
}


def _samples() -> dict[str, Object]:
    rolling = {"rollingUpdate": {"maxSurge": 1}}
    full_template = objects.template(**_FULL_SPEC)
    address = {"ip": "10.0.0.1", "targetRef": {"kind": "Pod", "name": "a"}}
    return {
        "Pod": {**objects.pod(**_FULL_SPEC), "status": _POD_STATUS},
        "Deployment": objects.deployment(strategy=rolling, template=full_template)
        | {"status": {"replicas": 1, "readyReplicas": 1, "updatedReplicas": 1}},
        "ReplicaSet": objects.workload("ReplicaSet", template=full_template),
        "Service": objects.service(
            type="LoadBalancer", sessionAffinity="ClientIP", externalIPs=["192.0.2.9"]
        )
        | {"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1", "ipMode": "VIP"}]}}},
        "Node": objects.node(
            spec={"podCIDR": "10.0.0.0/24", "taints": [{"key": "a", "effect": "NoSchedule"}]},
            status={
                "capacity": {"cpu": "2"},
                "conditions": [{"type": "Ready", "status": "True"}],
                "addresses": [{"type": "InternalIP", "address": "192.0.2.1"}],
            },
        ),
        "Namespace": objects.plain("Namespace", spec={"finalizers": ["kubernetes"]}),
        "Endpoints": objects.plain(
            "Endpoints", subsets=[{"addresses": [address], "ports": [{"port": 80}]}]
        ),
        "EndpointSlice": objects.plain(
            "EndpointSlice",
            addressType="IPv4",
            endpoints=[{"addresses": ["10.0.0.1"], "conditions": {"ready": True}}],
            ports=[{"port": 80}],
        ),
        "Event": objects.plain(
            "Event",
            involvedObject={"kind": "Pod", "name": "a", "namespace": "default", "uid": "u"},
            lastTimestamp=objects.CREATED,
            message="m",
            source={"component": "kubelet"},
        ),
        "ConfigMap": objects.plain("ConfigMap", data={"a": "b"}, binaryData={"c": "ZA=="}),
        "Secret": objects.plain("Secret", data={"a": "Yg=="}, stringData={"c": "d"}),
        "ServiceAccount": objects.plain("ServiceAccount", secrets=[{"name": "s"}]),
        "Lease": objects.plain("Lease", spec={"holderIdentity": "h"}),
    }


SAMPLES = _samples()


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of everything below the metadata of an object."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, each in items:
        if path == () and key in ("apiVersion", "kind", "metadata"):
            continue
        if isinstance(key, str):
            yield (*path, key)
        if isinstance(each, (dict, list)):
            yield from _places(each, (*path, key))


def _spoil(obj: Object, path: tuple[Any, ...], gone: bool) -> None:
    *parents, last = path
    here: Any = obj
    for step in parents:
        here = here[step] if here is not None and step in _steps(here) else None
        if here is None:
            return
    if gone:
        here.pop(last, None)
    else:
        here[last] = None


def _steps(value: Any) -> Any:
    return value if isinstance(value, dict) else range(len(value))


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_samples_are_valid(name: str) -> None:
    assert objects.faults(copy.deepcopy(SAMPLES[name])) == []


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_defaults_are_idempotent(name: str) -> None:
    once = copy.deepcopy(SAMPLES[name])
    KINDS[name].default(once)
    twice = copy.deepcopy(once)
    KINDS[name].default(twice)
    assert once == twice


@given(data=st.data(), name=st.sampled_from(sorted(SAMPLES)))
def test_missing_and_null_fields_are_answered(data: st.DataObject, name: str) -> None:
    kind, obj = KINDS[name], copy.deepcopy(SAMPLES[name])
    places = list(_places(obj))
    for path in data.draw(st.lists(st.sampled_from(places), max_size=4)):
        _spoil(obj, path, gone=data.draw(st.booleans()))
    old = objects.defaulted(copy.deepcopy(SAMPLES[name]))
    _exercise(kind, obj, old)


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_every_single_field_may_be_null_or_missing(name: str) -> None:
    old = objects.defaulted(copy.deepcopy(SAMPLES[name]))
    for path in _places(SAMPLES[name]):
        for gone in (True, False):
            obj = copy.deepcopy(SAMPLES[name])
            _spoil(obj, path, gone)
            _exercise(KINDS[name], obj, old)


def _exercise_status(kind: Any, obj: Object) -> None:
    """A status that a client wrote, on an object that passes."""
    kind.default(obj)
    if not kind.validate_update(obj, {**obj, "status": {}}):
        assert len(kind.row(obj)) == len(kind.columns)
        kind.selectable(obj)
        if kind.grace is not None:
            kind.grace(obj)


def _exercise(kind: Any, obj: Object, old: Object) -> None:
    updated, observed = copy.deepcopy(obj), copy.deepcopy(obj)
    kind.default(obj)
    kind.prepare_create(obj)
    if not kind.validate(obj):
        assert len(kind.row(obj)) == len(kind.columns)
        kind.refs(obj), kind.claims(obj), kind.selectable(obj)
        if kind.grace is not None:
            assert kind.grace(obj) >= 0
    if not kind.validate(obj):
        _exercise_status(kind, {**obj, "status": observed.get("status")})
    kind.claims(updated)
    kind.prepare_update(updated, copy.deepcopy(old))
    kind.default(updated)
    kind.validate(updated)
    kind.validate_update(updated, old)
