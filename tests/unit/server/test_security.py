"""The TLS of a server: a certificate that is renewed is used from then on."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from kctl.reconcile.plane import Plane
from kctl.server.auth import pki as pki_files
from kctl.server.security import Security


@pytest.fixture
def security(tmp_path: Path) -> Iterator[Security]:
    with Plane.open(tmp_path) as plane:
        yield Security(plane, pki_files.ensure(tmp_path))


def served(context: ssl.SSLContext, authority: Path) -> bytes:
    """The certificate that a new connection gets."""
    client = ssl.create_default_context(cafile=str(authority))
    ours, theirs = socket.socketpair()

    def serve() -> None:
        with context.wrap_socket(ours, server_side=True) as tls:
            tls.recv(1)

    thread = threading.Thread(target=serve)
    thread.start()
    with client.wrap_socket(theirs, server_hostname="localhost") as tls:
        found = tls.getpeercert(binary_form=True)
        tls.sendall(b"x")
    thread.join()
    assert found is not None
    return found


def test_new_connections_get_the_renewed_certificate(security: Security, tmp_path: Path) -> None:
    context = security.context()
    before = served(context, security.pki.ca)
    security.renew()
    assert served(context, security.pki.ca) == before
    assert pki_files.ensure(tmp_path, ["10.1.2.3"]).renewed  # as another process would
    assert served(context, security.pki.ca) == before
    security.renew()
    assert served(context, security.pki.ca) != before
