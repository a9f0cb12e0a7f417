"""A host is lost while nothing stays running: commands and cron alone see it through."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.integration.hosts import web
from tests.integration.hosts.bed import Bed, Kctl
from tests.integration.reconcile.cluster import Object, until

pytestmark = [pytest.mark.docker, pytest.mark.timeout(600)]
HOST_COUNT = 3
LOST = "h3"
LEFT = ("h1", "h2")
ALL = ("h1", "h2", "h3")


@pytest.fixture(scope="module", autouse=True)
def service(kctl: Kctl, images: str) -> Iterator[None]:
    kctl.do("settings", "node-monitor-grace-period", "2")
    kctl.do("settings", "pod-eviction-timeout", "4")
    web.deploy(kctl, f"{images}:v1", 6)
    yield


def living(kctl: Kctl) -> list[Object]:
    return [each for each in kctl.pods(web.APP) if "deletionTimestamp" not in each["metadata"]]


def passed(kctl: Kctl, status: str) -> bool:
    """One pass as from cron; whether it left the lost node in that status."""
    done = kctl.kctl("reconcile")
    silent = f'error: node "{LOST}" did not answer' in done.err
    assert done.code == (1 if silent else 0), done
    return kctl.node_status(LOST) == status


def test_cron_marks_replaces_and_clears(kctl: Kctl, bed: Bed) -> None:
    bed.cut(LOST)
    until(lambda: passed(kctl, "Unknown"), 60, "not ready")
    assert f"{LOST}     NotReady" in kctl.do("get", "nodes")

    def replaced() -> bool:
        kctl.kctl("reconcile")
        return web.wrong_pods(living(kctl), 6, LEFT) == []

    until(replaced, 90, "replaced")
    assert kctl.on(LOST, web.APP), "the cut host goes on by itself"
    bed.mend(LOST)
    until(lambda: passed(kctl, "True"), 60, "ready again")
    until(lambda: not kctl.on(LOST, web.APP, stopped=True), 60, "what was replaced is gone")
    web.check(kctl, "v1", 6, ALL)


@contextmanager
def frozen(bed: Bed, host: str) -> Iterator[None]:
    """The host's engine takes every request and answers none."""
    engine = int((bed.folder / host / "run" / "docker.pid").read_text())
    os.kill(engine, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(engine, signal.SIGCONT)


def test_an_engine_that_hangs_holds_up_no_command(kctl: Kctl, bed: Bed) -> None:
    with frozen(bed, LOST):
        until(lambda: passed(kctl, "Unknown"), 60, "not ready")  # cron waits for an answer
        done = kctl.kctl("scale", "deployment", web.APP, "--replicas=4")
        assert done.code == 0, done
        assert f'Warning: node "{LOST}" does not answer' in done.err

        def scaled() -> bool:
            kctl.do("get", "pods")  # does not, and runs what is due
            return web.wrong_pods(living(kctl), 4, LEFT) == []

        until(scaled, 90, "four pods on the hosts that are left")
    until(lambda: passed(kctl, "True"), 60, "ready again")
    until(lambda: not kctl.on(LOST, web.APP, stopped=True), 60, "what was replaced is gone")
    web.check(kctl, "v1", 4, ALL)


def test_a_host_that_boots_restarts_its_pods_once_where_they_were(
    kctl: Kctl, bed: Bed, images: str
) -> None:
    kctl.do("settings", "pod-eviction-timeout", "300")
    kctl.do("rollout", "restart", "deployment", web.APP)  # with the new toleration
    kctl.do("scale", "deployment", web.APP, "--replicas=6")
    until(lambda: web.wrong_pods(kctl.pods(web.APP), 6, ALL) == [], 60, "the old pods gone")
    before = {each["metadata"]["name"]: address(each) for each in kctl.pods(web.APP)}
    mine = {each["metadata"]["name"] for each in kctl.pods(web.APP) if node(each) == LOST}
    assert mine
    bed.off(LOST)
    until(lambda: passed(kctl, "Unknown"), 60, "not ready")
    bed.on(LOST)
    until(lambda: passed(kctl, "True"), 120, "ready again")
    until(lambda: web.wrong_pods(kctl.pods(web.APP), 6, ALL) == [], 60, "ready pods")
    assert before == {each["metadata"]["name"]: address(each) for each in kctl.pods(web.APP)}
    for each in kctl.pods(web.APP):
        (status,) = each["status"]["containerStatuses"]
        assert status["restartCount"] == (1 if each["metadata"]["name"] in mine else 0)
    web.check(kctl, "v1", 6, ALL)


def address(obj: Object) -> str:
    return str(obj["status"]["podIP"])


def node(obj: Object) -> str:
    return str(obj["spec"]["nodeName"])
