"""`Connection`: what the rest of kctl sees of a host over SSH (`kctl.runtime.docker.reach`)."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import os
import re
import socket
import threading
from dataclasses import replace
from ipaddress import IPv4Interface
from pathlib import Path

from kctl.runtime.docker.machine import NOTHING, Machine
from kctl.runtime.ssh import backoff, lock, master, remote, stream
from kctl.runtime.ssh.mux import Mux, MuxError
from kctl.runtime.ssh.places import BadFolder, Places, places, prepare
from kctl.runtime.ssh.url import parse
from kctl.runtime.stats import Usage
from kctl.runtime.types import HostUnreachable

_LOCK_SECONDS = master.START_SECONDS + 3
_REASON = re.compile(r"open failed: connect failed: (.*)")
_ERRNO = {
    "Connection refused": errno.ECONNREFUSED,
    "No route to host": errno.EHOSTUNREACH,
    "Network is unreachable": errno.ENETUNREACH,
    "Connection timed out": errno.ETIMEDOUT,
    "open failed": errno.ENETUNREACH,  # all that sshd says where it had no way at once
}


class Connection:
    """One host's engine and network through a shared master. Safe to use from several
    threads; nothing happens before the first use."""

    remote = True

    def __init__(self, url: str, *, at_once: bool = False) -> None:
        """Raises ValueError where the URL is none. `at_once`: try however lately another
        attempt failed."""
        self.url = url
        self._at_once = at_once
        self.target = parse(url)
        self._at: Places = places(url)
        self.socket = self._at.engine
        self._lock = threading.Lock()
        self._hold: Mux | None = None
        self._user: int | None = None
        self._machine = NOTHING

    def ensure(self) -> None:
        """Have a connection, a standing one or a new one. Raises `HostUnreachable` within
        seconds, at once while the last failure is fresh."""
        if self._stands():
            return
        with self._lock:
            if not self._stands():
                self._connect()

    def _stands(self) -> bool:
        hold = self._hold
        return hold is not None and hold.stands() and os.path.exists(self.socket)  # noqa: PTH110

    def _connect(self) -> None:
        self._release()
        try:
            prepare(self._at.folder)
            with lock.held(self._at.lock, _LOCK_SECONDS):
                if not self._join():
                    self._start()
                self._user = lock.share(self._at.users)
                Path(self._at.leaving).unlink(missing_ok=True)
        except (BadFolder, OSError) as error:
            raise HostUnreachable(f"{self.target.login}: {error}") from error

    def _join(self) -> bool:
        """Use the master that stands, if there is one."""
        try:
            hold = Mux.connect(self._at.control, master.MUX_SECONDS)
        except OSError:
            return False
        try:
            hold.open_forward(self.socket, self.target.socket)
            if not Path(self.socket).exists():  # removed under the master
                hold.close_forward(self.socket, self.target.socket)
                hold.open_forward(self.socket, self.target.socket)
        except OSError:
            hold.close()
            return False
        self._hold = hold
        return True

    def _start(self) -> None:
        failures = backoff.read(self._at.failures)
        left = failures.wait(backoff.now())
        if left and not self._at_once:
            raise HostUnreachable(f"{failures.words} (next attempt in {max(1, round(left))} s)")
        try:
            master.start(self.target, self._at)
            if not self._join():
                raise HostUnreachable(f"{self.target.login}: the connection broke at once")
        except HostUnreachable as error:
            cheap = "refused" in str(error) and "login" not in str(error)
            after = failures.and_one(str(error), backoff.now(), cheap=cheap)
            backoff.write(self._at.failures, after)
            raise
        backoff.write(self._at.failures, backoff.Failures())
        remote.hurry(self._at.control)

    def dial(self, host: str, port: int, timeout: float) -> socket.socket:
        """A socket to HOST:PORT in the host's network. Raises OSError as
        `socket.create_connection` does, and `HostUnreachable`."""
        self.ensure()
        before = master.log_size(self._at)
        try:
            return stream.dial(self._at.control, host, port, timeout)
        except TimeoutError:
            raise
        except MuxError:
            raise self._refusal(host, master.log_since(self._at, before)) from None
        except OSError as error:
            raise HostUnreachable(f"{self.target.login}: the connection broke: {error}") from None

    def _refusal(self, host: str, said: str) -> Exception:
        """Why there is no way to an address: what the master said meanwhile, where it said
        one thing alone."""
        if "administratively prohibited" in said:
            return HostUnreachable(
                f"{self.target.login}: the ssh server forbids forwarding (AllowTcpForwarding, "
                "PermitOpen)"
            )
        reasons = {match.strip() for match in _REASON.findall(said)}
        reason = reasons.pop() if len(reasons) == 1 else "Connection refused"
        if _ERRNO.get(reason, errno.ENETUNREACH) == errno.ENETUNREACH and not _is_address(host):
            return OSError(f"lookup {host}: no such host")
        code = _ERRNO.get(reason, errno.ECONNREFUSED)
        return OSError(code, os.strerror(code))

    def explain(self) -> str:
        """Why the engine's socket did not answer; "" when it cannot be told."""
        if not self._stands():
            return f"{self.target.login}: the connection to the host was lost"
        try:
            return remote.why_no_engine(self._at.control, self.target)
        except OSError:
            return ""

    def suspect(self) -> None:
        """The engine did not answer in time: let go of a master that does not either."""
        try:
            with Mux.connect(self._at.control, master.MUX_SECONDS) as mux:
                mux.process()
        except OSError:
            with self._lock:
                self._release()

    def machine(self, root: str) -> Machine:
        """What the host's own files say. Of a host whose account may not run commands, no more
        than the address where ssh reaches it. Raises `HostUnreachable`, and TimeoutError where
        the host takes too long this time."""
        self.ensure()
        try:
            found = remote.machine(self._at.control, root)
        except TimeoutError:
            raise
        except OSError:
            found = self._machine
        if not found.networks:
            address = master.address(self.target, self._at)
            networks = (IPv4Interface(address),) if address else self._machine.networks
            found = replace(found, networks=networks)
        self._machine = found
        return found

    def usage(self) -> Usage | None:
        """What the host uses; None where the account may not run commands, or it took too long.
        Raises `HostUnreachable`."""
        self.ensure()
        try:
            return remote.usage(self._at.control)
        except OSError:
            return None

    def leave(self) -> None:
        """End the connection, or have the last process that uses it end it."""
        self._release()
        with contextlib.suppress(OSError, BadFolder):
            prepare(self._at.folder)
            with lock.held(self._at.lock, _LOCK_SECONDS):
                # before the look at the others: who lets go after it finds the mark
                Path(self._at.leaving).touch(mode=0o600)
                if lock.alone(self._at.users):
                    master.end(self._at)
                    Path(self._at.leaving).unlink(missing_ok=True)
                    Path(self._at.lock).unlink(missing_ok=True)

    def close(self) -> None:
        """Let go; the connection stays for the commands that follow, unless the host was left
        meanwhile."""
        with self._lock:
            self._release()
        if Path(self._at.leaving).exists():
            self.leave()

    def _release(self) -> None:
        hold, self._hold = self._hold, None
        user, self._user = self._user, None
        if hold is not None:
            hold.close()
        if user is not None:
            os.close(user)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
