"""Bodies of kinds that are asked and never stored: reviews, token requests, scales."""

from __future__ import annotations

from collections.abc import Sequence

from kctl.api.errors import bad_request
from kctl.api.kind import Cell, Kind, Object
from kctl.api.schema.decode import decode

_DEFINITIONS = {
    "authentication.k8s.io": "authentication",
    "authorization.k8s.io": "authorization",
}


def _no_row(obj: Object) -> list[Cell]:
    return []


def virtual(group: str, kind: str, plural: str = "", *, namespaced: bool = False) -> Kind:
    """A kind that has a form and no table."""
    return Kind(
        group=group,
        kind=kind,
        plural=plural or f"{kind.lower()}s",
        namespaced=namespaced,
        schema=f"io.k8s.api.{_DEFINITIONS[group]}.v1.{kind}",
        columns=(),
        row=_no_row,
    )


def read(kind: Kind, body: Object, required: Sequence[str] = ()) -> Object:
    """A client's body in the API's form, with its metadata there and each part of `required`.
    Raises ApiError (400) for another kind or wrong types; unknown fields are dropped."""
    if not isinstance(body, dict):
        raise bad_request(f"the body of the request is no {kind.kind}")
    version = str(body.get("apiVersion") or kind.api_version)
    word = str(body.get("kind") or kind.kind)
    if (version, word) != (kind.api_version, kind.kind):
        bare = version.rpartition("/")[2]
        raise bad_request(f'{word} in version "{bare}" cannot be handled as a {kind.kind}')
    decoded, _ = decode(kind, body, "Ignore")
    for name in ("metadata", *required):
        decoded.setdefault(name, {})
    return {"kind": kind.kind, "apiVersion": kind.api_version, **decoded}
