"""Where the connections of this user stand: a private folder with a few small files a host.

A read command looks here before anything else is imported, so this module needs next to
nothing. Socket names are digests, because an address of a unix socket holds 107
characters and a master adds 17 to its own while it binds.
"""

from __future__ import annotations

import os
import stat

_LONGEST_FOLDER = 70
LONGEST_REST = 30.0
"""Seconds between two attempts to reach a host."""


class BadFolder(Exception):
    """The runtime folder cannot be trusted; the text says why and what to do."""


class Places:
    """The files of one host's connection."""

    def __init__(self, folder: str, name: str) -> None:
        self.folder = folder
        base = f"{folder}/{name}"
        self.control = f"{base}.ctl"
        """socket: the master's own"""
        self.engine = f"{base}.sock"
        """socket: forwarded to the engine's"""
        self.lock = f"{base}.lock"
        """held while a master is started or ended"""
        self.users = f"{base}.users"
        """held, shared, by every process that uses the connection"""
        self.leaving = f"{base}.leaving"
        """stands while the last user is to end the connection"""
        self.log = f"{base}.log"
        """what ssh says"""
        self.failures = f"{base}.json"
        """those in a row (`backoff`)"""


def folder() -> str:
    """$XDG_RUNTIME_DIR/kctl; for root /run/kctl; else /tmp/kctl-UID."""
    user = os.geteuid()
    given = os.environ.get("XDG_RUNTIME_DIR", "")
    if given.startswith("/") and len(given) < _LONGEST_FOLDER:
        return f"{given.rstrip('/')}/kctl"
    return "/run/kctl" if user == 0 else f"/tmp/kctl-{user}"


def places(url: str) -> Places:
    """Of the host at `url`, as the ssh configuration in use leads to it."""
    import hashlib

    text = f"{url}\n{os.environ.get('KCTL_SSH_CONFIG', '')}"
    return Places(folder(), hashlib.sha256(text.encode()).hexdigest()[:16])


def standing(url: str) -> str:
    """The socket of a connection's engine, if one seems to stand; "" otherwise."""
    found = places(url)
    try:
        check(found.folder)
    except (BadFolder, OSError):
        return ""
    return found.engine


def resting(url: str, now: float) -> bool:
    """Whether the last attempts to reach a host failed and the next one is not due yet
    (`backoff`): until then nothing new can be learnt of it."""
    from kctl.light_json import loads

    found = places(url)
    try:
        check(found.folder)
        with open(found.failures, "rb") as file:
            return now < float(loads(file.read())["until"]) < now + LONGEST_REST
    except (BadFolder, OSError, ValueError, KeyError, TypeError):
        return False


def prepare(path: str) -> None:
    """Make the folder, unless it is there; several processes may do so at once. Raises
    `BadFolder`."""
    try:
        os.mkdir(path, 0o700)  # noqa: PTH102 - see the module's docstring
    except FileExistsError:
        pass
    except OSError as error:
        words = f"cannot make the folder {path} for connections: {error.strerror}"
        raise BadFolder(words) from None
    check(path)


def check(path: str) -> None:
    """Raises `BadFolder` where somebody else could have put a socket there, and OSError where
    there is no folder."""
    found = os.lstat(path)
    if not stat.S_ISDIR(found.st_mode):
        raise BadFolder(f"{path} is not a folder: remove it, kctl keeps its connections there")
    if found.st_uid != os.geteuid():
        raise BadFolder(
            f"the folder {path} belongs to somebody else: remove it, or set XDG_RUNTIME_DIR"
        )
    if found.st_mode & 0o077:
        raise BadFolder(f"the folder {path} is open to others: remove it, or chmod 700 it")
