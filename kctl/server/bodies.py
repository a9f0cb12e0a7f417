"""What clients send: JSON, YAML or protobuf, brought to decoded JSON."""

from __future__ import annotations

from typing import Any

import orjson

from kctl.api.errors import ApiError, bad_request
from kctl.api.json_text import JsonSyntaxError, read_values
from kctl.api.kind import Kind, Object
from kctl.api.schema.decode import load_json, strict_text
from kctl.server.call import Call
from kctl.server.negotiate import MEDIA

JSON, YAML, PROTOBUF = MEDIA
LARGE = 64 * 1024
"""Bytes of protobuf that are decoded beside the loop: a megabyte of small fields takes 0.3 s."""
DEEPEST = 512
"""Levels of nesting in a body; Go's decoder gives up at 10,000, orjson at 1,024."""


def media_type(call: Call) -> str:
    """Of the body, without parameters; JSON where the client does not say."""
    return call.headers.get("content-type", "").partition(";")[0].strip() or JSON


async def read(call: Call, validation: str = "Ignore") -> Any:
    """The body as decoded JSON, None where there is none. With "Strict" or "Warn" a field that
    stands twice is refused or warned of. Raises ApiError."""
    raw = await call.body()
    if len(raw) > LARGE and raw.startswith(b"k8s\0"):
        return await call.blocking(decode, call, raw, validation)
    return decode(call, raw, validation) if raw else None


def decode(call: Call, raw: bytes, validation: str = "Ignore") -> Any:
    media = media_type(call)
    if media == PROTOBUF or raw.startswith(b"k8s\0"):
        from kctl.api.protobuf import decode as from_protobuf

        return from_protobuf(raw)
    if media == YAML:
        return from_yaml(raw)
    if media != JSON:
        raise unsupported_media()
    return _from_json(call, raw, validation)


def unsupported_media(accepted: tuple[str, ...] = MEDIA) -> ApiError:
    return ApiError(
        415,
        "UnsupportedMediaType",
        "the body of the request was in an unknown format - accepted media types include: "
        + ", ".join(accepted),
    )


def _from_json(call: Call, raw: bytes, validation: str) -> Any:
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise bad_request(_why(raw)) from None
    if validation in ("Strict", "Warn") and isinstance(value, dict):
        _refuse_repeated(call, raw, validation)
    return value


def _refuse_repeated(call: Call, raw: bytes, validation: str) -> None:
    """Fields that stand twice, which the last one wins (sigs.k8s.io/json's strict errors)."""
    try:
        _, repeated = load_json(raw)
    except (ValueError, RecursionError):  # such numbers and depths are the decoder's to judge
        return
    if repeated and validation == "Strict":
        raise bad_request(strict_text(repeated))
    call.warnings += repeated


def _why(raw: bytes) -> str:
    """What Go's decoder says of a text that is no JSON."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return "the body of the request is no valid UTF-8"
    try:
        values = read_values(text)
    except JsonSyntaxError as error:
        return f"couldn't get version/kind; json parse error: {error}"
    found = "unexpected end of JSON input" if not values else "a value follows the object"
    return f"couldn't get version/kind; json parse error: {found}"


def from_yaml(raw: bytes, doing: str = "yaml") -> Any:
    """One YAML document, as kubectl reads it; `doing` begins what errors say. Raises
    ApiError."""
    from kctl.api.manifests import ManifestError, load

    try:
        documents = load(raw, "the request")
    except ManifestError as error:
        why = str(error).removeprefix("error parsing the request: ")
        raise bad_request(f"{doing}: {why}") from None
    if len(documents) != 1:
        raise bad_request(f"the body holds {len(documents)} YAML documents, one is wanted")
    return documents[0].obj


def as_object(kind: Kind, value: Any, name: str = "") -> Object:
    """A body that is meant to be an object of a kind: the kind and version that it leaves out
    are those of the path, others are refused with Kubernetes' texts."""
    if not isinstance(value, dict):
        why = f"json: cannot unmarshal {_go_type(value)} into Go value of type map[string]any"
        raise bad_request(f"couldn't get version/kind; json parse error: {why}")
    api_version, named = value.get("apiVersion"), value.get("kind")
    if api_version and api_version != kind.api_version:
        raise bad_request(
            f"the API version in the data ({api_version}) does not match the expected API "
            f"version ({kind.api_version})"
        )
    if named and named != kind.kind:
        raise bad_request(
            f'{named} in version "{kind.version}" cannot be handled as a {kind.kind}: no kind '
            f'"{named}" is registered for this resource'
        )
    meta = value.get("metadata")
    if name and isinstance(meta, dict):
        given = meta.get("name")
        if given and given != name:
            raise bad_request(
                f"the name of the object ({given}) does not match the name on the URL ({name})"
            )
    return {**value, "apiVersion": kind.api_version, "kind": kind.kind}


def _go_type(value: Any) -> str:
    names = ((bool, "bool"), (str, "string"), (list, "array"), (type(None), "null"))
    return next((name for type_, name in names if isinstance(value, type_)), "number")
