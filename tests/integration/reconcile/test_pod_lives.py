"""Pods on a real engine: crash loops, missing images, probes, several containers."""

from __future__ import annotations

import uuid

import pytest

from tests.integration.reconcile.cluster import Cluster, Object, pod, until

pytestmark = pytest.mark.docker

SHELL = ["sh", "-c"]


def test_a_crash_loop_says_so_and_counts_restarts(shared: Cluster, image: str) -> None:
    shared.apply(pod("crash", image, "exit 3"))
    until(lambda: shared.waiting("crash") == "CrashLoopBackOff", 30)
    until(lambda: shared.status("crash")["restartCount"] >= 1, 30)
    until(lambda: shared.waiting("crash") == "CrashLoopBackOff", 30)
    status = shared.status("crash")
    assert status["lastState"]["terminated"]["exitCode"] == 3
    assert status["lastState"]["terminated"]["reason"] == "Error"
    message = status["state"]["waiting"]["message"]
    assert message.startswith("back-off ")
    assert "restarting failed container=c pod=crash_default(" in message
    line = shared.do("get", "pod", "crash", "--no-headers").split()
    assert line[1:3] == ["0/1", "CrashLoopBackOff"]
    assert int(line[3]) >= 1
    assert any(each.startswith("Back-off restarting") for each in shared.messages("BackOff"))


def test_a_missing_image_backs_off_and_recovers(shared: Cluster, image: str, images: str) -> None:
    later = f"kctl-test-later-{uuid.uuid4().hex[:8]}"
    shared.apply(pod("later", f"{later}:v1"))
    until(lambda: shared.waiting("later") in ("ErrImagePull", "ImagePullBackOff"))
    until(lambda: shared.waiting("later") == "ImagePullBackOff", 20)
    message = shared.status("later")["state"]["waiting"]["message"]
    assert message.startswith(f'Back-off pulling image "{later}:v1"')
    assert "Error: ErrImagePull" in shared.messages("Failed")
    shared.docker.tag(image, later, "v1")
    try:
        until(lambda: shared.ready("later"), 30)
        shared.do("delete", "pod", "later")
    finally:
        shared.docker.remove_image(f"{later}:v1", force=True)


def _event_of(cluster: Cluster, name: str, reason: str) -> list[str]:
    return [
        each["message"]
        for each in cluster.items("events")
        if each["reason"] == reason and each["involvedObject"]["name"] == name
    ]


def test_readiness_over_http_decides_when_a_pod_is_ready(shared: Cluster, image: str) -> None:
    probe = {"httpGet": {"path": "/ok", "port": 80}, "periodSeconds": 1}
    serve = "httpd -p 80 -h /www; sleep 1000 & wait"
    shared.apply(pod("http", image, serve, readinessProbe=probe))
    until(lambda: "running" in shared.status("http").get("state", {}))
    until(lambda: _event_of(shared, "http", "Unhealthy"), 15)
    assert _event_of(shared, "http", "Unhealthy")[0] == (
        "Readiness probe failed: HTTP probe failed with statuscode: 404"
    )
    assert not shared.ready("http")
    shared.do("exec", "http", "--", "sh", "-c", "echo > /www/ok")
    until(lambda: shared.ready("http"), 15)


def test_a_failing_liveness_command_restarts_the_container(shared: Cluster, image: str) -> None:
    probe = {"exec": {"command": ["cat", "/alive"]}, "periodSeconds": 1, "failureThreshold": 1}
    shared.apply(pod("live", image, "echo > /alive; sleep 1000 & wait", livenessProbe=probe))
    until(lambda: shared.ready("live"))
    shared.docker.exec_start(
        shared.docker.exec_create(
            shared.status("live")["containerID"].removeprefix("docker://"),
            ["busybox", "rm", "/alive"],
        )["Id"]
    )
    until(lambda: shared.status("live")["restartCount"] == 1, 30)
    until(lambda: shared.ready("live"), 20)
    assert "Container c failed liveness probe, will be restarted" in (
        _event_of(shared, "live", "Killing")
    )


def test_a_startup_probe_holds_the_others_back(shared: Cluster, image: str) -> None:
    started = {"exec": {"command": ["cat", "/up"]}, "periodSeconds": 1, "failureThreshold": 60}
    shared.apply(pod("slow", image, startupProbe=started, readinessProbe={**started}))
    until(lambda: _event_of(shared, "slow", "Unhealthy"), 15)
    assert shared.status("slow")["started"] is False
    shared.do("exec", "slow", "--", "sh", "-c", "echo > /up")
    until(lambda: shared.ready("slow"), 15)
    assert shared.status("slow")["started"] is True


def _several(name: str, image: str) -> Object:
    run = "httpd -p 80 -h /www; sleep 1000 & wait"
    made = pod(name, image, run)
    step = {"image": image, "volumeMounts": [{"name": "v", "mountPath": "/data"}]}
    made["spec"]["volumes"] = [{"name": "v", "emptyDir": {}}]
    made["spec"]["initContainers"] = [
        {"name": "one", **step, "command": [*SHELL, "echo one > /data/log"]},
        {"name": "two", **step, "command": [*SHELL, "echo two >> /data/log"]},
    ]
    made["spec"]["containers"][0]["volumeMounts"] = [{"name": "v", "mountPath": "/www"}]
    hold = "trap 'exit 0' TERM; sleep 1000 & wait"
    made["spec"]["containers"].append({"name": "side", "image": image, "command": [*SHELL, hold]})
    return made


def test_init_containers_run_in_order_and_containers_share_a_network(
    shared: Cluster, image: str
) -> None:
    shared.apply(_several("both", image))
    until(lambda: shared.ready("both"), 40)
    said = shared.do("exec", "both", "-c", "side", "--", "wget", "-qO-", "127.0.0.1/log")
    assert said == "one\ntwo\n"
    for name in ("one", "two"):
        ended = shared.status("both", name)["state"]["terminated"]
        assert (ended["exitCode"], ended["reason"]) == (0, "Completed")


def test_a_sandbox_that_dies_is_made_anew_with_all_of_its_containers(
    shared: Cluster, image: str
) -> None:
    shared.apply(_several("sand", image))
    until(lambda: shared.ready("sand"), 40)
    address = shared.get("pod", "sand")["status"]["podIP"]
    (sandbox,) = [
        each
        for each in shared.containers("sand")
        if each["Labels"]["io.kubernetes.docker.type"] == "podsandbox"
    ]
    shared.docker.kill(sandbox["Id"])
    until(lambda: shared.status("sand")["restartCount"] == 1, 40)
    until(lambda: shared.ready("sand"), 40)
    assert shared.status("sand", "side")["restartCount"] == 1
    assert shared.get("pod", "sand")["status"]["podIP"] == address
    said = shared.do("exec", "sand", "-c", "side", "--", "wget", "-qO-", "127.0.0.1/log")
    assert said.endswith("two\n")


def test_missing_references_hold_a_container_back_until_they_are_there(
    shared: Cluster, image: str
) -> None:
    env = [
        {"name": "A", "valueFrom": {"configMapKeyRef": {"name": "conf", "key": "a"}}},
        {"name": "B", "valueFrom": {"secretKeyRef": {"name": "hush", "key": "b"}}},
    ]
    shared.apply(pod("refs", image, env=env))
    until(lambda: shared.waiting("refs") == "CreateContainerConfigError", 20)
    waiting = shared.status("refs")["state"]["waiting"]
    assert waiting["message"] == 'configmap "conf" not found'
    shared.do("create", "configmap", "conf", "--from-literal=a=1")
    until(lambda: 'secret "hush" not found' in str(shared.status("refs")["state"]), 30)
    shared.do("create", "secret", "generic", "hush", "--from-literal=b=two")
    until(lambda: shared.ready("refs"), 30)
    assert shared.do("exec", "refs", "--", "sh", "-c", "echo $A $B") == "1 two\n"
