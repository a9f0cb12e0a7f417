"""What this machine's own files say of it: for an engine that runs on it.

An engine counts as local when the process behind its socket is a daemon of this machine
(not an ssh that forwards another's) and it reports this machine's kernel and name.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import struct
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

_MEMORY_LEFT = 100 * 1024**2
"""the kubelet's hard eviction threshold memory.available"""
_DISK_LEFT, _INODES_LEFT = 0.10, 0.05
"""nodefs.available and nodefs.inodesFree"""
_OWN_DEVICES = ("docker", "br-", "veth", "kctl-", "lo", "virbr", "cni", "flannel")


def engine_process(url: str) -> int:
    """The process that listens on a unix socket; 0 where it cannot be told."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(2.0)
        try:
            sock.connect(url.removeprefix("unix://"))
            data = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        except OSError:
            return 0
    return int(struct.unpack("3i", data)[0])


def is_local(process: int, info: Mapping[str, Any]) -> bool:
    """Whether the engine with this /info runs on this machine."""
    here = os.uname()
    same = info.get("KernelVersion") == here.release and info.get("Name") == here.nodename
    return same and not _read(f"/proc/{process}/comm").startswith("ssh")


def identity() -> dict[str, str]:
    """machineID, systemUUID and bootID."""
    return {
        "machineID": _read("/etc/machine-id"),
        "systemUUID": _read("/sys/class/dmi/id/product_uuid") or _read("/etc/machine-id"),
        "bootID": _read("/proc/sys/kernel/random/boot_id"),
    }


def os_image() -> str:
    """PRETTY_NAME of os-release."""
    for line in _read("/etc/os-release").splitlines():
        key, _, value = line.partition("=")
        if key == "PRETTY_NAME":
            return value.strip("\"'")
    return ""


def storage(path: str) -> tuple[int, bool]:
    """(bytes, pressure) of the file system that holds `path`."""
    try:
        found = os.statvfs(path)
    except OSError:
        return 0, False
    full = found.f_bavail < _DISK_LEFT * found.f_blocks
    no_inodes = bool(found.f_files) and found.f_favail < _INODES_LEFT * found.f_files
    return found.f_frsize * found.f_blocks, full or no_inodes


def memory_pressure() -> bool:
    for line in _read("/proc/meminfo").splitlines():
        key, _, value = line.partition(":")
        if key == "MemAvailable":
            return int(value.split()[0]) * 1024 < _MEMORY_LEFT
    return False


def addresses(process: int) -> list[str]:
    """IPv4 addresses of the network that a process is in, the one towards the default
    route first; bridges and links of containers left out."""
    base = (
        f"/proc/{process}/net" if process and Path(f"/proc/{process}/net").exists() else "/proc/net"
    )
    return choose(local_addresses(_read(f"{base}/fib_trie")), routes(_read(f"{base}/route")))


def choose(own: Iterable[str], table: list[tuple[str, ipaddress.IPv4Network]]) -> list[str]:
    """Own addresses on real links, in the order of preference."""
    default = {device for device, network in table if network.prefixlen == 0}
    ranked: list[tuple[bool, int, str]] = []
    for address in own:
        devices = {
            device
            for device, network in table
            if network.prefixlen and ipaddress.ip_address(address) in network
        }
        if devices and not all(each.startswith(_OWN_DEVICES) for each in devices):
            ranked.append((not devices & default, len(ranked), address))
    return [address for _, _, address in sorted(ranked)]


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


def routes(table: str) -> list[tuple[str, ipaddress.IPv4Network]]:
    """(device, network) of every line of /proc/net/route."""
    found = []
    for line in table.splitlines()[1:]:
        words = line.split()
        target, mask = (int(words[at], 16).to_bytes(4, "little") for at in (1, 7))
        network = ipaddress.IPv4Network((target, bin(int.from_bytes(mask, "big")).count("1")))
        found.append((words[0], network))
    return found


def _read(path: str) -> str:
    """A small file of the system; "" where there is none or it is not for us."""
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""
