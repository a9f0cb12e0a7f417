"""The pod network over hosts: in place again whatever took it away, and gone with the node.

What requests see on their way is asked in tests/integration/hosts/test_paths.py; here it is
about the routes, devices and rules of the hosts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest

from kctl.network.fabric import devices
from tests.integration.hosts.bed import Bed, Kctl
from tests.integration.reconcile.cluster import condition, pod, until

pytestmark = [pytest.mark.docker, pytest.mark.timeout(900)]
HOSTS = ("h1", "h2", "h3")
BIG = 5_000_000
SERVER = f"""
busybox mkdir -p /www/cgi-bin
printf '#!/bin/sh\\necho Content-type: text/plain; echo; echo $REMOTE_ADDR\\n' > /www/cgi-bin/peer
busybox chmod 755 /www/cgi-bin/peer
busybox head -c {BIG} /dev/zero > /www/big
httpd -f -p 80 -h /www & wait
"""


class World:
    """Hosts, a pod on each, and what stood on the hosts before they were joined."""

    def __init__(self, bed: Bed, kctl: Kctl, before: dict[str, str]) -> None:
        self.bed, self.kctl, self.before = bed, kctl, before
        self.addresses = {
            each["spec"]["nodeName"]: each["status"]["podIP"] for each in kctl.items("pods")
        }
        identity = kctl.do("settings", "cluster-id").strip()
        self.bridge, self.vxlan = devices.bridge(identity), devices.vxlan(identity)

    def seen(self, source: str, target: str) -> str:
        """The address under which a pod sees another one's request; "" for no answer."""
        return self._fetch(source, f"http://{self.addresses[target]}/cgi-bin/peer")

    def _fetch(self, source: str, url: str) -> str:
        script = f"busybox timeout 3 busybox wget -qO- {url}"
        found = self.kctl.bed.run(
            source, "docker", "exec", self._container(source), "sh", "-c", script
        )
        return found.out.strip().removeprefix("[::ffff:").removesuffix("]")

    def _container(self, host: str) -> str:
        (row,) = self.kctl.on(host, "p-")
        return str(row["Id"])

    def sent(self, source: str, target: str) -> int:
        """The bytes of a great file that arrive."""
        script = f"busybox timeout 20 wget -qO- http://{self.addresses[target]}/big | busybox wc -c"
        found = self.bed.run(
            source, "docker", "exec", self._container(source), "sh", "-c", script, seconds=40
        )
        return int(found.out.strip() or 0)

    def whole(self, *hosts: str) -> bool:
        return not self.wrong(*hosts)

    def wrong(self, *hosts: str) -> list[str]:
        """What pods do not see of each other as they should."""
        names = hosts or HOSTS
        return [
            f"{one} to {other}: {seen!r}"
            for one in names
            for other in names
            if one != other and (seen := self.seen(one, other)) != self.addresses[one]
        ]

    def state(self, host: str) -> str:
        return standing(self.bed, host)


def standing(bed: Bed, host: str) -> str:
    """Routes, devices and rules of a host, without counters and without what is of no order."""
    lines = bed.run(host, "ip", "-4", "route").out.splitlines()
    lines += re.findall(r"^\d+: ([^:@]+)", bed.run(host, "ip", "link").out, re.MULTILINE)
    rules = bed.run(host, "iptables-save").out.splitlines()
    lines += [re.sub(r"\[\d+:\d+\]", "", line).strip() for line in rules if line[:1] in ":-"]
    # A table that was used once stays, empty, as the kernel keeps it.
    return "\n".join(sorted(line for line in lines if not re.match(r":[A-Z]+ ACCEPT", line)))


@pytest.fixture(scope="module", params=["flat", "routed"])
def world(
    request: pytest.FixtureRequest, images: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    bed = Bed(request.param, len(HOSTS))
    kctl = Kctl(tmp_path_factory.mktemp("fabric") / "home", bed)
    try:
        bed.load(f"{images}:v1")
        before = {host: standing(bed, host) for host in HOSTS}
        for host in HOSTS:
            kctl.join(host)
        for host in HOSTS:
            spec = {"nodeSelector": {"kubernetes.io/hostname": host}}
            kctl.apply(pod(f"p-{host}", f"{images}:v1", SERVER, spec=spec))
        kctl.do("wait", "--for=condition=Ready", "pods", "--all", "--timeout=60s")
        made = World(bed, kctl, before)
        until(made.whole, 15, "every pod reaches every other one")
        yield made
    finally:
        kctl.close()
        bed.close()


def test_pods_see_each_other_under_their_own_addresses(world: World) -> None:
    found = {(one, other): world.seen(one, other) for one in HOSTS for other in HOSTS}
    assert found == {(one, other): world.addresses[one] for one in HOSTS for other in HOSTS}


def test_great_files_pass_both_ways(world: World) -> None:
    pairs = [("h1", "h2"), ("h2", "h1"), ("h1", "h3")]
    assert {pair: world.sent(*pair) for pair in pairs} == dict.fromkeys(pairs, BIG)


def test_nodes_say_over_what_they_reach_the_others(world: World) -> None:
    words = {"flat": "over a route", "routed": "over VXLAN"}[world.bed.layout]

    def said() -> dict[str, str]:
        found = [
            (host, condition(world.kctl.get("node", host), "NetworkUnavailable")) for host in HOSTS
        ]
        return {host: each["message"] for host, each in found if each.get("status") == "False"}

    until(lambda: len(said()) == len(HOSTS), 40, "every node knows its ways")
    assert said()["h1"] == f"pods of h2 and h3 are reached {words}"


def _flush(world: World) -> None:
    for table in ("filter", "nat", "mangle", "raw"):
        world.bed.run("h1", "iptables", "-t", table, "-F")
    world.bed.run("h1", "iptables", "-A", "FORWARD", "-j", "DOCKER-USER")
    world.bed.run("h1", "iptables", "-P", "FORWARD", "DROP")
    masquerade = ("-s", "10.0.0.0/8", "!", "-o", world.bridge, "-j", "MASQUERADE")
    world.bed.run("h1", "iptables", "-t", "nat", "-A", "POSTROUTING", *masquerade)


def _unroute(world: World) -> None:
    world.bed.run("h1", "ip", "route", "flush", "proto", "98")


def _overtake(world: World) -> None:
    """As an engine does that starts: its translation comes first."""
    masquerade = ("-s", "10.0.0.0/8", "!", "-o", world.bridge, "-j", "MASQUERADE")
    world.bed.run("h1", "iptables", "-t", "nat", "-I", "POSTROUTING", *masquerade)


def _forbid(world: World) -> None:
    """As engines of Docker 28 and later do with whatever comes from outside."""
    to_pod = ("-d", world.addresses["h1"], "!", "-i", world.bridge, "-j", "DROP")
    world.bed.run("h1", "iptables", "-t", "raw", "-I", "PREROUTING", *to_pod)


def _silence(world: World) -> None:
    world.bed.run("h1", "sysctl", "-w", f"net.ipv4.conf.{world.bridge}.proxy_arp=0")
    world.bed.run("h1", "ip", "neigh", "flush", "all")


def _unplug(world: World) -> None:
    world.bed.run("h1", "ip", "link", "del", world.vxlan)


@pytest.mark.parametrize("harm", [_flush, _unroute, _overtake, _forbid, _silence, _unplug])
def test_what_is_taken_away_is_back_without_any_pass(
    world: World, harm: Callable[[World], None]
) -> None:
    harm(world)
    until(world.whole, 20, f"pods reach each other after {harm.__name__}")


def test_an_engine_that_starts_anew_leaves_pods_reachable(world: World) -> None:
    world.bed.stop_engine("h2")
    world.bed.start_engine("h2")
    world.kctl.do("reconcile")
    until(world.whole, 40, "pods reach each other after the engine's start")


def test_a_reboot_loses_nothing_for_good(world: World) -> None:
    world.bed.off("h2")
    assert world.seen("h1", "h2") == ""
    assert world.seen("h1", "h3") == world.addresses["h1"]
    world.bed.on("h2")
    world.kctl.do("reconcile")
    until(world.whole, 60, "pods reach each other after the reboot")


def test_another_control_plane_on_the_same_engines_is_left_alone(
    world: World, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = Kctl(
        tmp_path_factory.mktemp("other") / "home", world.bed, KCTL_CLUSTER_CIDR="10.120.0.0/16"
    )
    try:
        for host in ("h1", "h2"):
            other.join(host)
        second = devices.bridge(other.do("settings", "cluster-id").strip())
        until(lambda: second[5:] in world.state("h1"), 15, "the other one stands")
        assert world.bridge[5:] in world.state("h1")
        assert world.wrong() == []
        for host in ("h1", "h2"):
            other.do("delete", "node", host)
        until(lambda: second[5:] not in world.state("h1"), 30, "the other one is gone")
        assert world.wrong() == []
    finally:
        other.close()


def test_a_node_that_leaves_takes_everything_with_it(world: World) -> None:
    world.kctl.do("delete", "pod", "p-h3", "--now")
    if world.bed.layout == "routed":  # once where the container that knows the way out is dead
        engine, marks = world.bed.engine("h3"), {"label": ["io.kctl.front=net"]}
        (row,) = engine.containers(filters=marks)
        engine.stop(row["Id"], timeout=2)
    world.kctl.do("delete", "node", "h3")
    until(lambda: world.state("h3") == world.before["h3"], 30, "h3 is as it was before")
    gone = world.addresses["h3"].rpartition(".")[0] + ".0/24"
    until(lambda: gone not in world.state("h1"), 30, "h1 has no way to h3 any more")
    assert world.wrong("h1", "h2") == []
