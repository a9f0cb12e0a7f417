"""The local side of port-forward: sockets on the addresses that were asked for."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import socket
from collections.abc import Iterator
from typing import TextIO

from kctl.commands.command import UsageError
from kctl.commands.forward_ports import Forwarded

Listening = list[tuple[socket.socket, Forwarded]]

LOCALHOST = ("127.0.0.1", "::1")


def addresses(words: list[str]) -> list[tuple[str, bool]]:
    """(address, whether it was meant by "localhost"), sorted. Raises UsageError."""
    if not words:
        raise UsageError("you must specify at least 1 address")
    found: dict[str, bool] = {}
    for word in words:
        if word == "localhost":
            for each in LOCALHOST:
                found.setdefault(each, True)
            continue
        try:
            ipaddress.ip_address(word)
        except ValueError:
            raise UsageError(f"{word} is not a valid IP") from None
        found[word] = False
    return sorted(found.items())


def listen(
    ports: list[Forwarded], where: list[tuple[str, bool]], out: TextIO, err: TextIO
) -> Listening:
    """Listen for every pair on every address. A pair fails where an address that was named
    cannot be had, or neither of localhost's. Raises UsageError where all pairs fail."""
    listening: Listening = []
    told: set[int] = set()
    asked = " ".join(f"{{{each.local} {each.remote}}}" for each in ports)
    for pair in ports:
        sockets, failures, optional = _listen(pair, where, out)
        listening += [(each, pair) for each in sockets]
        if failures and (len(failures) > len(optional) or not _any_localhost(sockets, where)):
            err.write(
                f"Unable to listen on port {pair.local}: Listeners failed to create with the "
                f"following errors: [{' '.join(failures)}]\n"
            )
        else:
            told.add(id(pair))
    if not told:
        raise UsageError(f"unable to listen on any of the requested ports: [{asked}]")
    return listening


def _listen(
    pair: Forwarded, where: list[tuple[str, bool]], out: TextIO
) -> tuple[list[socket.socket], list[str], list[str]]:
    """(sockets, failures, those of the failures that were localhost's)."""
    sockets: list[socket.socket] = []
    failures: list[str] = []
    optional: list[str] = []
    for address, local in where:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        shown = f"[{address}]" if ":" in address else address
        try:
            made = socket.create_server((address, pair.local), family=family, backlog=128)
        except OSError as error:
            version = 6 if ":" in address else 4
            why = os.strerror(error.errno).lower() if error.errno else str(error)
            failures.append(
                f"unable to create listener: Error listen tcp{version} {shown}:{pair.local}: "
                f"bind: {why}"
            )
            optional += failures[-1:] if local else []
            continue
        pair.local = made.getsockname()[1]
        sockets.append(made)
        out.write(f"Forwarding from {shown}:{pair.local} -> {pair.remote}\n")
    out.flush()
    return sockets, failures, optional


def _any_localhost(sockets: list[socket.socket], where: list[tuple[str, bool]]) -> bool:
    """One of localhost's addresses is there, or none was asked for."""
    wanted = {address for address, local in where if local}
    return not wanted or any(each.getsockname()[0] in wanted for each in sockets)


@contextlib.contextmanager
def closing(listening: Listening) -> Iterator[None]:
    try:
        yield
    finally:
        for each, _ in listening:
            each.close()
