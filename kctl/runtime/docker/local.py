"""What this machine's own files say of it: for an engine that runs on it.

An engine counts as local when the process behind its socket is a daemon of this machine
(not an ssh that forwards another's) and it reports this machine's kernel and name.
"""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kctl.runtime.docker.machine import DISK_LEFT, INODES_LEFT, Machine, Space, of_texts, usage_of
from kctl.runtime.stats import Usage

_FILES = {
    "machine-id": "/etc/machine-id",
    "product-uuid": "/sys/class/dmi/id/product_uuid",
    "boot-id": "/proc/sys/kernel/random/boot_id",
    "os-release": "/etc/os-release",
    "meminfo": "/proc/meminfo",
}


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


def machine(process: int, root: str) -> Machine:
    """This machine, as the network of `process` shows it. `root` holds the engine's data."""
    base = f"/proc/{process}/net"
    if not process or not Path(base).exists():
        base = "/proc/net"
    files = {**_FILES, "fib_trie": f"{base}/fib_trie", "route": f"{base}/route"}
    return of_texts({name: _read(path) for name, path in files.items()}, _space(root))


def usage() -> Usage | None:
    """What this machine uses."""
    return usage_of(_read("/proc/stat"), _read("/proc/meminfo"), time.time())


def _space(path: str) -> Space:
    try:
        found = os.statvfs(path)
    except OSError:
        return Space()
    full = found.f_bavail < DISK_LEFT * found.f_blocks
    no_inodes = bool(found.f_files) and found.f_favail < INODES_LEFT * found.f_files
    return Space(found.f_frsize * found.f_blocks, full or no_inodes)


def _read(path: str) -> str:
    """A small file of the system; "" where there is none or it is not for us."""
    try:
        return Path(path).read_text()
    except OSError:
        return ""
