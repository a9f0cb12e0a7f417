"""Short commands on a host, through its connection: what its files say, and why its engine
does not answer. They read, and change nothing."""

from __future__ import annotations

import contextlib
import os
import select
import shlex
import time

from kctl.runtime.docker.machine import NOTHING, Machine, of_texts, parts, space_of, usage_of
from kctl.runtime.ssh.mux import Mux
from kctl.runtime.ssh.url import SshUrl
from kctl.runtime.stats import Usage

_SECONDS = 8.0
_LARGEST = 1 << 20
_MARK = "kctl-host"
"""begins the answer: a login that runs something else than our script does not write it"""

_FILES = {
    "machine-id": "/etc/machine-id",
    "product-uuid": "/sys/class/dmi/id/product_uuid",
    "boot-id": "/proc/sys/kernel/random/boot_id",
    "os-release": "/etc/os-release",
    "meminfo": "/proc/meminfo",
    "fib_trie": "/proc/net/fib_trie",
    "route": "/proc/net/route",
}
_FACTS = """
echo {mark}
grep -H "" {files}
echo "== space"; df -Pk {root}
echo "== inodes"; df -Pi {root}
echo "== connection"; echo "$SSH_CONNECTION"
"""
"""Few programs, because it is asked again and again."""

_USAGE = f"""
echo {_MARK}
echo "== stat"; head -n 1 /proc/stat
echo "== meminfo"; cat /proc/meminfo
"""

_ENGINE = """
echo {mark}
s={socket}
id -un
if [ -S "$s" ] && [ -r "$s" ] && [ -w "$s" ]; then echo usable
elif [ -S "$s" ]; then echo denied
elif [ -e "$s" ]; then echo other
else echo missing; fi
if command -v docker >/dev/null && docker -H "unix://$s" version >/dev/null; then echo answers; fi
"""


def hurry(control: str) -> None:
    """Have the server send small packets at once. OpenSSH's does so from the first command of a
    connection on; before, every answer over a new forward waits some 40 ms for an
    acknowledgement (Nagle's algorithm). Whether the account may run commands does not matter."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    try:
        with contextlib.suppress(OSError), Mux.connect(control, _SECONDS) as mux:
            mux.run("exit", nowhere, nowhere, nowhere)
    finally:
        os.close(nowhere)


def machine(control: str, root: str) -> Machine:
    """What the host's files say, where the account may run commands. Raises OSError."""
    files = " ".join(_FILES.values())
    said = _run(control, _FACTS.format(mark=_MARK, files=files, root=shlex.quote(root)))
    if not said:
        return NOTHING
    found = {name: _text(said, path) for name, path in _FILES.items()} | parts(said)
    connection = found.get("connection", "").split()
    reached = connection[2] if len(connection) == 4 else ""
    space = space_of(found.get("space", ""), found.get("inodes", ""))
    return of_texts(found, space, reached)


def usage(control: str) -> Usage | None:
    """What the host uses, where the account may run commands. Raises OSError."""
    asked = time.time()
    found = parts(_run(control, _USAGE))
    at = (asked + time.time()) / 2
    return usage_of(found.get("stat", ""), found.get("meminfo", ""), at)


def _text(said: str, path: str) -> str:
    """A file, of whose lines each stands behind its name."""
    mark = f"{path}:"
    return "".join(
        line.removeprefix(mark) for line in said.splitlines(keepends=True) if line.startswith(mark)
    )


def why_no_engine(control: str, target: SshUrl) -> str:
    """Why nothing answers behind the engine's socket. Raises OSError."""
    said = _run(control, _ENGINE.format(mark=_MARK, socket=shlex.quote(target.socket))).split()
    if len(said) < 2:
        return (
            f"no Docker answers at {target.socket} on {target.login}, and the account may not run "
            "commands that would tell why"
        )
    user, state, *rest = said
    if state == "missing":
        return (
            f"there is no Docker on {target.login}: no socket {target.socket}. Is it installed "
            "and running?"
        )
    if state == "denied":
        return (
            f"permission denied: {user} may not use the Docker socket {target.socket} on "
            f"{target.login} (add the user to the group docker there)"
        )
    if state == "other":
        return f"{target.socket} on {target.login} is not a socket"
    if rest:
        return (
            f"the ssh server of {target.login} forbids forwarding to a socket "
            "(AllowStreamLocalForwarding)"
        )
    return f"Cannot connect to the Docker daemon at {target}. Is the docker daemon running?"


def _run(control: str, script: str) -> str:
    """The output of a script after our mark."""
    inward, source = os.pipe()
    answer, outward = os.pipe()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        with Mux.connect(control, _SECONDS) as mux:
            try:
                mux.run("exec sh -s", inward, outward, nowhere)
            finally:
                os.close(outward)
                outward = -1
            os.write(source, script.encode())
            os.close(source)
            source = -1
            said = _read(answer)
    finally:
        for each in (inward, source, answer, outward, nowhere):
            if each >= 0:
                os.close(each)
    _, mark, rest = said.partition(_MARK + "\n")
    return rest if mark else ""


def _read(answer: int) -> str:
    """All that is written, for a few seconds at most."""
    deadline = time.monotonic() + _SECONDS
    data = b""
    while len(data) < _LARGEST:
        ready, _, _ = select.select([answer], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise TimeoutError("the host did not answer in time")
        more = os.read(answer, 65536)
        if not more:
            break
        data += more
    return data.decode(errors="replace")
