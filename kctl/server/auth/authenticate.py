"""Who asks: a client certificate, a bearer token, or nobody.

Every way proves who somebody is or says nothing; a credential that proves nothing is a
401, as with the API server, which never takes a wrong token for anonymity.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from threading import Lock
from typing import NamedTuple

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kctl.api.errors import ApiError
from kctl.api.user import ANONYMOUS, AUTHENTICATED, User
from kctl.server.auth.static_tokens import digest
from kctl.server.auth.tokens import CREDENTIAL, Rejected, Tokens, Verified

WEBSOCKET_TOKEN = "base64url.bearer.authorization.k8s.io."
"""Before a token in Sec-WebSocket-Protocol, for browsers, which can send no other header."""
REMEMBERED = 1024


def unauthorized() -> ApiError:
    return ApiError(401, "Unauthorized", "Unauthorized")


class _Known(NamedTuple):
    user: User
    begins: datetime
    ends: datetime


class Authenticator:
    """Asked once a request. Safe to use from several threads.

    `authority`: who signs client certificates. `static`: users by the digest of their token
    (`static_tokens.load`)."""

    def __init__(
        self,
        authority: x509.Certificate,
        tokens: Tokens,
        static: Mapping[bytes, User] = {},
        *,
        now: Callable[[], float],
    ) -> None:
        self._authority, self.tokens, self._static = authority, tokens, static
        self._now = now
        self._certificates: OrderedDict[bytes, _Known] = OrderedDict()
        self._lock = Lock()

    def authenticate(self, headers: Mapping[str, str], peer_certificate: bytes | None) -> User:
        """`headers` by names in lower case; the certificate (DER) is the one that the client
        has shown itself to hold. Raises ApiError 401 for credentials that prove nothing."""
        failed = False
        if peer_certificate:
            try:
                user = self._by_certificate(peer_certificate)
            except Rejected:
                failed = True
            else:
                if user is not None:
                    return known(user)
        token = bearer(headers)
        if token:
            try:
                return known(self.by_token(token).user)
            except Rejected:
                failed = True
        if failed:
            raise unauthorized()
        return ANONYMOUS

    def by_token(self, token: str, audiences: Sequence[str] = ()) -> Verified:
        """Raises Rejected, with a text that a TokenReview may show."""
        user = self._static.get(digest(token))
        if user is not None:
            own = self.tokens.audiences
            meant = tuple(each for each in audiences or own if each in own)
            if not meant:
                raise Rejected("invalid bearer token")
            return Verified(user, meant)
        return self.tokens.verify(token, audiences)

    def _by_certificate(self, der: bytes) -> User | None:
        """None for a certificate without a common name, which names nobody."""
        fingerprint = hashlib.sha256(der).digest()
        with self._lock:
            found = self._certificates.get(fingerprint)
        if found is None:
            certificate = self._checked(der)
            found = _Known(
                _subject(certificate, fingerprint),
                certificate.not_valid_before_utc,
                certificate.not_valid_after_utc,
            )
            with self._lock:
                self._certificates[fingerprint] = found
                if len(self._certificates) > REMEMBERED:
                    self._certificates.popitem(last=False)
        if not found.begins <= datetime.fromtimestamp(self._now(), UTC) <= found.ends:
            raise Rejected("x509: certificate has expired or is not yet valid")
        return found.user if found.user.name else None

    def _checked(self, der: bytes) -> x509.Certificate:
        """The certificate, if our authority has made it for a client. TLS has looked at it
        already; this holds whatever terminates TLS."""
        try:
            certificate = x509.load_der_x509_certificate(der)
            certificate.verify_directly_issued_by(self._authority)
            purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        except Exception:  # noqa: BLE001 - a stranger's bytes: whatever is wrong, it proves nothing
            raise Rejected("x509: certificate signed by unknown authority") from None
        if ExtendedKeyUsageOID.CLIENT_AUTH not in purposes:
            raise Rejected("x509: certificate specifies an incompatible key usage")
        return certificate


def _subject(certificate: x509.Certificate, fingerprint: bytes) -> User:
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    groups = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    return User(
        str(names[0].value) if names else "",
        tuple(str(each.value) for each in groups),
        "",
        {CREDENTIAL: (f"X509SHA256={fingerprint.hex()}",)},
    )


def known(user: User) -> User:
    """The user as one of those who have shown who they are."""
    if AUTHENTICATED in user.groups or user.name == ANONYMOUS.name:
        return user
    return user._replace(groups=(*user.groups, AUTHENTICATED))


def bearer(headers: Mapping[str, str]) -> str:
    """The bearer token of a request, "" where there is none."""
    scheme, _, rest = headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip().partition(" ")[0]
    for each in headers.get("sec-websocket-protocol", "").split(","):
        word = each.strip()
        if word.startswith(WEBSOCKET_TOKEN):
            return _from_base64url(word.removeprefix(WEBSOCKET_TOKEN))
    return ""


def _from_base64url(text: str) -> str:
    """Something that is no token where it is no base64: a bad credential, not none."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return raw.decode()
    except (binascii.Error, ValueError):
        return "invalid"
