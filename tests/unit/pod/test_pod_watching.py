"""Which changes bring a pod before its controller."""

from __future__ import annotations

from typing import Any

from kctl.controllers.pod import PodController
from kctl.store.types import Key
from tests.unit.pod.world import World, pod_object

WATCHES = PodController.watches


def keys(world: World, resource: str, obj: dict[str, Any]) -> list[str]:
    return ["/".join(key) for key in WATCHES[resource](obj, world)]


def test_a_pod_brings_itself_and_when_it_is_gone_its_node() -> None:
    world = World()
    pod = world.put(pod_object())
    assert keys(world, "pods", pod) == ["pods/default/web"]
    del world.objects[Key("pods", "default", "web")]
    assert keys(world, "pods", pod) == ["pods/default/web", "nodes//n1"]


def test_a_pod_of_the_same_name_brings_the_node_of_the_one_before() -> None:
    world = World()
    old = world.put(pod_object(metadata={"uid": "old"}))
    world.put(pod_object(metadata={"uid": "new"}))
    assert keys(world, "pods", old) == ["pods/default/web", "nodes//n1"]


def test_a_node_brings_the_pods_that_wait_for_it() -> None:
    world = World()
    world.put(pod_object("runs"))
    world.settle()
    world.put(pod_object("waits"))
    node = world.objects[Key("nodes", "", "n1")]
    node["status"]["conditions"] = [{"type": "Ready", "status": "True"}]
    assert keys(world, "observed/nodes", node) == ["nodes//n1", "pods/default/waits"]
    node["status"]["conditions"] = [{"type": "Ready", "status": "Unknown"}]
    assert len(keys(world, "observed/nodes", node)) == 3


def test_timers_that_fire_while_the_node_is_away_are_not_lost() -> None:
    world = World()
    probe = {"exec": {"command": ["x"]}, "periodSeconds": 5}
    world.put(pod_object(containers=[{"name": "c", "image": "img", "livenessProbe": probe}]))
    world.settle()
    world.faults.unreachable = "no route to host"
    world.sleep(60)
    assert list(world.timers) == [Key("pods", "default", "web")]
    world.faults.unreachable = ""
    before = len(world.operations)
    world.sleep(20)
    assert len(world.operations) > before


def test_secrets_in_projected_volumes_count_as_references() -> None:
    world = World()
    sources = [{"secret": {"name": "tls"}}]
    world.put(pod_object(volumes=[{"name": "v", "projected": {"sources": sources}}]))
    world.settle()
    secret = {"kind": "Secret", "metadata": {"name": "tls", "namespace": "default"}}
    assert keys(world, "secrets", secret) == ["pods/default/web"]
    other = {"kind": "Secret", "metadata": {"name": "other", "namespace": "default"}}
    assert keys(world, "secrets", other) == []
