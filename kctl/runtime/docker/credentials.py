"""What to log in to a registry with: a pod's pull secrets, then the user's own Docker
configuration, credential helpers included.

Servers in a pull secret are matched as Kubernetes does it ("Interpretation of config.json"):
host by host label, with globs, then the beginning of the path.
"""

from __future__ import annotations

import base64
import binascii
import warnings
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

Auth = dict[str, Any]

HUB = "docker.io"
HUB_NAMES = frozenset({HUB, "index.docker.io", "registry-1.docker.io"})


class NoCredentials(Exception):
    """The user's credential helper failed; the text says how."""


def candidates(
    registry: str, repository: str, documents: Sequence[Mapping[str, Any]]
) -> Iterator[Auth]:
    """What to try a pull with, in order; once {} (nobody in particular) where there is
    nothing. `registry` is "" for Docker Hub, `repository` begins with it elsewhere.

    Raises NoCredentials when the user's own are asked for and cannot be had."""
    host = HUB if not registry or registry in HUB_NAMES else registry
    path = repository.removeprefix(f"{registry}/") if registry else repository
    found = [
        (len(server), auth)
        for document in documents
        for server, entry in _servers(document)
        if fits(server, host, path) and (auth := _entry(server, entry)) is not None
    ]
    for _, auth in sorted(found, key=lambda each: -each[0]):
        yield auth
    own = _own(host)
    if own or not found:
        yield own


def _servers(document: Mapping[str, Any]) -> list[tuple[str, Any]]:
    auths = document.get("auths")
    return list(auths.items()) if isinstance(auths, Mapping) else []


def fits(server: str, host: str, path: str) -> bool:
    """Whether the entry of a pull secret is for an image at `host` (with its port)."""
    bare = server.removeprefix("https://").removeprefix("http://").rstrip("/")
    place, _, prefix = bare.partition("/")
    if prefix in ("v1", "v2"):
        prefix = ""
    if place in HUB_NAMES:
        place = HUB
    name, _, port = place.partition(":")
    wanted, _, wanted_port = host.partition(":")
    globs, labels = name.split("."), wanted.split(".")
    return (
        port == wanted_port
        and len(globs) == len(labels)
        and all(fnmatchcase(label, glob) for label, glob in zip(labels, globs, strict=True))
        and f"{path}/".startswith(f"{prefix}/" if prefix else "")
    )


def _entry(server: str, entry: Any) -> Auth | None:
    """None for an entry that says nothing that can be read."""
    if not isinstance(entry, Mapping):
        return None
    user, password = entry.get("username", ""), entry.get("password", "")
    if entry.get("auth"):
        try:
            user, _, password = (
                base64.b64decode(entry["auth"], validate=True).decode().partition(":")
            )
        except (binascii.Error, ValueError, TypeError):
            return None
    auth = {"username": user, "password": password, "serveraddress": server}
    if entry.get("identitytoken"):
        auth["identitytoken"] = entry["identitytoken"]
    return auth


def _own(host: str) -> Auth:
    """The user's, {} where there are none; read anew, since `docker login` may have been."""
    from docker import auth
    from docker.errors import DockerException

    warnings.filterwarnings("ignore", ".*docker-credential-", UserWarning)  # the error says it
    try:
        found = auth.resolve_authconfig(auth.load_config(), host)
    except DockerException as error:
        raise NoCredentials(f"error getting credentials - err: {error}") from None
    return dict(found or {})
