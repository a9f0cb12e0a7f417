"""The patches that apply computes, against those that the real kubectl sends to a server."""

from __future__ import annotations

import copy
import itertools
import json
from datetime import UTC, datetime

import pytest

from kctl.api.api import Api
from kctl.api.kinds.plugin import kctl_kinds
from kctl.api.patch.three_way import three_way_strategic
from kctl.api.registry import Kinds
from kctl.testing.memory_backend import MemoryBackend
from tests.integration.api.kubectl import kubectl
from tests.oracle.server import serving

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
POD = {
    "nodeSelector": {"x": "w"},
    "containers": [
        {
            "name": "a",
            "image": "a",
            "env": [{"name": "E1", "value": "1"}, {"name": "E2", "value": "2"}],
            "ports": [{"containerPort": 80}],
            "args": ["x", "z"],
        },
        {"name": "b", "image": "b"},
        {"name": "c", "image": "c"},
    ],
    "volumes": [{"name": "v1", "emptyDir": {}}, {"name": "v2", "configMap": {"name": "cm"}}],
    "tolerations": [{"key": "a", "operator": "Exists"}],
}
BASE = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "labels": {"a": "1", "b": "2"}},
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "web"}},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}},
        "template": {
            "metadata": {"labels": {"app": "web"}, "finalizers": ["a.b/c", "d.e/f"]},
            "spec": POD,
        },
    },
}


def changed(step):
    """The manifest after one of the edits that people make."""
    obj = copy.deepcopy(BASE)
    spec, pod = obj["spec"], obj["spec"]["template"]["spec"]
    match step:
        case "remove a container, a variable and a label":
            del pod["containers"][1], pod["containers"][0]["env"][0], obj["metadata"]["labels"]["a"]
        case "reorder, and another strategy":
            pod["containers"].reverse()
            spec["strategy"] = {"type": "Recreate"}
        case "another source of a volume":
            host_path = {"name": "v2", "hostPath": {"path": "/x"}}
            pod["volumes"] = [host_path, {"name": "v3", "emptyDir": {}}]
            spec["replicas"] = 7
        case "leave fields out":
            del pod["volumes"], pod["nodeSelector"], spec["replicas"]
            pod["tolerations"] = [{"key": "z", "operator": "Exists"}]
        case "lists of words and ports":
            spec["template"]["metadata"]["finalizers"] = ["q.q/q", "d.e/f"]
            ports = [{"containerPort": 81}, {"containerPort": 80, "name": "h"}]
            pod["containers"][0]["ports"] = ports
        case "insert a container, and a null":
            pod["containers"].insert(1, {"name": "n", "image": "n"})
            pod["containers"][0]["args"] = None
    return obj


STEPS = (
    "remove a container, a variable and a label",
    "reorder, and another strategy",
    "another source of a volume",
    "leave fields out",
    "lists of words and ports",
    "insert a container, and a null",
)


class RecordingApi(Api):
    """Keeps each patch together with the object that it met."""

    def patch(self, kind, name, namespace, patch, patch_type, **options):
        self.seen.append((patch, self.get(kind, name, namespace)))
        return super().patch(kind, name, namespace, patch, patch_type, **options)


@pytest.fixture
def recording():
    kinds, uids = Kinds(kctl_kinds()), itertools.count()
    api = RecordingApi(
        MemoryBackend(),
        kinds,
        now=lambda: datetime(2026, 11, 23, tzinfo=UTC),
        new_uid=lambda: f"uid-{next(uids)}",
        suffix=lambda: "bbbbb",
    )
    api.seen = []
    return api


def test_the_patches_are_those_that_kubectl_sends(recording, tmp_path):
    with serving(recording, recording.kinds, tmp_path) as config:
        for step in ("", *STEPS, ""):
            manifest = changed(step)
            run = kubectl(
                *("--kubeconfig", str(config), "apply", "--validate=false", "-f", "-"),
                text=json.dumps(manifest),
            )
            assert run.returncode == 0, run.stderr
            if recording.seen:
                patch, current = recording.seen.pop()
                assert ours(manifest, current, patch) == patch, step
                assert recording.seen == []
    assert recording.get("deployments.apps", "web", "default")["spec"]["replicas"] == 2


def ours(manifest, current, theirs):
    """What we would send; the annotation's text is taken from kubectl's patch."""
    annotation = theirs["metadata"]["annotations"][LAST_APPLIED]
    modified = copy.deepcopy(manifest)
    modified["metadata"]["namespace"] = "default"
    modified["metadata"]["annotations"] = {LAST_APPLIED: annotation}
    original = json.loads(current["metadata"]["annotations"][LAST_APPLIED])
    return three_way_strategic(original, modified, current, "io.k8s.api.apps.v1.Deployment")
