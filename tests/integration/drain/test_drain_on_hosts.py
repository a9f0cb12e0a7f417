"""A drain takes a host out of service without its services noticing."""

from __future__ import annotations

import time
import urllib.request
from collections import Counter

import pytest

from tests.integration.drain.world import budget
from tests.integration.hosts.bed import Bed, Kctl
from tests.integration.hosts.traffic import Load
from tests.integration.reconcile.cluster import Object, free_port, until, workload

pytestmark = pytest.mark.docker
HOST_COUNT = 2


def nodes_of(kctl: Kctl, app: str) -> Counter[str]:
    return Counter(each["spec"].get("nodeName", "") for each in kctl.pods(app))


def served(kctl: Kctl, images: str, name: str, replicas: int) -> int:
    """A deployment of ready pods behind a node port; the port."""
    port = free_port()
    probe = {"httpGet": {"path": "/", "port": 80}, "periodSeconds": 1}
    service: Object = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {
            "type": "NodePort",
            "selector": {"app": name},
            "ports": [{"port": 80, "nodePort": port}],
        },
    }
    deployment = workload(name, f"{images}:v1", replicas=replicas, readinessProbe=probe)
    kctl.apply(deployment, service, budget(name, name, maxUnavailable=1))
    kctl.rolled_out(name)
    return port


def answers(target: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://{target}/", timeout=3) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_no_request_fails_while_every_host_is_drained_in_turn(
    bed: Bed, kctl: Kctl, images: str
) -> None:
    port = served(kctl, images, "web", 3)
    targets = [f"{bed.address(host)}:{port}" for host in bed.hosts]
    for target in targets:
        until(lambda target=target: answers(target), 30, f"{target} answers")
    with Load(*targets, per_second=20) as load:
        time.sleep(1)
        for host in bed.hosts:
            before = nodes_of(kctl, "web")[host]
            ran = kctl.kctl("drain", host, "--timeout=100s", seconds=120)
            assert ran.code == 0, ran
            assert ran.out.startswith(f"node/{host} cordoned\n")
            assert ran.out.endswith(f"\nnode/{host} drained\n")
            assert ran.out.count(" evicted\n") == before
            assert host not in nodes_of(kctl, "web")
            kctl.rolled_out("web")
            kctl.do("uncordon", host)
        time.sleep(1)
    for target, told in load.told.items():
        assert told.failures == [], target
        assert told.sent > 100


def test_an_eviction_that_the_budget_forbids_is_tried_again(kctl: Kctl, images: str) -> None:
    """Nothing may be evicted until somebody takes the budget away: another command writes
    while the drain runs."""
    kctl.apply(
        workload("kept", f"{images}:v1", pod={"nodeName": "h1"}),
        budget("kept", "kept", minAvailable=1),
    )
    kctl.rolled_out("kept")
    process = kctl.start("drain", "h1", "--pod-selector=app=kept", "--timeout=90s")
    assert process.stderr is not None
    line = process.stderr.readline()
    assert line.endswith(
        "(will retry after 5s): Cannot evict pod as it would violate the pod's disruption budget.\n"
    )
    (pod,) = kctl.pods("kept")
    assert "deletionTimestamp" not in pod["metadata"]
    kctl.do("delete", "pdb", "kept")
    kctl.do("patch", "deployment", "kept", "-p", '{"spec":{"replicas":0}}')
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert out.endswith("node/h1 drained\n")
    until(lambda: not kctl.pods("kept"), 20, "the pod is gone")
    kctl.do("uncordon", "h1")


def test_a_killed_drain_leaves_a_world_that_goes_on(kctl: Kctl, images: str) -> None:
    kctl.apply(workload("left", f"{images}:v1", replicas=2))
    kctl.rolled_out("left")
    process = kctl.start("drain", "h2", "--pod-selector=app=left")
    assert process.stdout is not None
    until(lambda: process.stdout and "evicting" in process.stdout.readline(), 20, "an eviction")
    process.kill()
    process.communicate(timeout=10)
    kctl.do("drain", "h2", "--pod-selector=app=left", "--timeout=60s")
    kctl.rolled_out("left")
    assert nodes_of(kctl, "left") == {"h1": 2}
    kctl.do("uncordon", "h2")
