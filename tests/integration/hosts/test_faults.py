"""Hosts fail at a random moment of a rolling update; afterwards the world is what was asked
for. KCTL_TEST_SEED repeats a run: every test prints the seed that it drew its moments from."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

import pytest

from tests.integration.hosts import web
from tests.integration.hosts.bed import Bed, Kctl
from tests.integration.hosts.traffic import Load
from tests.integration.reconcile.cluster import until

pytestmark = [pytest.mark.docker, pytest.mark.timeout(900)]
HOSTS = ("h1", "h2", "h3")
REPLICAS = 6
SEED = int(os.environ.get("KCTL_TEST_SEED") or random.randrange(2**32))
Fault = Callable[[Bed, str], AbstractContextManager[object]]


@contextmanager
def cut(bed: Bed, host: str) -> Iterator[None]:
    bed.cut(host)
    try:
        yield
    finally:
        bed.mend(host)


@contextmanager
def slow(bed: Bed, host: str) -> Iterator[None]:
    bed.slow(host)
    try:
        yield
    finally:
        bed.fast(host)


@contextmanager
def engine_restarted(bed: Bed, host: str) -> Iterator[None]:
    bed.stop_engine(host)
    try:
        yield
    finally:
        bed.start_engine(host)


@contextmanager
def engine_killed(bed: Bed, host: str) -> Iterator[None]:
    bed.kill_engine(host)
    try:
        yield
    finally:
        bed.start_engine(host)


@contextmanager
def sshd_restarted(bed: Bed, host: str) -> Iterator[None]:
    bed.stop_sshd(host)
    try:
        yield
    finally:
        bed.start_sshd(host)


@contextmanager
def rebooted(bed: Bed, host: str) -> Iterator[None]:
    bed.off(host)
    try:
        yield
    finally:
        bed.on(host)


@contextmanager
def clock_skewed(bed: Bed, host: str) -> Iterator[None]:
    with bed.skewed(host, random.Random(f"{SEED} {host}").choice((-3600, 3600))):
        bed.stop_sshd(host)  # no connection goes on past the wrong clock
        bed.start_sshd(host)
        yield
    bed.stop_sshd(host)
    bed.start_sshd(host)


FAULTS: dict[str, tuple[Fault, float]] = {
    "cut": (cut, 6.0),
    "slow": (slow, 6.0),
    "engine restarted": (engine_restarted, 1.0),
    "engine killed": (engine_killed, 1.0),
    "sshd restarted": (sshd_restarted, 1.0),
    "rebooted": (rebooted, 6.0),
    "clock skewed": (clock_skewed, 4.0),
}
"""Each with the longest time that it lasts; a cut and a reboot may outlast the toleration."""
HARMLESS = {"sshd restarted", "clock skewed"}
"""These leave pods and their network alone: a request that fails is a fault of kctl's."""


@pytest.fixture(scope="module")
def port(kctl: Kctl, images: str) -> int:
    """The node port of the web server. Pods of lost hosts are replaced after 3 s here."""
    kctl.do("settings", "pod-eviction-timeout", "3")
    return web.deploy(kctl, f"{images}:v1", REPLICAS)


@contextmanager
def watched(kctl: Kctl) -> Iterator[None]:
    """A watcher runs; it ends well when it is told to, however the block ends."""
    process = kctl.watch()
    assert process.stderr is not None
    errors = kctl.drain(process.stderr)
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        code = process.wait(30)
        kctl.processes.remove(process)
    assert code == 0, errors
    assert not [line for line in errors if "Traceback" in line], errors


def update(kctl: Kctl, images: str) -> str:
    """Begin a rolling update to the other version; which one that is."""
    now = kctl.get("deployment", web.APP)["spec"]["template"]["spec"]["containers"][0]["image"]
    version = "v1" if now.endswith("v2") else "v2"
    kctl.do("set", "image", f"deployment/{web.APP}", f"{web.APP}={images}:{version}")
    return version


def settle(kctl: Kctl, version: str, live: tuple[str, ...]) -> None:
    """Wait until the deployment is whole on the live hosts, and hold the world to it."""
    kctl.rolled_out(web.APP, 90)
    until(lambda: web.wrong_pods(web.pods(kctl, live), REPLICAS, live) == [], 60, "the pods")
    pods = web.pods(kctl, live)
    web.until_right(lambda: web.wrong_containers(kctl, pods, live), 30)
    web.until_right(lambda: web.wrong_store(kctl, pods, live), 10)
    web.check(kctl, version, REPLICAS, live)


@pytest.mark.parametrize("name", FAULTS)
def test_an_update_goes_through_whatever_happens_to_a_host(
    name: str, kctl: Kctl, bed: Bed, images: str, port: int
) -> None:
    fault, longest = FAULTS[name]
    chance = random.Random(f"{SEED} {name}")
    host = chance.choice(HOSTS)
    moment, lasting = chance.uniform(0, 3), chance.uniform(longest / 3, longest)
    print(f"seed {SEED}: {name}, {host}, after {moment:.2f} s, for {lasting:.2f} s")
    others = [f"{bed.address(each)}:{port}" for each in HOSTS if each != host]
    load = Load(*others, per_second=10)
    with ExitStack() as stack:
        stack.enter_context(watched(kctl))
        stack.enter_context(load)
        version = update(kctl, images)
        time.sleep(moment)
        with fault(bed, host):
            time.sleep(lasting)
        settle(kctl, version, HOSTS)
    assert all(told.sent > 10 for told in load.told.values())
    if name in HARMLESS:
        assert load.failures == []
    web.check_settled(kctl)


def test_an_update_ends_on_the_hosts_that_are_left(
    kctl: Kctl, bed: Bed, images: str, port: int
) -> None:
    """A host that is off for good is done without; what it held goes when it is on again."""
    chance = random.Random(f"{SEED} off")
    host, moment = chance.choice(HOSTS), chance.uniform(0, 3)
    print(f"seed {SEED}: off, {host}, after {moment:.2f} s")
    left = tuple(each for each in HOSTS if each != host)
    with watched(kctl):
        version = update(kctl, images)
        time.sleep(moment)
        with rebooted(bed, host):
            until(lambda: kctl.node_status(host) != "True", 60, f"{host} not ready")
            settle(kctl, version, left)
        until(lambda: kctl.node_status(host) == "True", 60, f"{host} ready")
        settle(kctl, version, HOSTS)
    web.check_settled(kctl)
