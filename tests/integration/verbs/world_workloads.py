"""Deployments with their replica sets, and services with what is behind them."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]

REVISION = "deployment.kubernetes.io/revision"
CAUSE = "kubernetes.io/change-cause"


def _template(app: str, image: str, **labels: str) -> Object:
    container: Object = {"name": "web", "image": image, "ports": [{"containerPort": 80}]}
    if image.endswith(":2"):
        container |= {
            "env": [{"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
            "livenessProbe": {"httpGet": {"path": "/", "port": 80}},
            "volumeMounts": [{"name": "data", "mountPath": "/data"}],
        }
    spec: Object = {"containers": [container]}
    if image.endswith(":2"):
        spec |= {
            "initContainers": [{"name": "prepare", "image": "busybox:1"}],
            "serviceAccountName": "robot",
            "volumes": [{"name": "data", "emptyDir": {}}],
            "nodeSelector": {"disk": "ssd"},
            "tolerations": [{"key": "gpu", "operator": "Exists"}],
        }
    meta = {"labels": {"app": app, **labels}}
    if image.endswith(":2"):
        meta["annotations"] = {"note": "second"}
    return {"metadata": meta, "spec": spec}


def _deployment(name: str, image: str, replicas: int, status: Object, **spec: Any) -> Object:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": name,
            "namespace": "default",
            "labels": {"app": name},
            "annotations": {REVISION: "2"},
        },
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": _template(name, image),
            **spec,
        },
        "status": {"observedGeneration": 1, **status},
    }


def _conditions(available: str, reason: str, progressing: str) -> list[Object]:
    times = {
        "lastUpdateTime": "2024-03-05T06:07:08Z",
        "lastTransitionTime": "2024-03-05T06:07:08Z",
    }
    return [
        {"type": "Available", "status": available, "reason": "MinimumReplicas", **times},
        {"type": "Progressing", "status": progressing, "reason": reason, **times},
    ]


LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

DEPLOYMENTS = [
    _deployment(
        "web",
        "demo:2",
        2,
        {
            "replicas": 2,
            "updatedReplicas": 2,
            "readyReplicas": 2,
            "availableReplicas": 2,
            "conditions": _conditions("True", "NewReplicaSetAvailable", "True"),
        },
    ),
    _deployment(
        "stuck",
        "demo:1",
        3,
        {
            "replicas": 4,
            "updatedReplicas": 1,
            "readyReplicas": 3,
            "availableReplicas": 3,
            "unavailableReplicas": 1,
            "conditions": _conditions("True", "ProgressDeadlineExceeded", "False"),
        },
    ),
    _deployment("fresh", "demo:1", 1, {"replicas": 1, "unavailableReplicas": 1}),
    _deployment("idle", "demo:1", 0, {}, paused=True, strategy={"type": "Recreate"}),
]
DEPLOYMENTS[1]["metadata"]["annotations"][LAST_APPLIED] = "{}"


def _replica_set(owner: str, tag: str, image: str, revision: str, replicas: int) -> Object:
    annotations = {REVISION: revision}
    if revision == "1":
        annotations[CAUSE] = "the first of all"
    status = {"replicas": replicas, "observedGeneration": 1}
    if replicas:
        status["readyReplicas"] = replicas
    labels = {"app": owner, "pod-template-hash": tag}
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": f"{owner}-{tag}",
            "namespace": "default",
            "labels": labels,
            "annotations": annotations,
            "ownerReferences": [
                {
                    "apiVersion": "apps/v1",
                    "kind": "Deployment",
                    "name": owner,
                    "controller": True,
                }
            ],
        },
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": _template(owner, image, **{"pod-template-hash": tag}),
        },
        "status": status,
    }


REPLICA_SETS = [
    _replica_set("web", "1111", "demo:1", "1", 0),
    _replica_set("web", "2222", "demo:2", "2", 2),
    _replica_set("stuck", "3333", "demo:0", "1", 3),
    _replica_set("stuck", "4444", "demo:1", "2", 1),
    _replica_set("fresh", "5555", "demo:1", "2", 1),
]


def _service(name: str, selector: Object | None, ports: list[Object], **spec: Any) -> Object:
    found: Object = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "default", "labels": {"svc": name}},
        "spec": {**({"ports": ports} if ports else {}), **spec},
    }
    if selector:
        found["spec"]["selector"] = selector
    return found


WEB = {"app": "web", "tier": "x"}
SERVICES = [
    _service("plain", WEB, [{"port": 80}]),
    _service(
        "ports",
        WEB,
        [
            {"name": "http", "port": 80, "targetPort": 8080, "nodePort": 30080},
            {"name": "dns", "port": 53, "protocol": "UDP", "targetPort": "dns", "nodePort": 30053},
        ],
        type="NodePort",
        externalIPs=["192.168.9.9"],
        sessionAffinity="ClientIP",
    ),
    _service(
        "balanced",
        WEB,
        [{"port": 443, "nodePort": 30443}],
        type="LoadBalancer",
        loadBalancerSourceRanges=["10.0.0.0/8"],
        externalTrafficPolicy="Local",
        healthCheckNodePort=30444,
    ),
    _service("headless", WEB, [{"port": 80}], clusterIP="None"),
    _service("elsewhere", None, [], type="ExternalName", externalName="example.org"),
    _service("manual", None, [{"port": 99}]),
]
SERVICES[2]["status"] = {"loadBalancer": {"ingress": [{"ip": "192.168.7.1"}]}}


def _slice(service: str, name: str, ports: list[Object], addresses: list[str]) -> Object:
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": name,
            "namespace": "default",
            "labels": {"kubernetes.io/service-name": service},
        },
        "addressType": "IPv4",
        "ports": ports,
        "endpoints": [
            {"addresses": [each], "conditions": {"ready": not each.endswith(".9")}}
            for each in addresses
        ],
    }


SLICES = [
    _slice("plain", "plain-1", [{"port": 80}], ["10.77.0.5", "10.77.0.6", "10.77.0.9"]),
    _slice("plain", "plain-2", [{"port": 80}], ["10.77.1.5", "10.77.1.6"]),
    _slice(
        "ports",
        "ports-1",
        [{"name": "http", "port": 8080}, {"name": "dns", "port": 53, "protocol": "UDP"}],
        ["10.77.0.5"],
    ),
    _slice("headless", "headless-1", [{"port": 80}], ["10.77.0.9"]),
]
