"""What the files of a Linux machine say of it, wherever they were read.

The texts are those of /etc and /proc as they are: read here for this machine
(`kctl.runtime.docker.local`), or by a short command over the connection to another one.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Interface, IPv4Network

from kctl.runtime.stats import Usage

MEMORY_LEFT = 100 * 1024**2
"""the kubelet's hard eviction threshold memory.available"""
DISK_LEFT, INODES_LEFT = 0.10, 0.05
"""nodefs.available and nodefs.inodesFree"""
_OWN_DEVICES = ("docker", "br-", "veth", "kctl-", "lo", "virbr", "cni", "flannel", "vxlan")

USER_HZ = 100
"""Ticks a second in /proc/stat: the same on every architecture that Docker runs on."""

Route = tuple[str, IPv4Network]
"""(device, network)"""


@dataclass(frozen=True, slots=True)
class Space:
    """A file system."""

    size: int = 0
    """bytes"""
    pressure: bool = False


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine; empty where it does not say."""

    identity: Mapping[str, str]
    """machineID, systemUUID and bootID"""
    os_image: str = ""
    networks: tuple[IPv4Interface, ...] = ()
    """Its addresses on real links, the preferred one first."""
    space: Space = Space()
    """of the engine's data"""
    memory_pressure: bool = False


NOTHING = Machine({})


def of_texts(texts: Mapping[str, str], space: Space, reached: str = "") -> Machine:
    """`texts`: machine-id, product-uuid, boot-id, os-release, meminfo, fib_trie and route, each
    as its file has it or "". `reached`: the address where a connection arrives; preferred on a
    machine without a default route."""
    machine_id = texts.get("machine-id", "").strip()
    own = local_addresses(texts.get("fib_trie", ""))
    return Machine(
        identity={
            "machineID": machine_id,
            "systemUUID": texts.get("product-uuid", "").strip() or machine_id,
            "bootID": texts.get("boot-id", "").strip(),
        },
        os_image=_pretty_name(texts.get("os-release", "")),
        networks=choose(own, routes(texts.get("route", "")), reached),
        space=space,
        memory_pressure=_short_of_memory(texts.get("meminfo", "")),
    )


def usage_of(stat: str, meminfo: str, at: float) -> Usage | None:
    """Of /proc/stat and /proc/meminfo at `at` (epoch seconds); None where they do not tell.
    Memory is counted as cAdvisor counts the root of cgroup v2."""
    words = stat.splitlines()[0].split() if stat else []
    amounts = _kilobytes(meminfo)
    if len(words) < 9 or words[0] != "cpu" or not {"MemTotal", "MemFree"} <= amounts.keys():
        return None
    user, nice, system, _, _, irq, softirq, steal = (int(each) for each in words[1:9])
    busy = user + nice + system + irq + softirq + steal
    idle = amounts["MemFree"] + amounts.get("Inactive(file)", 0)
    memory = max(amounts["MemTotal"] - idle, 0) * 1024
    return Usage(at, busy * (1_000_000_000 // USER_HZ), memory)


def _kilobytes(meminfo: str) -> dict[str, int]:
    found = {}
    for line in meminfo.splitlines():
        name, _, rest = line.partition(":")
        words = rest.split()
        if words and words[0].isdigit():
            found[name] = int(words[0])
    return found


def parts(said: str) -> dict[str, str]:
    """Texts by name, of what our own command on another machine writes: a line "== NAME"
    before each."""
    found: dict[str, str] = {}
    name = ""
    for line in said.splitlines(keepends=True):
        if line.startswith("== "):
            name = line[3:].strip()
            found[name] = ""
        elif name:
            found[name] += line
    return found


def space_of(blocks: str, inodes: str) -> Space:
    """Of what `df -Pk` and `df -Pi` write: size, used and left stand after the device."""
    size, left = _sizes(blocks)
    nodes, nodes_left = _sizes(inodes)
    full = left < DISK_LEFT * size or nodes_left < INODES_LEFT * nodes
    return Space(size * 1024, full)


def _sizes(table: str) -> tuple[int, int]:
    words = table.splitlines()[-1].split() if table.strip() else []
    if len(words) < 4 or not (words[1].isdigit() and words[3].isdigit()):
        return 0, 0
    return int(words[1]), int(words[3])


def _pretty_name(release: str) -> str:
    for line in release.splitlines():
        key, _, value = line.partition("=")
        if key == "PRETTY_NAME":
            return value.strip().strip("\"'")
    return ""


def _short_of_memory(meminfo: str) -> bool:
    for line in meminfo.splitlines():
        key, _, value = line.partition(":")
        if key == "MemAvailable":
            return int(value.split()[0]) * 1024 < MEMORY_LEFT
    return False


# --- addresses -----------------------------------------------------------------------


def choose(
    own: Iterable[str], table: Iterable[Route], reached: str = ""
) -> tuple[IPv4Interface, ...]:
    """Own addresses on real links with their networks: those towards the default route first,
    then the one that is `reached`."""
    table = list(table)
    default = {device for device, network in table if network.prefixlen == 0}
    ranked: list[tuple[bool, bool, int, IPv4Interface]] = []
    for address in own:
        found = [
            (network.prefixlen, device)
            for device, network in table
            if network.prefixlen
            and ipaddress.ip_address(address) in network
            and not device.startswith(_OWN_DEVICES)
        ]
        if found:
            away = not {device for _, device in found} & default
            length = max(found)[0]
            interface = IPv4Interface(f"{address}/{length}")
            ranked.append((away, address != reached, len(ranked), interface))
        elif address == reached:  # a link of its own, as some clouds have it
            ranked.append((False, False, len(ranked), IPv4Interface(f"{address}/32")))
    return tuple(interface for *_, interface in sorted(ranked))


def local_addresses(trie: str) -> list[str]:
    """The addresses of /proc/net/fib_trie that are this network's own, loopback left out."""
    found: list[str] = []
    last = ""
    for line in trie.splitlines():
        words = line.split()
        if len(words) >= 2 and words[0] in ("|--", "+--"):
            last = words[1].partition("/")[0]
        elif words[:3] == ["/32", "host", "LOCAL"] and not last.startswith("127."):
            found.append(last)
    return list(dict.fromkeys(found))


def routes(table: str) -> list[Route]:
    """Every line of /proc/net/route."""
    found = []
    for line in table.splitlines()[1:]:
        words = line.split()
        target, mask = (int(words[at], 16).to_bytes(4, "little") for at in (1, 7))
        network = IPv4Network((target, bin(int.from_bytes(mask, "big")).count("1")))
        found.append((words[0], network))
    return found
