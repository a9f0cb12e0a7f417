"""The front "net": this node's part of the pod network that reaches over all hosts.

It stands in the host's network and keeps, from one file, the routes, the VXLAN entries and
the firewall chains that lead to the pods of other nodes (see entry/net.sh). The host answers
on its bridge for the pods that it has a route to, so pods need no route of their own.

The file's values come from annotations that people may edit, and end as words of commands
that root runs: every one is checked by the narrowest rule, and the whole file once more by
its grammar.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv4Network, NetmaskValueError
from typing import Any

from kctl.network import addresses, checks, ways
from kctl.network.checks import Unsafe
from kctl.network.fabric import devices
from kctl.network.image import recipe
from kctl.network.types import Front

Object = dict[str, Any]
NAME = "net"
_DATA = "/etc/kctl-net/net.conf"

_ADDRESS = r"(?:\d{1,3}\.){3}\d{1,3}"
_MAC = r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}"
_GRAMMAR = re.compile(
    rf"cluster {_ADDRESS}/\d+\n"
    rf"bridge kctl-[0-9a-f]{{8}}\n"
    rf"own {_ADDRESS}/\d+ {_ADDRESS} {_ADDRESS}\n"
    rf"(?:vxlan kctl-v[0-9a-f]{{8}} \d+ \d+ {_MAC}\n)?"
    rf"(?:peer {_ADDRESS}/\d+ {_ADDRESS} (?:route|vxlan {_MAC})\n)*"
    r"end\n",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Peer:
    """Another node whose pods are reached by their own addresses."""

    node: str
    pods: str
    """CIDR"""
    address: str
    """of the node among the other nodes"""
    way: ways.Way
    """route or vxlan"""


def peers(node: Object, nodes: Iterable[Object], cidr: str) -> list[Peer]:
    """The nodes that this one has a way to, in their order; `cidr` is the cluster's range.
    One whose values are unfit is left out, as if nothing were known of it."""
    here = ways.address_of(node)
    found: dict[str, Peer] = {}
    for other in nodes:
        way, where = ways.way(node, other), ways.address_of(other)
        pods = other["spec"].get("podCIDR")
        if way not in ("route", "vxlan") or here is None or where is None or where.ip == here.ip:
            continue
        fits = is_usable(where.ip) and where.ip not in IPv4Network(cidr) and _is_subnet(pods, cidr)
        if fits and pods != node["spec"].get("podCIDR"):
            found.setdefault(pods, Peer(other["metadata"]["name"], pods, str(where.ip), way))
    return list(found.values())


def front(node: Object, others: Iterable[Peer], setting: Callable[[str], str]) -> Front | None:
    """The container of a node (which must have a podCIDR) that has these peers; None where
    it has none. `setting` answers a setting by its name. Raises checks.Unsafe."""
    others = list(others)
    here = ways.address_of(node)
    if here is None or not others:
        return None
    cluster, cidr = setting("cluster-id"), network(setting("cluster-cidr"))
    own = subnet(node["spec"]["podCIDR"], cidr)
    lines = [
        f"cluster {cidr}",
        f"bridge {devices.bridge(cluster)}",
        f"own {own} {addresses.gateway(own)} {checks.address(str(here.ip))}",
    ]
    if any(each.way == "vxlan" for each in others):
        port = _port(setting("vxlan-port"))
        lines.append(f"vxlan {devices.vxlan(cluster)} {devices.vni(cluster)} {port} {mac(own)}")
    lines += [_line(each, cidr) for each in others]
    text = "\n".join([*lines, "end\n"])
    if not _GRAMMAR.fullmatch(text):
        raise Unsafe("the configuration of a pod network", text)
    candidate = f"{_DATA}.new"
    return Front(
        name=NAME,
        image=recipe(),
        command=("sh", "/kctl/net.sh", "run"),
        network="host",
        capabilities=("NET_ADMIN", "NET_RAW"),
        host_sysctls=True,
        retire=("sh", "/kctl/net.sh", "retire", devices.bridge(cluster), cidr),
        files={_DATA: text.encode("ascii")},
        candidate={_DATA: candidate},
        check=("sh", "/kctl/net.sh", "check", candidate),
        activate=("sh", "/kctl/net.sh", "take"),
        live=(_DATA,),
    )


def _line(peer: Peer, cidr: str) -> str:
    pods, where = subnet(peer.pods, cidr), checks.address(peer.address)
    return f"peer {pods} {where} " + ("route" if peer.way == "route" else f"vxlan {mac(pods)}")


def mac(pods: str) -> str:
    """The hardware address of the VXLAN device of the node with this pod range: everybody
    knows it without asking."""
    octets = IPv4Network(pods).network_address.packed
    return "02:6b:" + ":".join(f"{octet:02x}" for octet in octets)


def network(value: str) -> str:
    """An IPv4 network in its one canonical form."""
    try:
        if str(IPv4Network(value)) == value:
            return value
    except (AddressValueError, NetmaskValueError, ValueError):
        pass  # named below, as every other value that is none
    raise Unsafe("an IPv4 network", value)


def subnet(value: str, cidr: str) -> str:
    """A node's pod range: within the cluster's, and not its services' or all of it."""
    whole, part = IPv4Network(cidr), IPv4Network(network(value))
    services = IPv4Network(addresses.layout(cidr)[0])
    if part.subnet_of(whole) and part.prefixlen <= 30 and not part.overlaps(services):
        return value
    raise Unsafe(f"a pod range within {cidr}", value)


def _is_subnet(value: str, cidr: str) -> bool:
    try:
        return bool(subnet(value, cidr))
    except Unsafe:
        return False


def is_usable(address: IPv4Address) -> bool:
    """Whether a host can have this address among others."""
    return not (
        address.is_loopback
        or address.is_multicast
        or address.is_unspecified
        or address.is_link_local
        or address.is_reserved
    )


def _port(value: str) -> int:
    return checks.port(int(value) if value.isascii() and value.isdigit() else value)
