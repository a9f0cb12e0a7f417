"""kctl's autoscalers and kubectl's, on one store: the same command lines, the same bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.integration.serve.served import Object, Served

WEB = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web"},
    "spec": {
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "c", "image": "i"}]},
        },
    },
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    made = Served(tmp_path_factory.mktemp("autoscale"))
    made.apply(WEB)
    yield made
    assert made.stop() == 0
    assert "Traceback" not in made.log(), made.log()


@pytest.mark.parametrize(
    "words",
    [
        "--max=5",
        "--max=5 --cpu=80%",
        "--min=2 --max=5 --cpu=500m --memory=200Mi",
        "--max=5 --cpu=500 --memory=60% --name=other",
        "--max=5 --cpu=0.5 --memory=100",
        "--max=5 --memory=-1",
        "--max=5 -n elsewhere",
        "",
        "--max=0",
        "--min=3 --max=2",
        "--max=3 --cpu=-5%",
        "--max=3 --cpu=x",
        "--max=3 --memory=x%",
    ],
)
def test_the_object_and_the_complaints(served: Served, words: str) -> None:
    for output in ("yaml", "json"):
        line = ("autoscale", "deployment", "web", *words.split(), "--dry-run=client", "-o", output)
        if "elsewhere" in words:
            line = (*line[:1], "-f", str(served.folder / "web.json"), *line[3:])
            (served.folder / "web.json").write_text(json.dumps(WEB))
        ours, theirs = served.kctl(*line), served.kubectl(*line)
        assert ours == theirs


def test_what_has_no_replicas(served: Served) -> None:
    for line in (("autoscale", "deployment", "none", "--max=3"), ("autoscale", "--max=3")):
        assert served.kctl(*line) == served.kubectl(*line)
    service = ("autoscale", "service", "kubernetes", "--max=3")
    assert served.kctl(*service).code == served.kubectl(*service).code == 1


def resource(name: str, **target: object) -> Object:
    return {"type": "Resource", "resource": {"name": name, "target": target}}


def test_descriptions_and_tables(served: Served) -> None:
    hits = {"metric": {"name": "hits"}}
    described = {"describedObject": {"kind": "Service", "name": "x", "apiVersion": "v1"}}
    value = {"type": "Value", "value": "5"}
    average = {"type": "AverageValue", "averageValue": "5k"}
    percent = {"type": "Utilization", "averageUtilization": 60}
    container = {"container": "c", "name": "cpu"}
    metrics = [
        resource("cpu", **percent),
        resource("memory", type="AverageValue", averageValue="100Mi"),
        {"type": "ContainerResource", "containerResource": {**container, "target": percent}},
        {"type": "ContainerResource", "containerResource": {**container, "target": average}},
        {"type": "Pods", "pods": {**hits, "target": average}},
        {"type": "Object", "object": {**hits, **described, "target": value}},
        {"type": "Object", "object": {**hits, **described, "target": average}},
        {"type": "External", "external": {**hits, "target": value}},
        {"type": "External", "external": {**hits, "target": average}},
    ]
    behavior = {
        "scaleUp": {"policies": [{"type": "Pods", "value": 1, "periodSeconds": 30}]},
        "scaleDown": {"stabilizationWindowSeconds": 10, "selectPolicy": "Disabled"},
    }
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    names = []
    for at, chosen in enumerate([metrics, metrics[1:], metrics[2:4], [], metrics[4:6]]):
        spec = {"scaleTargetRef": target, "maxReplicas": 3 + at, "metrics": chosen}
        names.append(f"h{at}")
        made = {
            "apiVersion": "autoscaling/v2",
            "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": names[-1], "labels": {"at": str(at)}},
            "spec": spec if at else {**spec, "behavior": behavior},
        }
        served.do("create", "-f", "-", stdin=json.dumps(made))
    used = {"averageUtilization": 12, "averageValue": "12m"}
    status = {
        "currentReplicas": 1,
        "desiredReplicas": 2,
        "currentMetrics": [
            {"type": "Resource", "resource": {"name": "cpu", "current": used}},
            {
                "type": "Resource",
                "resource": {"name": "memory", "current": {"averageValue": "8Mi"}},
            },
        ],
        "conditions": [
            {"type": "AbleToScale", "status": "True", "reason": "R", "message": "a message"}
        ],
    }
    patch = json.dumps({"status": status})
    served.do("patch", "hpa", "h0", "--subresource=status", "--type=merge", "-p", patch)
    for name in names:
        assert served.kctl("describe", "hpa", name).out == served.do("describe", "hpa", name)
    for words in (("get", "hpa"), ("get", "hpa", "-o", "wide"), ("get", "hpa", "h0", "-o", "yaml")):
        ours, theirs = served.kctl(*words).out, served.do(*words)
        assert [line.split()[:-1] for line in ours.splitlines()] == [
            line.split()[:-1] for line in theirs.splitlines()
        ], words
    assert "cpu: 12%/60%, memory: 8Mi/100Mi + 7 more..." in served.do("get", "hpa", "h0")


def test_both_versions_show_one_object(served: Served) -> None:
    name = "horizontalpodautoscalers.v1.autoscaling"
    made = {
        "apiVersion": "autoscaling/v1",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "old"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
            "maxReplicas": 4,
            "targetCPUUtilizationPercentage": 70,
        },
    }
    served.do("create", "-f", "-", stdin=json.dumps(made))
    old, new = served.get(name, "old"), served.get("hpa", "old")
    assert (old["apiVersion"], new["apiVersion"]) == ("autoscaling/v1", "autoscaling/v2")
    assert old["spec"]["targetCPUUtilizationPercentage"] == 70
    (metric,) = new["spec"]["metrics"]
    assert metric["resource"]["target"]["averageUtilization"] == 70
    with served.stream("/apis/autoscaling/v1/horizontalpodautoscalers?watch=true") as watch:
        events = [json.loads(watch.readline()) for _ in range(1)]
    assert {each["object"]["apiVersion"] for each in events} == {"autoscaling/v1"}
    served.do("delete", name, "old")
