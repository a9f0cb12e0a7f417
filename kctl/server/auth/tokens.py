"""Service-account tokens: signed, verified, and held to the objects that they speak for.

A token is a JWT as the API server issues it (KEP-1205): it names its service account with
its uid, and the pod or secret that it is bound to with theirs. A signature is checked once
and remembered for a while; that the objects still exist is looked up every time, so that
deleting an account ends its tokens at once.
"""

from __future__ import annotations

import base64
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Any, NamedTuple

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from kctl.api.authorization.rules import quoted
from kctl.api.user import User

Object = dict[str, Any]
Claims = dict[str, Any]
Get = Callable[[str, str, str], Object | None]
"""(resource, namespace, name) to the object as it is stored now."""

ISSUER = "https://kubernetes.default.svc.cluster.local"
ALGORITHM = "ES256"
ACCOUNTS = "system:serviceaccounts"
PREFIX = "system:serviceaccount:"
REMEMBERED = 1024
SKEW = 60
"""Seconds that the clock of another server on the same database may be ahead."""
PRIVATE = "kubernetes.io"
CREDENTIAL = "authentication.kubernetes.io/credential-id"


class Rejected(Exception):
    """A token that proves nothing. The text never holds the token or a part of it."""


class Verified(NamedTuple):
    """Whom a token speaks for, and which of the audiences asked for it is meant for."""

    user: User
    audiences: tuple[str, ...]


class Tokens:
    """Signs and verifies with one key. Safe to use from several threads."""

    def __init__(
        self,
        key: ec.EllipticCurvePrivateKey,
        get: Get,
        now: Callable[[], float],
        *,
        issuer: str = ISSUER,
        audiences: Sequence[str] = (),
    ) -> None:
        self._key, self._public, self._get, self._now = key, key.public_key(), get, now
        self.issuer = issuer
        self.audiences = tuple(audiences) or (issuer,)
        """Those of the API server itself."""
        self.key_id = _key_id(self._public)
        self._known: OrderedDict[bytes, Claims] = OrderedDict()
        self._lock = Lock()

    def sign(self, claims: Claims) -> str:
        return jwt.encode(claims, self._key, ALGORITHM, headers={"kid": self.key_id})

    def keys(self) -> Object:
        """The JSON Web Key Set that others verify tokens with."""
        key = ECAlgorithm.to_jwk(self._public, as_dict=True)
        about = {"use": "sig", "kty": "EC", "kid": self.key_id, "alg": ALGORITHM}
        return {"keys": [about | {name: key[name] for name in ("crv", "x", "y")}]}

    def configuration(self, base_url: str) -> Object:
        """The OpenID provider configuration; `base_url` is where this server is reached."""
        return {
            "issuer": self.issuer,
            "jwks_uri": f"{base_url.rstrip('/')}/openid/v1/jwks",
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
        }

    def verify(self, token: str, audiences: Sequence[str] = ()) -> Verified:
        """Raises Rejected. `audiences`: one of them must be meant; the server's by default."""
        claims = self._claims(token)
        self._check_times(claims)
        wanted = tuple(audiences) or self.audiences
        meant = _strings(claims.get("aud"))
        found = tuple(each for each in wanted if each in meant)
        if not found:
            raise Rejected(
                f"token audiences {quoted(meant)} is invalid for the target audiences "
                f"{quoted(wanted)}"
            )
        return Verified(self._user(claims), found)

    def _claims(self, token: str) -> Claims:
        digest = hashlib.sha256(token.encode("utf-8", "replace")).digest()
        with self._lock:
            known = self._known.get(digest)
            if known is not None:
                self._known.move_to_end(digest)
                return known
        claims = self._read(token)
        with self._lock:
            self._known[digest] = claims
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return claims

    def _read(self, token: str) -> Claims:
        try:
            claims: Claims = jwt.decode(
                token,
                self._public,
                algorithms=[ALGORITHM],
                issuer=self.issuer,
                options={
                    "verify_exp": False,  # times are held to the clock that was passed in
                    "verify_nbf": False,
                    "verify_iat": False,
                    "verify_aud": False,
                    "require": ["exp", "iss", "sub"],
                },
            )
        except (jwt.PyJWTError, ValueError, RecursionError):
            raise Rejected("invalid bearer token") from None
        return claims

    def _check_times(self, claims: Claims) -> None:
        now = self._now()
        if not _is_number(claims.get("exp")) or now >= claims["exp"]:
            raise Rejected("service account token has expired")
        begins = claims.get("nbf", 0)
        if not _is_number(begins) or now < begins - SKEW:
            raise Rejected("service account token is not valid yet")

    def _user(self, claims: Claims) -> User:
        """The account, as long as it and what the token is bound to are still there."""
        private = claims.get(PRIVATE)
        if not isinstance(private, dict):
            raise Rejected("invalid bearer token")
        namespace = str(private.get("namespace", ""))
        name, uid = _reference(private, "serviceaccount")
        if claims["sub"] != f"{PREFIX}{namespace}:{name}":
            raise Rejected("invalid bearer token")
        account = self._get("serviceaccounts", namespace, name)
        if account is None or account["metadata"].get("deletionTimestamp"):
            raise Rejected(f"service account {namespace}/{name} has been deleted")
        found = account["metadata"]["uid"]
        if found != uid:
            raise Rejected(f"service account UID ({found}) does not match claim ({uid})")
        extra: dict[str, tuple[str, ...]] = {}
        if claims.get("jti"):
            extra[CREDENTIAL] = (f"JTI={claims['jti']}",)
        for kind, resource in (("pod", "pods"), ("secret", "secrets")):
            if kind in private:
                self._bound(private, kind, resource, namespace)
        for kind in ("pod", "node"):
            if kind in private:
                bound_name, bound_uid = _reference(private, kind)
                extra[f"authentication.kubernetes.io/{kind}-name"] = (bound_name,)
                extra[f"authentication.kubernetes.io/{kind}-uid"] = (bound_uid,)
        return account_user(namespace, name, uid, extra)

    def _bound(self, private: Claims, kind: str, resource: str, namespace: str) -> None:
        name, uid = _reference(private, kind)
        found = self._get(resource, namespace, name)
        if found is None:
            raise Rejected("service account token has been invalidated")
        now = found["metadata"]["uid"]
        if now != uid:
            raise Rejected(
                f"{kind} UID ({now}) does not match service account {kind} ref claim ({uid})"
            )


def account_user(
    namespace: str, name: str, uid: str = "", extra: Mapping[str, tuple[str, ...]] = {}
) -> User:
    """The user that a service account is."""
    groups = (ACCOUNTS, f"{ACCOUNTS}:{namespace}")
    return User(f"{PREFIX}{namespace}:{name}", groups, uid, extra)


def split_account(username: str) -> tuple[str, str] | None:
    """(namespace, name) of "system:serviceaccount:NAMESPACE:NAME", None for other users."""
    namespace, colon, name = username.removeprefix(PREFIX).partition(":")
    ok = username.startswith(PREFIX) and colon and namespace and name and ":" not in name
    return (namespace, name) if ok else None


def _reference(private: Claims, kind: str) -> tuple[str, str]:
    found = private.get(kind)
    found = found if isinstance(found, dict) else {}
    return str(found.get("name", "")), str(found.get("uid", ""))


def _strings(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(each for each in values if isinstance(each, str))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _key_id(public: ec.EllipticCurvePublicKey) -> str:
    """The hash of the public key, as the API server names its keys."""
    der = public.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.urlsafe_b64encode(hashlib.sha256(der).digest()).decode().rstrip("=")
