"""The files of names on the real dnsmasq."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kctl.network.haproxy.backend import HAProxyLoadBalancer
from kctl.network.types import Alias, Front, Model, NameRecord, ServiceRecord
from tests.integration.network.machine import Machine, RunningFront, wait_for

DNS = "10.98.0.10"
WEB = "web.default.svc.cluster.local"
MODEL = Model(
    node="n1",
    node_addresses=("127.0.0.1",),
    front_address="10.98.16.2",
    service_cidr="10.98.0.0/20",
    dns_address=DNS,
    names=(NameRecord(WEB, ("10.98.0.20",)),),
    services=(ServiceRecord(f"_http._tcp.{WEB}", WEB, 80),),
)


def dns_front(model: Model) -> Front:
    return next(each for each in HAProxyLoadBalancer().fronts(model) if each.name == "dns")


@pytest.fixture
def dns(machine: Machine) -> RunningFront:
    machine.run("ip", "route", "replace", "local", "10.98.0.0/20", "dev", "lo")
    running = RunningFront(machine, dns_front(MODEL))
    wait_for(lambda: machine.dig(WEB, server=DNS) == ["10.98.0.20"], "the name is answered")
    return running


def test_services_have_address_and_service_records(machine: Machine, dns: RunningFront) -> None:
    assert machine.dig("SRV", f"_http._tcp.{WEB}", server=DNS) == [f"0 0 80 {WEB}."]
    assert machine.dig("+tcp", WEB, server=DNS) == ["10.98.0.20"]


def test_an_unknown_name_of_the_cluster_does_not_exist(machine: Machine, dns: RunningFront) -> None:
    asked = machine.run("dig", "+time=1", f"@{DNS}", "nope.default.svc.cluster.local").stdout
    assert "status: NXDOMAIN" in asked
    asked = machine.run("dig", "+time=1", f"@{DNS}", "AAAA", WEB).stdout
    assert "status: NOERROR" in asked


def test_addresses_follow_without_a_restart(machine: Machine, dns: RunningFront) -> None:
    child = dns.workers()
    before = machine.run("ss", "-lnup").stdout
    names = (
        NameRecord("api.default.svc.cluster.local", ("10.98.16.10", "10.98.16.11")),
        NameRecord(WEB, ("10.98.0.21",)),
    )
    dns.apply(dns_front(replace(MODEL, names=names)))
    wait_for(lambda: machine.dig(WEB, server=DNS) == ["10.98.0.21"], "the new address")
    assert machine.dig("api.default.svc.cluster.local", server=DNS) == [
        "10.98.16.10",
        "10.98.16.11",
    ]
    assert machine.run("ss", "-lnup").stdout == before
    assert dns.workers() == child
    dns.apply(dns_front(replace(MODEL, names=())))
    wait_for(lambda: machine.dig(WEB, server=DNS) == [], "the name is gone")


def test_service_records_and_aliases_follow_a_reload(machine: Machine, dns: RunningFront) -> None:
    alias = Alias("other.default.svc.cluster.local", WEB)
    record = ServiceRecord(f"_admin._tcp.{WEB}", WEB, 8443)
    dns.apply(dns_front(replace(MODEL, services=(record,), aliases=(alias,))))
    wait_for(
        lambda: machine.dig("SRV", record.name, server=DNS) == [f"0 0 8443 {WEB}."],
        "the new record",
    )
    assert machine.dig(alias.name, server=DNS) == sorted(["10.98.0.20", f"{WEB}."])
    assert machine.dig("SRV", f"_http._tcp.{WEB}", server=DNS) == []


def test_it_ends_at_once_when_it_is_told_to(machine: Machine, dns: RunningFront) -> None:
    dns.process.terminate()
    assert dns.process.wait(timeout=2) == 0
    assert ":53 " not in machine.run("ss", "-lnup").stdout
