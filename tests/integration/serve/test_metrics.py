"""What pods use, and what follows from it: kubectl top, kctl top, autoscalers, on real engines."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from kctl.api.quantity import parse
from tests.integration.serve.pods import (
    VERSIONS,
    binary,
    container,
    demo_image,
    pod,
    serving_pods,
)
from tests.integration.serve.served import Served

pytestmark = pytest.mark.docker
METRICS = "/apis/metrics.k8s.io/v1beta1"
LIMIT = {"requests": {"cpu": "50m", "memory": "8Mi"}, "limits": {"cpu": "100m"}}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with demo_image() as image:
        busy = container(image, "while :; do :; done", resources=LIMIT)
        idle = [container(image, "sleep 10000 & wait", name) for name in ("a", "b")]
        template = pod("x", busy, app="busy")
        deployment = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "busy"},
            "spec": {
                "selector": {"matchLabels": {"app": "busy"}},
                "template": {"metadata": {"labels": {"app": "busy"}}, "spec": template["spec"]},
            },
        }
        folder = tmp_path_factory.mktemp("metrics")
        with serving_pods(folder, deployment, pod("idle", *idle, app="idle")) as made:
            until(lambda: len(lines(made, "pods", "--no-headers")) == 2, "both pods are measured")
            yield made


def until(condition: Callable[[], Any], what: str, seconds: float = 60.0) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, what
        time.sleep(0.2)
    return found


def lines(served: Served, *words: str, path: Path | None = None) -> list[list[str]]:
    ran = served.kubectl("top", *words, binary=path)
    return [line.split() for line in ran.out.splitlines()]


@pytest.fixture(params=VERSIONS)
def kubectl(request: pytest.FixtureRequest) -> Path:
    path = binary(request.param)
    if path is None:
        pytest.skip(f"this machine has no kubectl {request.param}")
    return path


def test_kubectl_top(served: Served, kubectl: Path) -> None:
    found = lines(served, "pods", "--no-headers", "--sort-by=cpu", path=kubectl)
    (name, used, memory), (other, idle, _) = found
    assert name.startswith("busy-") and other == "idle"
    assert int(idle.removesuffix("m")) < int(used.removesuffix("m")) < 200, "its limit is 100m"
    assert memory.endswith("Mi")
    parts = lines(served, "pods", "-l", "app=idle", "--containers", "--no-headers", path=kubectl)
    assert [each[:2] for each in parts] == [["idle", "a"], ["idle", "b"]]
    everywhere = lines(served, "pods", "-A", "--sum", path=kubectl)
    assert everywhere[0][:2] == ["NAMESPACE", "NAME"] and everywhere[-1][0].endswith("m")
    (node,) = lines(served, "nodes", "--no-headers", path=kubectl)
    assert node[2].endswith("%") and node[4].endswith("%")


def test_kctl_top_prints_what_kubectl_prints_but_for_the_amounts(served: Served) -> None:
    for words in (
        ("pods", "--containers", "--sum"),
        ("pod", "idle"),
        ("nodes",),
        ("pods", "-A", "--no-headers"),
    ):
        shown = served.kctl("top", *words)
        assert shown.code == 0, shown
        theirs = lines(served, *words)
        ours = [line.split() for line in shown.out.splitlines()]
        assert [len(each) for each in ours] == [len(each) for each in theirs]
        assert [each[0] for each in ours[:-1]] == [each[0] for each in theirs[:-1]]
        if "--no-headers" not in words:
            assert ours[0] == theirs[0]
    for words in (("pod", "none"), ("pod", "a", "b"), ("nodes", "none"), ("pods", "-l", "x=y")):
        ours_ran, theirs_ran = served.kctl("top", *words), served.kubectl("top", *words)
        assert ours_ran.code == theirs_ran.code
        assert ours_ran.err.replace("kctl", "kubectl") == theirs_ran.err


def test_the_objects(served: Served) -> None:
    one = served.request("GET", f"{METRICS}/namespaces/default/pods/idle").json
    assert (one["kind"], one["apiVersion"]) == ("PodMetrics", "metrics.k8s.io/v1beta1")
    assert one["metadata"]["labels"] == {"app": "idle"}
    assert one["window"].endswith("s") and one["timestamp"].endswith("Z")
    assert [each["name"] for each in one["containers"]] == ["a", "b"]
    for each in one["containers"]:
        assert 0 < parse(each["usage"]["memory"]) < 2**30
    (node,) = served.request("GET", f"{METRICS}/nodes").json["items"]
    assert 0 < parse(node["usage"]["cpu"]) < 1024
    table = served.do("get", "podmetrics", "idle")
    assert table.split()[:4] == ["NAME", "CPU", "MEMORY", "WINDOW"]
    query = "fieldSelector=metadata.name%3Didle"
    listed = served.request("GET", f"{METRICS}/pods?{query}").json
    assert [each["metadata"]["name"] for each in listed["items"]] == ["idle"]


def test_what_is_not_there_and_what_is_not_allowed(served: Served) -> None:
    missing = served.request("GET", f"{METRICS}/namespaces/default/pods/none")
    assert (missing.code, missing.json["message"]) == (404, 'pods "none" not found')
    late = container("kctl-none:v0", "true")
    late["imagePullPolicy"] = "Never"
    served.apply(pod("late", late))
    without = served.request("GET", f"{METRICS}/namespaces/default/pods/late")
    message = 'podmetrics.metrics.k8s.io "default/late" not found'
    assert (without.code, without.json["message"]) == (404, message)
    served.do("delete", "pod", "late")
    assert served.request("DELETE", f"{METRICS}/nodes").code == 405
    assert served.request("GET", f"{METRICS}/nodes?watch=true").code == 405
    assert served.request("GET", f"{METRICS}/namespaces/default/nodes").code == 404
    assert served.request("GET", f"{METRICS}/pods?fieldSelector=spec.x%3Dy").code == 400
    assert served.request("GET", f"{METRICS}/pods?labelSelector=%21%21").code == 400
    served.do("create", "serviceaccount", "nobody")
    token = served.do("create", "token", "nobody").strip()
    refused = served.request("GET", f"{METRICS}/namespaces/default/pods", token=token)
    assert (refused.code, refused.json["reason"]) == (403, "Forbidden")
    served.do(
        "create", "rolebinding", "nobody", "--clusterrole=view", "--serviceaccount=default:nobody"
    )
    until(
        lambda: (
            served.request("GET", f"{METRICS}/namespaces/default/pods", token=token).code == 200
        ),
        "who may view may also see this",
    )


def _alike(served: Served, *words: str) -> bool:
    return served.kctl(*words).out == served.do(*words)


def test_an_autoscaler_adds_replicas(served: Served) -> None:
    """As kubectl of 1.27 makes it, which knows no other version than v1."""
    older = binary("1.27")
    words = ("autoscale", "deployment", "busy", "--min=1", "--max=2", "--cpu-percent=60")
    made = served.kubectl(*words, binary=older)
    assert made.code == 0, made
    until(lambda: served.get("deploy", "busy")["spec"]["replicas"] == 2, "scaled")
    found = until(
        lambda: (o := served.get("hpa", "busy"))["status"]["currentReplicas"] == 2 and o, "followed"
    )
    (metric,) = found["status"]["currentMetrics"]
    assert metric["resource"]["current"]["averageUtilization"] > 66
    events = served.do("get", "events", "--field-selector=reason=SuccessfulRescale")
    assert "New size: 2; reason: cpu resource utilization" in events
    for shown in (("describe", "hpa", "busy"), ("get", "hpa")):
        same = "what is the same within a second is printed the same"
        until(partial(_alike, served, *shown), same)
    served.do("delete", "hpa", "busy")
