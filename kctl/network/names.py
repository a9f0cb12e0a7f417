"""The names of the cluster as files of dnsmasq.

Addresses stand in a hosts file, which dnsmasq reads again by itself the moment it is
renamed into its folder. Service records and aliases can only stand in the
configuration, which costs a restart of some milliseconds when they change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kctl.network import checks
from kctl.network.types import Model

HOSTS_FOLDER = "/etc/dnsmasq/hosts"
TTL = 5
"""seconds, as CoreDNS answers names of the cluster"""
_CACHE = 1000

_NAME = r"[a-z0-9][a-z0-9.-]*"
_ADDRESS = r"(?:\d{1,3}\.){3}\d{1,3}"
_CONFIGURATION = re.compile(
    "|".join(
        (
            r"(?:port|local-ttl|cache-size)=\d+",
            r"bind-interfaces|no-hosts|no-poll|no-resolv|no-negcache",
            rf"listen-address={_ADDRESS}",
            r"(?:user|group)=root",
            r"pid-file=",
            rf"hostsdir={re.escape(HOSTS_FOLDER)}",
            r"resolv-file=/etc/resolv\.conf",
            rf"local=/{_NAME}/",
            rf"server={_ADDRESS}",
            rf"srv-host=_{_NAME}\._(?:tcp|udp|sctp)\.{_NAME},{_NAME},\d+",
            rf"cname={_NAME},{_NAME}",
        )
    ),
    re.ASCII,
)
_HOSTS = re.compile(rf"{_ADDRESS} {_NAME}", re.ASCII)


class NamesError(ValueError):
    """A rendered file holds something that is not written here."""


def hosts(model: Model) -> bytes:
    """The hosts file: "ADDRESS NAME" lines in the order of the names."""
    lines = [
        f"{checks.address(address)} {checks.host_name(record.name)}"
        for record in sorted(model.names, key=lambda each: each.name)
        for address in record.addresses
    ]
    return _checked(lines, _HOSTS)


def configuration(model: Model) -> bytes:
    """The configuration file. Without name servers in the model, what is not in the
    cluster is asked of the resolver that the engine gives the container."""
    return _checked(list(_lines(model)), _CONFIGURATION)


def _lines(model: Model) -> Iterator[str]:
    yield "port=53"
    yield "bind-interfaces"
    yield f"listen-address={checks.address(model.dns_address)}"
    yield "user=root"
    yield "group=root"
    yield "pid-file="
    yield "no-hosts"
    yield "no-poll"
    yield "no-negcache"
    yield f"cache-size={_CACHE}"
    yield f"local-ttl={TTL}"
    yield f"hostsdir={HOSTS_FOLDER}"
    yield f"local=/{checks.host_name(model.cluster_domain)}/"
    if model.upstream_dns:
        yield "no-resolv"
        for address in model.upstream_dns:
            yield f"server={checks.address(address)}"
    else:
        yield "resolv-file=/etc/resolv.conf"
    for each in sorted(model.services, key=lambda each: (each.name, each.target, each.port)):
        name, target = checks.service_name(each.name), checks.host_name(each.target)
        yield f"srv-host={name},{target},{checks.port(each.port)}"
    for alias in sorted(model.aliases, key=lambda each: each.name):
        yield f"cname={checks.host_name(alias.name)},{checks.host_name(alias.target)}"


def _checked(lines: list[str], grammar: re.Pattern[str]) -> bytes:
    for line in lines:
        if not grammar.fullmatch(line):
            raise NamesError(f"unexpected line {line!r:.120}")
    return "".join(f"{line}\n" for line in lines).encode("ascii")
