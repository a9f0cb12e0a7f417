"""Who a client is and what he may do: what a server needs for both, from the files of its home."""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kctl.api.authorization.authorizer import Authorizer
from kctl.api.encode import decode
from kctl.api.kind import Object
from kctl.api.user import User
from kctl.reconcile.plane import Plane
from kctl.server.auth import pki as pki_files
from kctl.server.auth import static_tokens
from kctl.server.auth.authenticate import Authenticator
from kctl.server.auth.authorize import authorize
from kctl.server.auth.impersonate import impersonate
from kctl.server.auth.reviews import Reviews
from kctl.server.auth.tokens import Tokens
from kctl.store.types import Change, Key

if TYPE_CHECKING:
    from kctl.server.call import Call

ROLES = "rbac.authorization.k8s.io"


class Security:
    """Made once a server. `users` are those of a static token file."""

    def __init__(self, plane: Plane, pki: pki_files.Pki, users: Mapping[bytes, User] = {}) -> None:
        self._plane, self.pki = plane, pki
        self._tls: ssl.SSLContext | None = None
        self._serving = b""
        authority = pki_files.load_certificate(pki.ca)
        self.tokens = Tokens(pki_files.load_key(pki.account_key), self.get, time.time)
        self.authenticator = Authenticator(authority, self.tokens, users, now=time.time)
        self.authorizer = Authorizer.over(plane.store)
        self.reviews = Reviews(self.authorizer, self.authenticator)

    def get(self, resource: str, namespace: str, name: str) -> Object | None:
        record = self._plane.store.get(Key(resource, namespace, name))
        return decode(record) if record is not None else None

    def admit(self, call: Call) -> User:
        """Who asks, once it is clear that he may. Raises ApiError 401 and 403."""
        certificate = call.connection.peer_certificate if call.connection is not None else None
        user = self.authenticator.authenticate(call.headers, certificate)
        if any(name.startswith("impersonate-") for name in call.headers):
            lines = [(k.decode("latin-1"), v.decode("latin-1")) for k, v in call.scope["headers"]]
            user = impersonate(user, lines, self.authorizer)
        authorize(self.authorizer, user, call.info)
        return user

    def note(self, changes: Sequence[Change]) -> None:
        """What was written: roles and bindings count from now on."""
        for resource in {each.key.resource for each in changes}:
            if resource.endswith(ROLES):
                self.authorizer.invalidate(resource)

    def context(self) -> ssl.SSLContext:
        """TLS from 1.2 on. A client may show a certificate; one of another authority ends the
        connection."""
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.minimum_version = ssl.TLSVersion.TLSv1_2
        made.load_cert_chain(self.pki.serving, self.pki.serving_key)
        made.load_verify_locations(self.pki.ca)
        made.verify_mode = ssl.CERT_OPTIONAL
        made.set_alpn_protocols(["http/1.1"])
        self._tls, self._serving = made, self.pki.serving.read_bytes()
        return made

    def renew(self) -> None:
        """Have the certificates renewed where that is due; connections that are made from now
        on get the new one, whoever has made it. Raises PkiError, OSError."""
        pki_files.ensure(self._plane.home)
        now = self.pki.serving.read_bytes()
        if self._tls is not None and now != self._serving:
            self._tls.load_cert_chain(self.pki.serving, self.pki.serving_key)
            self._serving = now


def users_of(path: str) -> Mapping[bytes, User]:
    """Of a static token file, "" for none. Raises ValueError, OSError."""
    return static_tokens.load(Path(path)) if path else {}
