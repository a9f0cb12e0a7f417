"""`ssh://[user@]host[:port][/path/to/docker.sock]`, taken apart.

User and host reach ssh as arguments, and through its configuration possibly a shell, so they
hold nothing but letters, digits and a few harmless signs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

SOCKET = "/var/run/docker.sock"

_USER = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.+@-]*")
_HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_SIX = re.compile(r"[0-9A-Fa-f:.]+(%[A-Za-z0-9_.-]+)?")
_PATH = re.compile(r"/[^\x00-\x1f\x7f?#]*")
_LONGEST_HOST, _LONGEST_SOCKET = 253, 107


@dataclass(frozen=True, slots=True)
class SshUrl:
    """A host and its engine's socket. `port` 0 and `user` "" leave it to ssh's own
    configuration; `host` may be an alias of it."""

    host: str
    user: str = ""
    port: int = 0
    socket: str = SOCKET

    def __str__(self) -> str:
        path = "" if self.socket == SOCKET else self.socket
        return f"ssh://{self.login}{path}"

    @property
    def login(self) -> str:
        """ "root@web1:2222", for people."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (
            (f"{self.user}@" if self.user else "") + host + (f":{self.port}" if self.port else "")
        )

    def command(self, configuration: str = "") -> str:
        """What a person types to log in: "ssh -p 2222 root@web1"."""
        given = f"-F {configuration} " if configuration else ""
        port = f"-p {self.port} " if self.port else ""
        return f"ssh {given}{port}" + (f"{self.user}@" if self.user else "") + self.host

    def arguments(self) -> list[str]:
        """The end of an ssh command line."""
        port = ["-p", str(self.port)] if self.port else []
        user = ["-l", self.user] if self.user else []
        return [*port, *user, "--", self.host]


def parse(text: str) -> SshUrl:
    """Raises ValueError with a text for people; a password in the URL is not repeated."""
    if not text.startswith("ssh://"):
        raise ValueError(
            f"invalid host {text!r}: must be ssh://[user@]host[:port][/path/to/docker.sock]"
        )
    rest = text.removeprefix("ssh://")
    place, slash, path = rest.partition("/")
    user, at, address = place.rpartition("@")
    if at and ":" in user:
        raise ValueError(
            "invalid host: a password in the URL is not used; log in with a key or an agent"
        )
    if at and not _USER.fullmatch(user):
        raise ValueError(f"invalid host {text!r}: bad user name {user!r}")
    host, port = _address(text, address)
    socket = slash + path if path else SOCKET
    if not _PATH.fullmatch(socket) or len(socket.encode()) > _LONGEST_SOCKET:
        raise ValueError(f"invalid host {text!r}: bad path of a socket {socket!r}")
    return SshUrl(host, user, port, socket)


def _address(text: str, address: str) -> tuple[str, int]:
    if address.startswith("["):
        host, bracket, rest = address[1:].partition("]")
        good = bool(bracket and _SIX.fullmatch(host)) and rest[:1] in ("", ":")
        colon, number = rest[:1], rest[1:]
    else:
        host, colon, number = address.partition(":")
        good = bool(_HOST.fullmatch(host)) and len(host) <= _LONGEST_HOST
    if not good:
        raise ValueError(f"invalid host {text!r}: bad host name {host!r}")
    if not colon:
        return host, 0
    if not (number.isascii() and number.isdigit() and 0 < int(number[:6]) < 65536):
        raise ValueError(f"invalid host {text!r}: bad port {number!r}, must be 1 to 65535")
    return host, int(number)
