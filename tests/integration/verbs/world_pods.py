"""Pods in every state, with everything that a pod can say."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]

LONG_AGO = "2024-03-05T06:07:08Z"
HOSTILE = "\x1b[1mloud\x1b[0m\tx\r\ny"


def _pod(name: str, **spec: Any) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default", "labels": {"run": name, "tier": "t1"}},
        "spec": {"containers": [{"name": "main", "image": "demo:1"}], **spec},
    }


def _env() -> list[Object]:
    def field(path: str) -> Object:
        return {"fieldRef": {"fieldPath": path}}

    return [
        {"name": "PLAIN", "value": "one"},
        {"name": "EMPTY"},
        {"name": "LINES", "value": "first\nsecond\tx"},
        {"name": "HOSTILE", "value": HOSTILE},
        {"name": "NAME", "valueFrom": field("metadata.name")},
        {"name": "IP", "valueFrom": field("status.podIP")},
        {"name": "LABEL", "valueFrom": field("metadata.labels['run']")},
        {"name": "ACCOUNT", "valueFrom": field("spec.serviceAccountName")},
        {"name": "CPU", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}},
        {"name": "MEM", "valueFrom": {"resourceFieldRef": {"resource": "requests.memory"}}},
        {
            "name": "MEM_MI",
            "valueFrom": {"resourceFieldRef": {"resource": "limits.memory", "divisor": "1Mi"}},
        },
        {
            "name": "SECRET",
            "valueFrom": {"secretKeyRef": {"name": "passwords", "key": "user", "optional": True}},
        },
        {"name": "CONFIG", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "b"}}},
    ]


RICH = _pod(
    "rich",
    nodeName="node-a",
    serviceAccountName="robot",
    priority=0,
    nodeSelector={"disk": "ssd", "a": "b"},
    securityContext={"seccompProfile": {"type": "RuntimeDefault"}},
    tolerations=[
        {"key": "gpu", "operator": "Equal", "value": "yes", "effect": "NoSchedule"},
        {"operator": "Exists"},
        {
            "key": "node.kubernetes.io/not-ready",
            "operator": "Exists",
            "effect": "NoExecute",
            "tolerationSeconds": 300,
        },
    ],
    topologySpreadConstraints=[
        {
            "maxSkew": 1,
            "topologyKey": "zone",
            "whenUnsatisfiable": "DoNotSchedule",
            "labelSelector": {"matchLabels": {"run": "rich"}},
        }
    ],
    initContainers=[
        {"name": "setup", "image": "setup:1", "command": ["sh", "-c", "echo a\necho b"]},
        {
            "name": "sidecar",
            "image": "side:1",
            "restartPolicy": "Always",
            "resources": {"requests": {"cpu": "10m"}},
        },
    ],
    containers=[
        {
            "name": "web",
            "image": "demo:2",
            "command": ["/bin/app", "--flag=x"],
            "args": ["a", "b\nc", HOSTILE],
            "ports": [
                {"name": "http", "containerPort": 80, "hostPort": 8080},
                {"containerPort": 53, "protocol": "UDP"},
            ],
            "resources": {
                "limits": {"cpu": "500m", "memory": "128Mi"},
                "requests": {"cpu": "100m", "memory": "64Mi"},
            },
            "env": _env(),
            "envFrom": [
                {"configMapRef": {"name": "settings"}},
                {"prefix": "S_", "secretRef": {"name": "passwords", "optional": True}},
            ],
            "livenessProbe": {"exec": {"command": ["cat", "/tmp/x y"]}, "initialDelaySeconds": 3},
            "readinessProbe": {
                "httpGet": {"path": "/ready?x=1", "port": "http", "host": "localhost"},
                "failureThreshold": 7,
            },
            "startupProbe": {"tcpSocket": {"port": 80}},
            "volumeMounts": [
                {"name": "scratch", "mountPath": "/scratch"},
                {"name": "conf", "mountPath": "/etc/conf", "readOnly": True, "subPath": "b"},
            ],
            "securityContext": {"seccompProfile": {"type": "Unconfined"}},
        },
        {
            "name": "helper",
            "image": "helper:1",
            "ports": [{"containerPort": 90}],
            "livenessProbe": {"grpc": {"port": 90, "service": "health"}},
            "readinessProbe": {"httpGet": {"path": "/", "port": 90, "scheme": "HTTPS"}},
        },
    ],
    volumes=[
        {"name": "scratch", "emptyDir": {}},
        {"name": "ram", "emptyDir": {"medium": "Memory", "sizeLimit": "64Mi"}},
        {"name": "conf", "configMap": {"name": "settings", "optional": True}},
        {"name": "sec", "secret": {"secretName": "passwords"}},
        {"name": "host", "hostPath": {"path": "/var/log", "type": "Directory"}},
        {
            "name": "down",
            "downwardAPI": {
                "items": [
                    {"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}},
                    {
                        "path": "cpu",
                        "resourceFieldRef": {"containerName": "web", "resource": "limits.cpu"},
                    },
                ]
            },
        },
        {
            "name": "all",
            "projected": {
                "sources": [
                    {"configMap": {"name": "settings"}},
                    {"secret": {"name": "passwords"}},
                    {"downwardAPI": {"items": []}},
                    {"serviceAccountToken": {"path": "token", "expirationSeconds": 3607}},
                ]
            },
        },
    ],
)
RICH["metadata"]["annotations"] = {
    "short": "x",
    "long": "y" * 200,
    "lines": "one\ntwo\n",
    "hostile": HOSTILE,
    "kubectl.kubernetes.io/last-applied-configuration": "{}",
}

PODS = [
    RICH,
    _pod("crashing", nodeName="node-a"),
    _pod("pending"),
    _pod("pulling", nodeName="node-a"),
    _pod("done", nodeName="node-b", restartPolicy="Never"),
    _pod("failed", nodeName="node-a", restartPolicy="Never"),
    _pod("going", nodeName="node-a"),
    _pod("evicted", nodeName="node-b"),
    _pod(
        "initializing",
        nodeName="node-b",
        initContainers=[{"name": "first", "image": "init:1"}],
        priorityClassName="system-node-critical",
        priority=2000001000,
    ),
]
PODS[1]["metadata"]["ownerReferences"] = [
    {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "name": "web-2222",
        "controller": True,
    }
]
PODS[1]["metadata"]["labels"] = {"app": "web", "pod-template-hash": "2222"}


def _running() -> Object:
    return {"running": {"startedAt": LONG_AGO}}


def _ended(code: int, **fields: Any) -> Object:
    times = {"startedAt": LONG_AGO, "finishedAt": "2024-03-05T06:07:09Z"}
    return {"terminated": {"exitCode": code, **times, **fields}}


def _status(name: str, state: Object, **fields: Any) -> Object:
    return {
        "name": name,
        "state": state,
        "lastState": {},
        "ready": "running" in state,
        "restartCount": 0,
        "image": "demo:1",
        "imageID": "docker://sha256:abc",
        "containerID": f"docker://{name}",
        **fields,
    }


def _conditions(**statuses: str) -> list[Object]:
    return [
        {"type": name, "status": status, "lastTransitionTime": LONG_AGO}
        for name, status in statuses.items()
    ]


POD_STATUSES: dict[str, Object] = {
    "rich": {
        "phase": "Running",
        "startTime": LONG_AGO,
        "podIP": "10.77.0.5",
        "podIPs": [{"ip": "10.77.0.5"}, {"ip": "fd00::5"}],
        "hostIP": "192.168.7.1",
        "qosClass": "Burstable",
        "conditions": _conditions(Initialized="True", Ready="False", PodScheduled="True"),
        "initContainerStatuses": [
            _status("setup", _ended(0, reason="Completed")),
            _status("sidecar", _running(), started=True),
        ],
        "containerStatuses": [
            _status(
                "web",
                _running(),
                restartCount=3,
                lastState=_ended(137, reason="OOMKilled", message=HOSTILE),
            ),
            _status("helper", {"waiting": {"reason": "ContainerCreating"}}),
        ],
    },
    "crashing": {
        "phase": "Running",
        "startTime": LONG_AGO,
        "podIP": "10.77.0.6",
        "podIPs": [{"ip": "10.77.0.6"}],
        "hostIP": "192.168.7.1",
        "qosClass": "BestEffort",
        "containerStatuses": [
            _status(
                "main",
                {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s"}},
                restartCount=5,
                lastState=_ended(1, reason="Error", signal=9),
            )
        ],
    },
    "pending": {
        "phase": "Pending",
        "qosClass": "BestEffort",
        "conditions": [
            {
                "type": "PodScheduled",
                "status": "False",
                "reason": "Unschedulable",
                "message": "0/2 nodes are available",
            }
        ],
    },
    "pulling": {
        "phase": "Pending",
        "startTime": LONG_AGO,
        "qosClass": "BestEffort",
        "containerStatuses": [
            _status("main", {"waiting": {"reason": "ImagePullBackOff"}}, containerID="", imageID="")
        ],
    },
    "done": {
        "phase": "Succeeded",
        "startTime": LONG_AGO,
        "podIP": "10.77.1.4",
        "containerStatuses": [_status("main", _ended(0, reason="Completed"))],
    },
    "failed": {
        "phase": "Failed",
        "startTime": LONG_AGO,
        "containerStatuses": [_status("main", _ended(3, reason="Error"))],
    },
    "going": {
        "phase": "Running",
        "startTime": LONG_AGO,
        "podIP": "10.77.0.9",
        "containerStatuses": [_status("main", _running())],
    },
    "evicted": {
        "phase": "Failed",
        "reason": "Evicted",
        "message": f"The node was low on memory. {HOSTILE}",
        "startTime": LONG_AGO,
    },
    "initializing": {
        "phase": "Pending",
        "startTime": LONG_AGO,
        "nominatedNodeName": "node-a",
        "initContainerStatuses": [_status("first", _running())],
        "containerStatuses": [_status("main", {"waiting": {"reason": "PodInitializing"}})],
    },
}
