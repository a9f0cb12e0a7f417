"""The pass on simulated nodes: it converges, heals, and is empty when all is well."""

from __future__ import annotations

import json
import time
from dataclasses import replace

from kctl.reconcile.last_pass import PASS
from kctl.reconcile.log import Log
from kctl.reconcile.loop import Loop
from kctl.runtime.operations import StartContainer, TerminatePod
from tests.unit.reconcile.conftest import Lab


def test_one_run_takes_a_deployment_to_ready_pods(lab: Lab) -> None:
    lab.node("n1", 0)
    lab.node("n2", 1)
    lab.deployment(replicas=4)
    lab.settle()
    assert lab.ready() == 4
    assert {pod["spec"]["nodeName"] for pod in lab.pods()} == {"n1", "n2"}


def test_pods_of_a_node_have_addresses_of_its_range_each_their_own(lab: Lab) -> None:
    lab.node("n1", 0)
    lab.deployment(replicas=5)
    lab.settle()
    addresses = [pod["status"]["podIP"] for pod in lab.pods()]
    assert len(set(addresses)) == 5
    assert all(address.startswith("10.98.16.") for address in addresses)


def test_a_second_pass_over_a_settled_world_writes_and_does_nothing(lab: Lab) -> None:
    lab.node("n1", 0)
    lab.deployment()
    lab.settle()
    revision = lab.plane.store.revision()
    executed = len(lab.loop.hosts.runtime("n1").executed)  # type: ignore[union-attr,attr-defined]
    lab.loop._everything = True  # type: ignore[union-attr]
    lab.settle()
    assert lab.plane.store.revision() == revision
    assert len(lab.loop.hosts.runtime("n1").executed) == executed  # type: ignore[union-attr,attr-defined]


def test_a_container_that_vanishes_is_made_anew_at_the_next_look(lab: Lab) -> None:
    lab.node("n1", 0)
    lab.deployment(replicas=1)
    loop = lab.settle()
    uid = lab.pods()[0]["metadata"]["uid"]
    runtime = loop.hosts.runtime("n1")
    runtime.execute(TerminatePod("n1", uid, "default", lab.pods()[0]["metadata"]["name"], 0))
    loop.looker.look(["n1"])
    lab.settle()
    starts = [op for op in runtime.executed if isinstance(op, StartContainer)]  # type: ignore[attr-defined]
    assert len(starts) == 2
    assert lab.ready() == 1


def test_the_end_of_a_run_tells_the_next_process_where_to_begin(lab: Lab) -> None:
    lab.node("n1", 0)
    lab.deployment()
    lab.settle().end()
    lab.loop = None
    last = json.loads(lab.plane.store.meta_get(PASS) or "{}")
    assert last["revision"] == lab.plane.store.revision()
    assert set(last["digests"]) == {"n1"}


def test_a_new_process_on_a_settled_world_computes_nothing(lab: Lab) -> None:
    lab.node("n1", 0)
    loop = lab.settle()
    loop.remember()
    again = Loop(lab.plane, Log(), hosts=loop.hosts)  # simulated containers live in there
    again.begin()
    lab.loop = again
    before = lab.plane.store.revision()
    lab.settle()
    assert lab.plane.store.revision() == before
    assert again.summary.writes == 0


def test_a_new_process_sees_that_a_load_balancer_serves_something_else(lab: Lab) -> None:
    """The list of containers is the same: the last process took an old look for a new one."""
    lab.node("n1", 0)
    lab.deployment()
    loop = lab.settle()
    loop.remember()
    engine = loop.hosts.runtime("n1")
    right = dict(engine.fronts)  # type: ignore[attr-defined]
    engine.fronts["lb"] = replace(right["lb"], digest="another")  # type: ignore[attr-defined]
    again = Loop(lab.plane, Log(), hosts=loop.hosts)
    again.begin()
    lab.loop = again
    lab.settle()
    assert engine.fronts == right  # type: ignore[attr-defined]


def test_a_pass_ends_with_a_look_that_began_after_its_work(lab: Lab) -> None:
    """A look that is under way when the last operation ends shows what was there before."""
    lab.node("n1", 0, look="0.4")
    lab.deployment(replicas=1)
    loop = lab.settle()
    uid = lab.pods()[0]["metadata"]["uid"]
    loop.looker.start(["n1"])
    time.sleep(0.3)  # it has seen the pod, and has not answered yet
    loop.hosts.runtime("n1").execute(TerminatePod("n1", uid, "default", "", 0))
    loop._acted = True
    lab.settle()
    assert lab.ready() == 1
    starts = [op for op in loop.hosts.runtime("n1").executed if isinstance(op, StartContainer)]  # type: ignore[attr-defined]
    assert len(starts) == 2


def test_scaling_down_removes_pods_and_their_containers(lab: Lab) -> None:
    lab.node("n1", 0)
    lab.deployment(replicas=3)
    loop = lab.settle()
    lab.plane.api.patch("deployments.apps", "web", "default", {"spec": {"replicas": 1}}, "merge")
    lab.settle()
    assert len(lab.pods()) == 1
    assert len(loop.hosts.runtime("n1").observe().pods) == 1


def test_deleting_a_deployment_leaves_nothing(lab: Lab) -> None:
    lab.node("n1", 0)
    lab.deployment()
    loop = lab.settle()
    lab.plane.api.delete("deployments.apps", "web", "default")
    lab.settle()
    assert lab.pods() == []
    assert list(lab.plane.api.list("replicasets.apps").items) == []
    assert not loop.hosts.runtime("n1").observe().pods


def test_without_a_node_pods_wait_and_say_why(lab: Lab) -> None:
    lab.deployment(replicas=1)
    lab.settle()
    (pod,) = lab.pods()
    (condition,) = [c for c in pod["status"]["conditions"] if c["type"] == "PodScheduled"]
    assert condition["status"] == "False"
    assert condition["reason"] == "Unschedulable"
    assert condition["message"].startswith("no nodes available to schedule pods")


def test_a_new_node_takes_the_pods_that_waited(lab: Lab) -> None:
    lab.deployment(replicas=2)
    lab.settle()
    lab.node("n1", 0)
    lab.settle()
    assert lab.ready() == 2
