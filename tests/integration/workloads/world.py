"""Jobs, cron jobs, quotas, limits, priority classes, ingresses and network policies, as the
API and the controllers would leave them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kctl.api.errors import ApiError
from tests.integration.verbs.world import open_plane

Object = dict[str, Any]

LONG_AGO = "2024-03-05T06:07:08Z"


def _template(**labels: str) -> Object:
    container: Object = {
        "name": "main",
        "image": "busybox:1",
        "command": ["sh", "-c", "true"],
        "env": [{"name": "A", "value": "b"}],
        "resources": {"limits": {"cpu": "500m", "memory": "64Mi"}},
    }
    meta = {"metadata": {"labels": labels}} if labels else {}
    return {**meta, "spec": {"restartPolicy": "Never", "containers": [container]}}


def _job(name: str, status: Object | None = None, **spec: Any) -> Object:
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name},
        "spec": {"template": _template(), **spec},
        "status": status or {},
    }


def _condition(type_: str, reason: str) -> Object:
    return {
        "type": type_,
        "status": "True",
        "reason": reason,
        "lastProbeTime": LONG_AGO,
        "lastTransitionTime": LONG_AGO,
    }


JOBS = [
    _job("bare"),
    _job(
        "done",
        {
            "startTime": LONG_AGO,
            "completionTime": "2024-03-05T06:09:18Z",
            "succeeded": 3,
            "ready": 0,
            "conditions": [_condition("Complete", "CompletionsReached")],
        },
        completions=3,
        parallelism=2,
        ttlSecondsAfterFinished=9999999,
    ),
    _job(
        "failed",
        {
            "startTime": LONG_AGO,
            "failed": 7,
            "conditions": [_condition("Failed", "BackoffLimitExceeded")],
        },
        activeDeadlineSeconds=600,
        suspend=True,
    ),
    _job(
        "indexed",
        {"startTime": LONG_AGO, "active": 2, "ready": 1, "completedIndexes": "0-2,5"},
        completionMode="Indexed",
        completions=9,
        parallelism=2,
        template=_template(app="indexed"),
    ),
    _job(
        "long",
        {"completedIndexes": ",".join(str(each) for each in range(0, 60, 2))},
        completionMode="Indexed",
        completions=90,
    ),
    _job("queue", {"startTime": LONG_AGO, "active": 3}, parallelism=3),
    _job(
        "resting",
        {"conditions": [_condition("Suspended", "JobSuspended")]},
        suspend=True,
    ),
]


def _cronjob(name: str, status: Object | None = None, **spec: Any) -> Object:
    job = {"metadata": {"labels": {"from": name}}, "spec": {"template": _template()}}
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": name, "labels": {"app": name}, "annotations": {"note": "x"}},
        "spec": {"schedule": "*/5 * * * *", "jobTemplate": job, **spec},
        "status": status or {},
    }


ACTIVE = [{"apiVersion": "batch/v1", "kind": "Job", "name": name} for name in ("a-1", "a-2")]

CRON_JOBS = [
    _cronjob("bare"),
    _cronjob(
        "busy",
        {"active": ACTIVE, "lastScheduleTime": LONG_AGO, "lastSuccessfulTime": LONG_AGO},
        timeZone="Europe/Berlin",
        concurrencyPolicy="Forbid",
        startingDeadlineSeconds=90,
        suspend=True,
        jobTemplate={
            "spec": {
                "template": _template(),
                "completions": 2,
                "parallelism": 2,
                "activeDeadlineSeconds": 5,
            }
        },
    ),
]


def _quota(name: str, hard: Object, used: Object, **spec: Any) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": name},
        "spec": {"hard": hard, **spec},
        "status": {"hard": hard, "used": used},
    }


QUOTAS: list[Object] = [
    _quota(
        "compute",
        {"requests.cpu": "4", "limits.memory": "8Gi", "pods": "50", "count/jobs.batch": "99"},
        {"requests.cpu": "1500m", "limits.memory": "512Mi", "pods": "3", "count/jobs.batch": "7"},
    ),
    _quota("effort", {"pods": "5"}, {"pods": "0"}, scopes=["NotTerminating", "BestEffort"]),
]

LIMITS: list[Object] = [
    {
        "apiVersion": "v1",
        "kind": "LimitRange",
        "metadata": {"name": "limits"},
        "spec": {
            "limits": [
                {"type": "Pod", "max": {"cpu": "4"}},
                {"type": "Container", "min": {"cpu": "10m"}, "default": {"cpu": "500m"}},
                {"type": "Container", "maxLimitRequestRatio": {"memory": "2"}},
            ][:2]
        },
    }
]

CLASSES: list[Object] = [
    {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": "high", "annotations": {"b": "2", "a": "1"}},
        "value": 1000,
        "globalDefault": True,
        "description": "first of all",
    },
    {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "IngressClass",
        "metadata": {"name": "mine"},
        "spec": {
            "controller": "example.com/ingress",
            "parameters": {"apiGroup": "example.com", "kind": "Params", "name": "p"},
        },
    },
]


def _backend(service: str, **port: Any) -> Object:
    return {"service": {"name": service, "port": port}}


INGRESSES: list[Object] = [
    {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "full", "annotations": {"note": "x"}},
        "spec": {
            "ingressClassName": "mine",
            "defaultBackend": _backend("nowhere", name="http"),
            "tls": [{"hosts": ["a.example.com"], "secretName": "cert"}, {"hosts": ["b.io"]}],
            "rules": [
                {
                    "host": "a.example.com",
                    "http": {
                        "paths": [
                            {"path": "/", "pathType": "Prefix", "backend": _backend("s", number=80)}
                        ]
                    },
                },
                *({"host": f"h{at}.example.com"} for at in range(4)),
            ],
        },
        "status": {"loadBalancer": {"ingress": [{"ip": "10.0.0.1"}, {"hostname": "lb.io"}]}},
    },
    {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "bare"},
        "spec": {"defaultBackend": _backend("s", number=81)},
    },
    {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "s"},
        "spec": {"ports": [{"port": 80}]},
    },
]

POLICIES: list[Object] = [
    {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "all"},
        "spec": {"podSelector": {}},
    },
    {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "web"},
        "spec": {
            "podSelector": {"matchLabels": {"app": "web"}},
            "ingress": [
                {
                    "from": [
                        {"podSelector": {"matchLabels": {"a": "b"}}},
                        {"namespaceSelector": {}, "podSelector": {"matchLabels": {"c": "d"}}},
                        {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}},
                    ],
                    "ports": [{"port": 80}, {"port": "http", "protocol": "UDP"}],
                },
                {"ports": [{"port": 81}]},
            ],
            "egress": [{"to": [{"namespaceSelector": {"matchLabels": {"x": "y"}}}]}],
        },
    },
]

DAEMON_SETS: list[Object] = [
    {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "agent", "labels": {"app": "agent"}},
        "spec": {
            "selector": {"matchLabels": {"app": "agent"}},
            "template": {
                "metadata": {"labels": {"app": "agent"}},
                "spec": {
                    "nodeSelector": {"disk": "ssd", "a": "b"},
                    "containers": [{"name": "main", "image": "agent:1"}],
                },
            },
        },
        "status": {
            "desiredNumberScheduled": 3,
            "currentNumberScheduled": 3,
            "numberReady": 2,
            "updatedNumberScheduled": 3,
            "numberAvailable": 2,
            "numberMisscheduled": 0,
            "observedGeneration": 1,
        },
    },
    {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": {
            "name": "agent-1",
            "labels": {"app": "agent"},
            "ownerReferences": [
                {
                    "apiVersion": "apps/v1",
                    "kind": "DaemonSet",
                    "name": "agent",
                    "uid": "u",
                    "controller": True,
                }
            ],
        },
        "data": {
            "spec": {
                "template": {
                    "$patch": "replace",
                    "metadata": {"labels": {"app": "agent"}},
                    "spec": {"containers": [{"name": "main", "image": "agent:0"}]},
                }
            }
        },
        "revision": 1,
    },
]

EVERYTHING: list[Object] = [
    *CLASSES, *JOBS, *CRON_JOBS, *QUOTAS, *LIMITS, *INGRESSES, *POLICIES, *DAEMON_SETS,
]  # fmt: skip


def build(home: Path) -> None:
    """Fill a new home."""
    home.mkdir(mode=0o700)
    with open_plane(home) as plane:
        uids: dict[str, str] = {}
        for obj in EVERYTHING:
            for owner in obj["metadata"].get("ownerReferences", []):
                owner["uid"] = uids[owner["name"]]
            namespace = "" if obj["kind"].endswith("Class") else "default"
            made = plane.api.create(obj, namespace=namespace or None)
            uids[made["metadata"]["name"]] = made["metadata"]["uid"]
            if obj.get("status"):
                try:
                    plane.api.update({**made, "status": obj["status"]}, subresource="status")
                except ApiError as error:
                    raise AssertionError(f"{obj['metadata']['name']}: {error}") from None
