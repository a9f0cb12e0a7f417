"""TokenRequest: a token for a service account, asked for through its subresource "token".

What may be asked for, and what is said of the rest, is the API server's
(pkg/registry/core/serviceaccount/storage/token.go).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from kctl.api.errors import bad_request, conflict, invalid, not_found
from kctl.api.fields import FieldError
from kctl.api.fields import invalid as wrong
from kctl.api.times import now_text
from kctl.api.virtual import read, virtual
from kctl.server.auth.tokens import PREFIX, PRIVATE, Claims, Get, Object, Tokens

KIND = virtual("authentication.k8s.io", "TokenRequest", namespaced=True)
SECONDS = 3600
LEAST, MOST = 600, 1 << 32
LONGEST = 366 * 86400
"""No token lives longer, whatever was asked for: a warning tells of it."""
_RESOURCES = {"Pod": "pods", "Secret": "secrets", "Node": "nodes"}


def request_token(
    tokens: Tokens,
    get: Get,
    namespace: str,
    name: str,
    body: Object,
    *,
    now: float,
    new_id: Callable[[], str],
    warn: Callable[[str], None] = lambda message: None,
    dry_run: bool = False,
) -> Object:
    """The TokenRequest with its status: token and expirationTimestamp. Raises ApiError.
    `now` in epoch seconds; `new_id` makes the token's own id."""
    asked = read(KIND, body, ("spec",))
    meta, spec = asked["metadata"], asked["spec"]
    account = get("serviceaccounts", namespace, name)
    _check_place(meta, namespace, name)
    if account is None:
        raise not_found("serviceaccounts", name)
    spec["audiences"] = spec.get("audiences") or list(tokens.audiences)
    seconds = _seconds(spec.get("expirationSeconds", SECONDS), warn)
    private: Claims = {
        "namespace": namespace,
        "serviceaccount": {"name": name, "uid": account["metadata"]["uid"]},
    }
    if spec.get("boundObjectRef"):
        private |= _bound(get, spec["boundObjectRef"], namespace, name)
    issued = int(now)
    about = claims(tokens, spec["audiences"], private, issued, seconds, new_id())
    place = {"name": name, "namespace": namespace, "creationTimestamp": _text(issued)}
    return {
        "kind": KIND.kind,
        "apiVersion": KIND.api_version,
        "metadata": {**place, **meta, **place},
        "spec": {
            "audiences": spec["audiences"],
            "expirationSeconds": seconds,
            "boundObjectRef": spec.get("boundObjectRef"),
        },
        "status": {
            "token": "" if dry_run else tokens.sign(about),
            "expirationTimestamp": _text(issued + seconds),
        },
    }


def _text(seconds: int) -> str:
    return now_text(datetime.fromtimestamp(seconds, UTC))


def claims(
    tokens: Tokens,
    audiences: Sequence[str],
    private: Claims,
    issued: int,
    seconds: int,
    identifier: str,
) -> Claims:
    """Of a token that begins at `issued` (epoch seconds). `private` says whose it is:
    namespace, serviceaccount, and what it is bound to."""
    return {
        "aud": list(audiences),
        "exp": issued + seconds,
        "iat": issued,
        "iss": tokens.issuer,
        "jti": identifier,
        PRIVATE: private,
        "nbf": issued,
        "sub": f"{PREFIX}{private['namespace']}:{private['serviceaccount']['name']}",
    }


def _check_place(meta: Object, namespace: str, name: str) -> None:
    for field, wanted, words in (
        ("name", name, "must match the service account name if specified"),
        ("namespace", namespace, "must match the service account namespace if specified"),
    ):
        given = meta.get(field)
        if given and given != wanted:
            raise _refused(wrong(f"metadata.{field}", given, words), name)


def _seconds(asked: int, warn: Callable[[str], None]) -> int:
    """How long the token lives. Raises ApiError."""
    path = "spec.expirationSeconds"
    if asked < LEAST:
        raise _refused(wrong(path, asked, "may not specify a duration less than 10 minutes"))
    if asked > MOST:
        words = "may not specify a duration larger than 2^32 seconds"
        raise _refused(wrong(path, asked, words))
    if asked > LONGEST:
        warn(f"requested expiration of {asked} seconds shortened to {LONGEST} seconds")
    return min(asked, LONGEST)


def _refused(cause: FieldError, name: str = "") -> Exception:
    return invalid(KIND.group, KIND.kind, name, [cause])


def _bound(get: Get, reference: Object, namespace: str, name: str) -> dict[str, Any]:
    """The claims about the object that the token is bound to."""
    version, kind = reference.get("apiVersion", ""), reference.get("kind", "")
    about = reference.get("name", "")
    if version != "v1" or kind not in _RESOURCES:
        group, _, version = version.rpartition("/")
        raise bad_request(f"cannot bind token to object of type {group}/{version}, Kind={kind}")
    resource = _RESOURCES[kind]
    found = get(resource, "" if kind == "Node" else namespace, about)
    if found is None:
        raise not_found(resource, about)
    if kind == "Pod" and found["spec"].get("serviceAccountName") != name:
        raise bad_request(
            f'cannot bind token for serviceaccount "{name}" to pod running with different '
            "serviceaccount name."
        )
    uid = found["metadata"]["uid"]
    wanted = reference.get("uid")
    if wanted and wanted != uid:
        why = (
            f"the UID in the bound object reference ({wanted}) does not match the UID in record. "
            "The object might have been deleted and then recreated"
        )
        raise conflict(kind, about, why)
    claims: dict[str, Any] = {kind.lower(): {"name": about, "uid": uid}}
    node = found["spec"].get("nodeName") if kind == "Pod" else ""
    if node:
        machine = get("nodes", "", node)
        there = {"uid": machine["metadata"]["uid"]} if machine else {}
        claims["node"] = {"name": node, **there}
    return claims
