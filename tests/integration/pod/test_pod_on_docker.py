"""Pods on a real engine, broken by hand and healed by the real pass."""

from __future__ import annotations

import pytest

from tests.integration.pod.conftest import Cluster

pytestmark = pytest.mark.docker


def test_killed_and_removed_containers_come_back(cluster: Cluster) -> None:
    cluster.create("web")
    cluster.create("stays")
    cluster.until(lambda: cluster.ready("web") and cluster.ready("stays"))
    address = cluster.pod("web")["status"]["podIP"]  # type: ignore[index]
    first, other = cluster.engine_id("web"), cluster.engine_id("stays")

    cluster.engine.kill(first)
    cluster.until(lambda: cluster.ready("web") and cluster.container("web")["restartCount"] == 1)
    ended = cluster.container("web")["lastState"]["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (137, "Error")
    second = cluster.engine_id("web")
    assert second != first
    assert cluster.engine.inspect_container(first)["State"]["Status"] == "exited"

    cluster.engine.remove_container(second, force=True)
    cluster.until(lambda: cluster.waiting("web") == "CrashLoopBackOff")
    ended = cluster.container("web")["lastState"]["terminated"]
    assert ended["reason"] == "ContainerStatusUnknown"
    assert "back-off 10s" in cluster.container("web")["state"]["waiting"]["message"]
    cluster.until(lambda: cluster.ready("web"))
    assert cluster.container("web")["restartCount"] == 2

    status = cluster.pod("web")["status"]  # type: ignore[index]
    assert status["podIP"] == address
    assert (cluster.engine_id("stays"), cluster.container("stays")["restartCount"]) == (other, 0)


def test_what_does_not_work_says_so_in_kubernetes_words(cluster: Cluster) -> None:
    cluster.create("crash", container={"command": ["sh", "-c", "sleep 0.2; exit 3"]})
    cluster.create("command", container={"command": ["/not/there"]})
    cluster.create("image", container={"image": "kctl-test.invalid/none:1"})
    cluster.create("config", container={"envFrom": [{"configMapRef": {"name": "settings"}}]})
    cluster.until(lambda: cluster.waiting("image") == "ImagePullBackOff")
    assert cluster.messages("image", "BackOff") == [
        'Back-off pulling image "kctl-test.invalid/none:1"'
    ]
    cluster.until(lambda: cluster.waiting("crash") == "CrashLoopBackOff")
    assert cluster.container("crash")["lastState"]["terminated"]["exitCode"] == 3
    cluster.until(lambda: cluster.waiting("command") == "CrashLoopBackOff")
    assert cluster.container("command")["lastState"]["terminated"]["reason"] == "ContainerCannotRun"
    assert cluster.container("config")["state"]["waiting"] == {
        "reason": "CreateContainerConfigError",
        "message": 'configmap "settings" not found',
    }
    settings = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"A": "1"}}
    cluster.plane.api.create({**settings, "metadata": {"name": "settings", "namespace": "default"}})
    cluster.until(lambda: cluster.ready("config"))


def test_a_failed_liveness_probe_restarts_the_container(cluster: Cluster) -> None:
    probe = {
        "exec": {"command": ["cat", "/alive"]},
        "periodSeconds": 1,
        "failureThreshold": 1,
        "initialDelaySeconds": 2,
    }
    cluster.create("live", container={"livenessProbe": probe})
    cluster.until(lambda: cluster.ready("live"))
    cluster.until(lambda: cluster.container("live")["restartCount"] == 1)
    assert cluster.messages("live", "Killing") == [
        "Container c failed liveness probe, will be restarted"
    ]
    assert cluster.messages("live", "Unhealthy")[0].startswith("Liveness probe failed: ")


def test_a_sandbox_that_dies_takes_its_containers_along_and_all_come_back(
    cluster: Cluster,
) -> None:
    init = {"name": "i", "image": cluster.image, "command": ["sh", "-c", "echo ran"]}
    side = {
        "name": "s",
        "image": cluster.image,
        "command": ["sleep", "1000"],
        "restartPolicy": "Always",
    }
    cluster.create("pair", initContainers=[init, side])
    cluster.until(lambda: cluster.ready("pair"))
    uid = cluster.pod("pair")["metadata"]["uid"]  # type: ignore[index]
    address = cluster.pod("pair")["status"]["podIP"]  # type: ignore[index]
    before = cluster.loop.observed.nodes[cluster.node].pods[uid].sandbox
    assert before is not None
    cluster.engine.kill(before.id)
    cluster.until(lambda: cluster.container("pair")["restartCount"] == 1 and cluster.ready("pair"))
    after = cluster.loop.observed.nodes[cluster.node].pods[uid].sandbox
    assert after is not None and after.id != before.id
    counts = {name: cluster.container("pair", name)["restartCount"] for name in ("i", "s", "c")}
    assert counts == {"i": 1, "s": 1, "c": 1}
    assert cluster.pod("pair")["status"]["podIP"] == address  # type: ignore[index]


def test_pods_end_and_leave_nothing_behind(cluster: Cluster) -> None:
    cluster.create("job", restartPolicy="Never", container={"command": ["sh", "-c", "exit 0"]})
    cluster.create("web")
    cluster.until(lambda: cluster.ready("web"))
    cluster.until(lambda: (cluster.pod("job") or {})["status"]["phase"] == "Succeeded")
    for name in ("job", "web"):
        cluster.plane.api.delete("pods", name, "default")
    cluster.until(lambda: cluster.pod("job") is None and cluster.pod("web") is None)
    assert not [name for name in cluster.loop.memory if name.startswith("pod/")]
    assert cluster.loop.observed.nodes[cluster.node].pods == {}


def test_a_pod_deleted_by_force_leaves_no_container(cluster: Cluster) -> None:
    cluster.create("web")
    cluster.until(lambda: cluster.ready("web"))
    container = cluster.engine_id("web")
    cluster.plane.api.delete("pods", "web", "default", grace=0)
    assert cluster.pod("web") is None
    left = {"label": "io.kubernetes.pod.name=web", "id": container}
    cluster.until(lambda: not cluster.engine.containers(all=True, filters=left))
