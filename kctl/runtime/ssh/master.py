"""The OpenSSH process that holds a host's connection: how it is started, found and ended.

It is the user's own ssh with the user's own configuration, agent and jump hosts. What kctl
adds stands before that configuration, for the host and for every jump host on the way: the
host key is checked, nobody is asked anything, nothing else is forwarded, and a path that is
dead is noticed after some five seconds.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
from pathlib import Path

from kctl.runtime.ssh import words
from kctl.runtime.ssh.mux import Mux
from kctl.runtime.ssh.places import Places
from kctl.runtime.ssh.url import SshUrl
from kctl.runtime.types import HostUnreachable

CONNECT_SECONDS = 5
"""for the TCP connection and the key exchange, of each host on the way"""
START_SECONDS = 12.0
"""for all of it, the login included"""
MUX_SECONDS = 2.0
"""A master answers at once; one that does not is stuck."""
IDLE_SECONDS = 600
"""A master that nobody has used for so long ends by itself."""
_LONGEST_LOG = 64 * 1024

_EVERYWHERE = {
    "StrictHostKeyChecking": "yes",
    "NoHostAuthenticationForLocalhost": "no",
    "BatchMode": "yes",
    "ConnectTimeout": str(CONNECT_SECONDS),
    "ConnectionAttempts": "1",
    "ServerAliveInterval": "2",
    "ServerAliveCountMax": "2",
    "ForwardAgent": "no",
    "ForwardX11": "no",
    "GSSAPIDelegateCredentials": "no",
    "PermitLocalCommand": "no",
    "Tunnel": "no",
    "LogLevel": "INFO",
}
"""For the host and the jump hosts."""
_OWN = {
    "ControlPersist": str(IDLE_SECONDS),
    "ClearAllForwardings": "yes",
    "StreamLocalBindUnlink": "yes",
    "StreamLocalBindMask": "0177",
    "RequestTTY": "no",
    "RemoteCommand": "none",
}
"""For the host alone."""


def command(target: SshUrl, at: Places, configuration: str) -> list[str]:
    """The command line of a master."""
    options = [f"-o{key}={value}" for key, value in _OWN.items()]
    start = ["ssh", "-F", configuration, "-M", "-N", "-f", "-S", at.control, "-E", at.log]
    return [*start, *options, *target.arguments()]


def configuration(given: str) -> str:
    """The text of the ssh configuration: ours, then the user's (`given`: the file that
    KCTL_SSH_CONFIG names; else the usual ones). The first value of an option counts. Jump
    hosts are reached with the same file."""
    theirs = [given] if given else ["~/.ssh/config", "/etc/ssh/ssh_config"]
    lines = ["Host *", *(f"    {key} {value}" for key, value in _EVERYWHERE.items())]
    return "\n".join([*lines, *(f'    Include "{each}"' for each in theirs), ""])


def start(target: SshUrl, at: Places) -> None:
    """Start a master; it stays when this process ends. Raises `HostUnreachable`."""
    written = _configuration_file(at)
    _discard(at)
    log = os.open(at.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
    try:
        process = subprocess.Popen(
            command(target, at, written),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            start_new_session=True,
            env=os.environ | {"SSH_ASKPASS_REQUIRE": "never"},
        )
    except FileNotFoundError:
        raise HostUnreachable(
            f"{target.login}: there is no ssh command on this machine (install OpenSSH's client)"
        ) from None
    finally:
        os.close(log)
    _await(process, target, at)


def _await(process: subprocess.Popen[bytes], target: SshUrl, at: Places) -> None:
    """Wait for the login; afterwards the master goes on in the background."""
    try:
        code = process.wait(START_SECONDS)
    except BaseException as error:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # with the jump hosts' processes
        process.wait()
        if not isinstance(error, subprocess.TimeoutExpired):
            raise
        raise HostUnreachable(f"{target.login}: no login within {START_SECONDS:g} s") from None
    if code:
        raise HostUnreachable(words.explain(log_since(at, 0), target))


def log_size(at: Places) -> int:
    """How much the master has said so far, in bytes; a long log is begun anew."""
    try:
        size = os.stat(at.log).st_size  # noqa: PTH116 - once a stream
        if size > _LONGEST_LOG:
            os.truncate(at.log, 0)
            return 0
    except OSError:
        return 0
    return size


def log_since(at: Places, position: int) -> str:
    """What the master has said since."""
    try:
        data = Path(at.log).read_bytes()
    except OSError:
        return ""
    return data[position:].decode(errors="replace")


def end(at: Places) -> None:
    """End the master, if there is one, and remove what it leaves behind."""
    with contextlib.suppress(OSError), Mux.connect(at.control, MUX_SECONDS) as mux:
        mux.terminate()
    _discard(at)
    for each in (at.log, at.process, at.failures, at.users):
        Path(each).unlink(missing_ok=True)


def _discard(at: Places) -> None:
    """Remove the sockets of a master that is gone; end one that is stuck."""
    with contextlib.suppress(OSError, ValueError):
        process = int(Path(at.process).read_text())
        line = Path(f"/proc/{process}/cmdline").read_bytes()
        if at.control.encode() in line:
            os.kill(process, signal.SIGKILL)
    for each in (at.control, at.engine, at.process):
        Path(each).unlink(missing_ok=True)


def address(target: SshUrl, at: Places) -> str:
    """The IPv4 address that ssh connects to, "" where it cannot be told."""
    argv = ["ssh", "-F", _configuration_file(at), "-G", *target.arguments()]
    try:
        said = subprocess.run(argv, capture_output=True, text=True, timeout=MUX_SECONDS, check=True)
        names = [
            line.split()[1] for line in said.stdout.splitlines() if line.startswith("hostname ")
        ]
        return socket.gethostbyname(names[0]) if names else ""
    except (OSError, subprocess.SubprocessError):
        return ""


def _configuration_file(at: Places) -> str:
    """Written where it is not there yet; hosts share one where it is the same. Raises
    `HostUnreachable`."""
    import hashlib

    given = os.environ.get("KCTL_SSH_CONFIG", "")
    if given and not os.access(given, os.R_OK):
        raise HostUnreachable(f"KCTL_SSH_CONFIG: cannot read {given}")
    text = configuration(str(Path(given).absolute()) if given else "")
    path = Path(at.folder) / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.conf"
    if not path.exists():
        fresh = path.with_suffix(f".{os.getpid()}")
        fresh.write_text(text)
        fresh.replace(path)
    return str(path)
