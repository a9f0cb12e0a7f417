"""A host that is lost: seen, done without, replaced, and cleared when it is back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.hosts import web
from tests.integration.hosts.bed import Bed, Kctl
from tests.integration.hosts.traffic import Load
from tests.integration.reconcile.cluster import Object, pod, until

pytestmark = [pytest.mark.docker, pytest.mark.timeout(900)]
HOSTS = ("h1", "h2", "h3")
LOST = "h3"
LEFT = ("h1", "h2")
TOLERATION = 8


@pytest.fixture(scope="module")
def port(kctl: Kctl, images: str) -> Iterator[int]:
    kctl.do("settings", "pod-eviction-timeout", str(TOLERATION))
    made = web.deploy(kctl, f"{images}:v1", 6)
    pinned = {"nodeSelector": {"kubernetes.io/hostname": LOST}}
    kctl.apply(pod("bare", f"{images}:v1", "/bin/serve & wait", spec=pinned))
    kctl.do("wait", "--for=condition=Ready", "pod/bare", "--timeout=30s")
    stream = kctl.watch().stderr
    assert stream is not None
    told = kctl.drain(stream)
    yield made
    assert not [line for line in told if "Traceback" in line], told


def endpoints(kctl: Kctl) -> set[str]:
    """The hosts of the service's ready endpoints."""
    slices = kctl.items("endpointslices", "-l", f"kubernetes.io/service-name={web.APP}")
    listed = [each for one in slices for each in one.get("endpoints") or ()]
    return {each["nodeName"] for each in listed if each["conditions"].get("ready")}


def on_hosts(kctl: Kctl) -> set[str]:
    return {each["spec"].get("nodeName", "") for each in kctl.pods(web.APP)}


def test_a_lost_host_is_replaced_and_cleared_when_it_is_back(
    kctl: Kctl, bed: Bed, port: int
) -> None:
    before = {each["metadata"]["uid"] for each in kctl.pods(web.APP)}
    with Load(*(f"{bed.address(host)}:{port}" for host in LEFT), per_second=20) as load:
        bed.cut(LOST)
        # Seen, and out of every rotation, while its pods are still waited for.
        until(lambda: kctl.node_status(LOST) == "Unknown", 30, "not ready")
        assert endpoints(kctl) == set(LEFT)
        assert before == {each["metadata"]["uid"] for each in kctl.pods(web.APP)}
        noticed = load.seconds
        until(lambda: web.wrong_answers(kctl, living(kctl), "v1", LEFT) == [], 20, "answers")
        # Replaced when the toleration is over: on the hosts that are left.
        until(lambda: web.wrong_pods(replaced(kctl), 6, LEFT) == [], TOLERATION + 60, "replaced")
        assert kctl.on(LOST, web.APP), "the cut host goes on by itself"
        before_back = load.seconds
        bed.mend(LOST)
        until(lambda: kctl.node_status(LOST) == "True", 30, "ready again")
        until(lambda: not kctl.on(LOST, web.APP, stopped=True), 30, "what was replaced is gone")
        web.check(kctl, "v1", 6, HOSTS)
    late = [each for each in load.failures if noticed + 3 < each[1] < before_back]
    assert late == [], "requests failed after the loss was noticed"
    # The bare pod has no controller: nobody made a second one, its own container was ended.
    assert kctl.items("pods", "--field-selector=metadata.name=bare") == []
    assert [row for host in HOSTS for row in kctl.on(host, "bare")] == []


def living(kctl: Kctl) -> list[Object]:
    return [each for each in kctl.pods(web.APP) if each["spec"].get("nodeName") in LEFT]


def replaced(kctl: Kctl) -> list[Object]:
    """The pods that count: one that is being deleted on a host nobody reaches does not."""
    return [each for each in kctl.pods(web.APP) if "deletionTimestamp" not in each["metadata"]]


def test_a_short_loss_moves_nothing(kctl: Kctl, bed: Bed, port: int) -> None:
    """Within the toleration the pods are waited for, and are the same containers afterwards."""
    kctl.do("settings", "pod-eviction-timeout", "300")
    kctl.do("rollout", "restart", "deployment", web.APP)  # with the new toleration
    kctl.rolled_out(web.APP)
    until(lambda: web.wrong_pods(kctl.pods(web.APP), 6, HOSTS) == [], 60, "the old pods gone")
    spread = {each["metadata"]["uid"]: each["spec"]["nodeName"] for each in kctl.pods(web.APP)}
    host = next(iter(spread.values()))
    running = {row["Id"] for row in kctl.on(host, web.APP)}
    bed.cut(host)
    until(lambda: kctl.node_status(host) == "Unknown", 30, "not ready")
    bed.mend(host)
    until(lambda: kctl.node_status(host) == "True", 30, "ready again")
    web.check(kctl, "v1", 6, HOSTS)
    assert spread == {
        each["metadata"]["uid"]: each["spec"]["nodeName"] for each in kctl.pods(web.APP)
    }
    assert running == {row["Id"] for row in kctl.on(host, web.APP)}
