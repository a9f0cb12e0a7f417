"""A host is lost and comes back, under the whole pass: what runs where, and how often."""

from __future__ import annotations

from typing import Any

import pytest

from kctl.api.errors import ApiError
from kctl.controllers.common import condition, deleting
from kctl.runtime.operations import Outcome, StartContainer, TerminatePod
from kctl.testing.cluster import Cluster
from tests.unit.controllers.objects import deployment, pod, service

Object = dict[str, Any]


def _bound(name: str, node: str, **spec: Any) -> Object:
    return pod(name, nodeSelector={"kubernetes.io/hostname": node}, **spec)


def _status(cluster: Cluster, name: str) -> Object:
    found = cluster.get("pods", name)
    assert found is not None
    (status,) = found["status"]["containerStatuses"]
    return dict(status)


def _ready(cluster: Cluster, resource: str, name: str) -> str:
    found = cluster.get(resource, name)
    assert found is not None
    said = condition(found, "Ready")
    return str(said["status"]) if said is not None else ""


def _where(cluster: Cluster, name: str) -> list[str]:
    return [node for node, running, _ in cluster.running() if running == f"default/{name}"]


def _told(cluster: Cluster, reason: str) -> list[str]:
    return [each["message"] for each in cluster.objects("events") if each["reason"] == reason]


def _web(replicas: int = 6) -> Cluster:
    cluster = Cluster(3)
    cluster.create(deployment("web", replicas))
    cluster.create(service("web"))
    cluster.advance(10)
    return cluster


def test_its_endpoints_leave_every_load_balancer_when_it_counts_as_lost() -> None:
    cluster = _web()
    lost = {f"{e['status']['podIP']}:80" for e in cluster.objects("pods") if _node(e) == "n1"}
    assert lost
    assert lost < cluster.served("n0")
    cluster.cut("n1")
    cluster.advance(17)  # the next look, the grace, the change of the load balancers
    assert _ready(cluster, "nodes", "n1") == "Unknown"
    assert not lost & cluster.served("n0")
    assert not lost & cluster.served("n2")
    assert not [each for each in cluster.objects("pods") if deleting(each)]


def _node(obj: Object) -> str:
    return str(obj["spec"].get("nodeName"))


def test_its_pods_are_replaced_and_removed_when_it_is_back() -> None:
    cluster = _web()
    cluster.cut("n1")
    cluster.advance(60)
    staying = [each for each in cluster.objects("pods") if not deleting(each)]
    assert sorted(map(_node, staying)) == 3 * ["n0"] + 3 * ["n2"]
    assert len(_where_all(cluster, "n1")) == 2  # nobody can stop them
    cluster.mend("n1")
    cluster.advance(20)
    assert _where_all(cluster, "n1") == []
    assert len(cluster.objects("pods")) == 6


def _where_all(cluster: Cluster, node: str) -> list[str]:
    return [name for where, name, _ in cluster.running() if where == node]


def test_a_pod_that_comes_back_keeps_its_container_and_its_address() -> None:
    cluster = Cluster(2)
    cluster.create(_bound("db", "n1"))
    cluster.advance(10)
    before, address = _status(cluster, "db"), _address(cluster, "db")
    cluster.cut("n1")
    cluster.advance(25)
    assert _ready(cluster, "pods", "db") == "False"
    cluster.mend("n1")
    cluster.advance(10)
    assert _ready(cluster, "pods", "db") == "True"
    assert _status(cluster, "db") == before
    assert _address(cluster, "db") == address


def _address(cluster: Cluster, name: str) -> str:
    found = cluster.get("pods", name)
    assert found is not None
    return str(found["status"]["podIP"])


@pytest.mark.parametrize("wiped", [False, True])
def test_a_host_that_boots_restarts_its_pods_once_at_their_addresses(wiped: bool) -> None:
    cluster = Cluster(2)
    cluster.create(_bound("db", "n1"))
    cluster.create(_bound("job", "n1", restartPolicy="Never"))
    cluster.advance(10)
    address = _address(cluster, "db")
    cluster.off("n1")
    cluster.advance(20)
    cluster.hosts["n1"].reboot(wiped=wiped)
    cluster.mend("n1")
    cluster.advance(30)
    assert _status(cluster, "db")["restartCount"] == 1
    assert _ready(cluster, "pods", "db") == "True"
    assert _address(cluster, "db") == address
    job = cluster.get("pods", "job")
    assert job is not None
    assert job["status"]["phase"] == "Failed"
    assert _status(cluster, "job")["restartCount"] == 0
    node = cluster.get("nodes", "n1")
    assert node is not None
    assert node["status"]["nodeInfo"]["bootID"] == cluster.hosts["n1"].facts.info["bootID"]


def test_a_name_is_not_given_again_while_the_old_one_may_still_run() -> None:
    cluster = Cluster(3)
    cluster.create(_bound("db", "n1"))
    cluster.advance(10)
    cluster.cut("n1")
    cluster.advance(120)
    with pytest.raises(ApiError, match="already exists"):
        cluster.create(pod("db"))
    assert _where(cluster, "db") == ["n1"]
    cluster.mend("n1")
    cluster.advance(20)
    assert cluster.get("pods", "db") is None
    cluster.create(pod("db"))
    cluster.advance(10)
    assert len(_where(cluster, "db")) == 1


def test_what_was_deleted_by_force_runs_elsewhere_and_is_removed_on_the_comeback() -> None:
    cluster = Cluster(3)
    cluster.create(_bound("db", "n1"))
    cluster.advance(10)
    cluster.cut("n1")
    cluster.advance(20)
    cluster.api.delete("pods", "db", "default", grace=0)
    cluster.create(_bound("db", "n2"))
    cluster.advance(10)
    assert _where(cluster, "db") == ["n1", "n2"]
    cluster.mend("n1")
    cluster.advance(20)
    assert _where(cluster, "db") == ["n2"]


@pytest.mark.parametrize("forced", [False, True])
def test_what_was_replaced_goes_before_anything_else_starts_there(forced: bool) -> None:
    cluster = Cluster(2)
    bound = deployment("db", 3)
    bound["spec"]["template"]["spec"]["nodeSelector"] = {"kubernetes.io/hostname": "n1"}
    cluster.create(bound)
    cluster.advance(10)
    cluster.cut("n1")
    cluster.advance(60)
    if forced:
        for each in cluster.objects("pods"):
            if deleting(each):
                cluster.api.delete("pods", each["metadata"]["name"], "default", grace=0)
    old = {uid for _, _, uid in cluster.running()}
    executed = len(cluster.hosts["n1"].executed)
    cluster.mend("n1")
    cluster.advance(30)
    done = cluster.hosts["n1"].executed[executed:]
    kinds = [type(each) for each in done if isinstance(each, StartContainer | TerminatePod)]
    assert kinds == 3 * [TerminatePod] + 3 * [StartContainer]
    assert not old & {uid for _, _, uid in cluster.running()}
    assert len(cluster.running()) == 3


def test_a_deletion_that_has_nothing_to_do_with_a_loss_holds_nobody_up() -> None:
    cluster = Cluster(1)
    cluster.create(pod("slow"))
    cluster.advance(10)
    cluster.hosts["n0"].faults.stuck.add("slow")
    cluster.api.delete("pods", "slow", "default")
    cluster.advance(1)
    cluster.create(pod("next"))
    cluster.advance(5)
    assert _where(cluster, "next") == ["n0"]
    assert _where(cluster, "slow") == ["n0"]


def test_when_nobody_answers_nobody_is_evicted() -> None:
    cluster = _web()
    before = cluster.running()
    for name in cluster.hosts:
        cluster.cut(name)
    cluster.advance(300)
    for name in cluster.hosts:
        cluster.mend(name)
    cluster.advance(30)
    assert cluster.running() == before
    assert len(_told(cluster, "EvictionSuspended")) == 3
    assert _told(cluster, "TaintManagerEviction") == []


def test_passes_of_ever_new_processes_come_to_the_same_end() -> None:
    """As from cron: each knows only what the store remembers."""
    cluster = _web()
    cluster.cut("n1")
    for _ in range(12):
        cluster.restart()
        cluster.advance(5)
    assert _ready(cluster, "nodes", "n1") == "Unknown"
    staying = [each for each in cluster.objects("pods") if not deleting(each)]
    assert sorted(map(_node, staying)) == 3 * ["n0"] + 3 * ["n2"]
    cluster.mend("n1")
    cluster.restart()
    cluster.advance(20)
    assert len(cluster.objects("pods")) == len(cluster.running()) == 6


def test_what_was_asked_of_a_lost_host_is_given_up_and_looked_at_when_it_is_back() -> None:
    cluster = Cluster(2)
    cluster.create(_bound("db", "n1"))
    cluster.hosts["n1"].faults.hang = 60.0
    cluster.advance(2)
    cluster.api.delete("pods", "db", "default")
    cluster.advance(20)
    assert not cluster.flights.nodes()
    cluster.mend("n1")
    cluster.advance(120)
    assert cluster.get("pods", "db") is None
    assert cluster.running() == []


@pytest.mark.parametrize("skew", [-900.0, 900.0])
def test_a_clock_that_is_wrong_restarts_nobody_and_delays_nobody(skew: float) -> None:
    """The same story on a host whose clock is right, and on one whose clock is not."""

    def story(off: float) -> list[Any]:
        cluster = Cluster(2)
        cluster.hosts["n1"].faults.skew = off
        probe = {"tcpSocket": {"port": 80}, "periodSeconds": 2, "initialDelaySeconds": 20}
        spec = {"nodeSelector": {"kubernetes.io/hostname": "n1"}}
        probed = pod("probed", **spec)
        probed["spec"]["containers"][0] |= {"readinessProbe": probe, "livenessProbe": probe}
        cluster.create(probed)
        cluster.create(pod("fails", restartPolicy="OnFailure", **spec))
        cluster.advance(3)
        told: list[Any] = []
        for _ in range(60):
            cluster.advance(1)
            cluster.hosts["n1"].kill("fails", "app", 1)
            told.append(
                (
                    _ready(cluster, "pods", "probed"),
                    _status(cluster, "probed")["restartCount"],
                    _status(cluster, "fails")["restartCount"],
                    "waiting" in _status(cluster, "fails")["state"],
                )
            )
        cluster.restart()
        cluster.advance(30)
        assert _ready(cluster, "nodes", "n1") == "True"
        assert _status(cluster, "probed")["restartCount"] == 0
        return told

    right = story(0.0)
    assert right[-1][0] == "True"
    assert right[10][0] == "False"
    assert right[-1][2] > 1
    assert story(skew) == right


def test_the_clock_of_a_host_jumps() -> None:
    cluster = _web()
    before = cluster.running()
    for skew in (600.0, -600.0, 0.0):
        cluster.hosts["n1"].faults.skew = skew
        cluster.advance(90)
    assert cluster.running() == before
    assert all(_status(cluster, e["metadata"]["name"])["restartCount"] == 0 for e in _pods(cluster))


def test_a_clock_that_is_set_right_delays_no_probe() -> None:
    """What ran before that carries a time that is still to come."""
    cluster = Cluster(1)
    host = cluster.hosts["n0"]
    start = host._executor._start

    def ahead(operation: StartContainer) -> Outcome:
        host.engine.skew = 3600.0
        return start(operation)

    host._executor._start = ahead  # type: ignore[method-assign]
    probed = pod("probed")
    probe = {"tcpSocket": {"port": 80}, "periodSeconds": 2, "initialDelaySeconds": 2}
    probed["spec"]["containers"][0] |= {"readinessProbe": probe}
    cluster.create(probed)
    cluster.advance(10)
    assert _ready(cluster, "pods", "probed") == "True"


def _pods(cluster: Cluster) -> list[Object]:
    return cluster.objects("pods")


def test_a_lost_load_balancer_holds_up_no_goodbye_elsewhere() -> None:
    """Pods leave the rotations of the hosts that answer, then they are stopped; the one that
    is lost cannot be told."""
    cluster = _web()
    cluster.cut("n1")
    cluster.advance(20)
    (victim, *_) = [e["metadata"]["name"] for e in cluster.objects("pods") if _node(e) == "n0"]
    cluster.api.delete("pods", victim, "default")
    cluster.advance(3)
    assert cluster.get("pods", victim) is None
