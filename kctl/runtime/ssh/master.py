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
import time
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
MUX_SECONDS = 5.0
"""A master answers at once, on a busy machine a little later; one that does not is stuck."""
IDLE_SECONDS = 600
"""A master that nobody has used for so long ends by itself."""
_BEHIND_A_JUMP = "UNKNOWN port 65535"
"""How ssh names the other end of a jump host or a proxy command."""
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
    "ClearAllForwardings": "yes",
    "StreamLocalBindUnlink": "yes",
    "StreamLocalBindMask": "0177",
    "RequestTTY": "no",
    "RemoteCommand": "none",
}
"""For the host alone."""


def command(target: SshUrl, at: Places, configuration: str) -> list[str]:
    """The command line of a master."""
    stay = ["-M", "-N", "-f", "-S", at.control, f"-oControlPersist={IDLE_SECONDS}"]
    return ["ssh", "-F", configuration, "-E", at.log, *stay, *_options(), *target.arguments()]


def _options() -> list[str]:
    return [f"-o{key}={value}" for key, value in _OWN.items()]


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
    began = time.monotonic()
    code = _run(command(target, at, written), target, at, START_SECONDS)
    said = log_since(at, 0)
    if code and _BEHIND_A_JUMP in said:
        # ssh keeps to itself what happened on the way when it is to stay; so ask once more
        argv = ["ssh", "-F", written, "-S", "none", "-E", at.log, *_options(), *target.arguments()]
        left = max(1.0, began + START_SECONDS - time.monotonic())
        _run([*argv, "exit"], target, at, left)
        said = log_since(at, 0) or said
    if code:
        given = os.environ.get("KCTL_SSH_CONFIG", "")
        raise HostUnreachable(words.explain(said, target, given))


def _run(argv: list[str], target: SshUrl, at: Places, seconds: float) -> int:
    """The exit code of ssh, which is 0 after the login; what it says is in the log."""
    log = os.open(at.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
    try:
        process = subprocess.Popen(
            argv,
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
    try:
        return process.wait(seconds)
    except BaseException as error:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # with the processes of jump hosts
        process.wait()
        if not isinstance(error, subprocess.TimeoutExpired):
            raise
    raise HostUnreachable(f"{target.login}: no login within {START_SECONDS:g} s")


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
    for each in (at.log, at.failures, at.users):
        Path(each).unlink(missing_ok=True)


def _discard(at: Places) -> None:
    """Remove the sockets of a master that is gone; end one that is stuck."""
    for process in processes(at):
        with contextlib.suppress(OSError):
            os.kill(process, signal.SIGKILL)
    for each in (at.control, at.engine):
        Path(each).unlink(missing_ok=True)


def processes(at: Places) -> list[int]:
    """The masters of a control socket: one that never answered is not known otherwise."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            line = path.read_bytes()
            if line.startswith(b"ssh") and at.control.encode() in line:
                found.append(int(path.parent.name))
    return found


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
