"""Secret: data that is not for everybody's eyes; its values never reach an error text."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

from kctl.api.fields import FieldError, forbidden, invalid, key, required, too_long
from kctl.api.kind import Cell, Column, Kind, Object
from kctl.api.kinds.cells import AGE, NAME, age
from kctl.api.validation.data import IMMUTABLE_WHEN_SET, MAX_BYTES, data_key, decoded_size
from kctl.api.validation.values import immutable

_REDACTED = "<secret contents redacted>"
_ACCOUNT = "kubernetes.io/service-account.name"
_JSON_KEYS = {
    "kubernetes.io/dockercfg": ".dockercfg",
    "kubernetes.io/dockerconfigjson": ".dockerconfigjson",
}


def _default(obj: Object) -> None:
    """stringData becomes data; the type is Opaque."""
    plain = obj.pop("stringData", None)
    if plain:
        data = obj.get("data") or {}
        for name, value in plain.items():
            data[name] = base64.b64encode((value or "").encode()).decode()
        obj["data"] = data
    if not obj.get("type"):
        obj["type"] = "Opaque"


def _validate(obj: Object) -> list[FieldError]:
    errors: list[FieldError] = []
    data = obj.get("data") or {}
    total = 0
    for name, value in data.items():
        errors += [invalid(key("data", name), name, text) for text in data_key(name)]
        total += decoded_size(value or "")
    if total > MAX_BYTES:
        errors.append(too_long("data", MAX_BYTES))
    return errors + _by_type(obj, data)


def _by_type(obj: Object, data: Mapping[str, str]) -> list[FieldError]:
    """What each type of secret must hold (core/v1 SecretType)."""
    kind = obj.get("type")
    if kind in _JSON_KEYS:
        return _json_document(data, _JSON_KEYS[kind])
    if kind == "kubernetes.io/service-account-token":
        if not (obj["metadata"].get("annotations") or {}).get(_ACCOUNT):
            return [required(key("metadata.annotations", _ACCOUNT))]
    elif kind == "kubernetes.io/basic-auth":
        if "username" not in data and "password" not in data:
            return [required("data[username]"), required("data[password]")]
    elif kind == "kubernetes.io/ssh-auth":
        if not data.get("ssh-privatekey"):
            return [required("data[ssh-privatekey]")]
    elif kind == "kubernetes.io/tls":
        return [required(key("data", name)) for name in ("tls.crt", "tls.key") if name not in data]
    return []


def _json_document(data: Mapping[str, str], name: str) -> list[FieldError]:
    path = key("data", name)
    if name not in data:
        return [required(path)]
    try:
        document = json.loads(base64.b64decode(data[name] or ""))
    except ValueError as error:  # undecodable text is a ValueError as well
        return [invalid(path, _REDACTED, _go_json_error(data[name], error))]
    if document is not None and not isinstance(document, dict):
        word = _GO_WORDS[type(document)]
        text = f"json: cannot unmarshal {word} into Go value of type map[string]interface {{}}"
        return [invalid(path, _REDACTED, text)]
    return []


_GO_WORDS = {str: "string", int: "number", float: "number", bool: "bool", list: "array"}


def _go_json_error(encoded: str, error: ValueError) -> str:
    """Go's words for the two commonest faults, without a byte of the secret itself."""
    if not base64.b64decode(encoded or "").strip():
        return "unexpected end of JSON input"
    at = getattr(error, "pos", 0)
    return f"invalid JSON at byte {at + 1}"


def _validate_update(new: Object, old: Object) -> list[FieldError]:
    errors = immutable(new.get("type"), old.get("type"), "type")
    if old.get("immutable"):
        if not new.get("immutable"):
            errors.append(forbidden("immutable", IMMUTABLE_WHEN_SET))
        if (new.get("data") or {}) != (old.get("data") or {}):
            errors.append(forbidden("data", IMMUTABLE_WHEN_SET))
    return errors


def _row(obj: Object) -> list[Cell]:
    return [obj["metadata"]["name"], obj.get("type", ""), len(obj.get("data") or ()), age(obj)]


def _selectable(obj: Object) -> Mapping[str, str]:
    return {"type": obj.get("type", "")}


KIND = Kind(
    kind="Secret",
    plural="secrets",
    singular="secret",
    schema="io.k8s.api.core.v1.Secret",
    columns=(NAME, Column("Type"), Column("Data", type="integer"), AGE),
    row=_row,
    default=_default,
    validate=_validate,
    validate_update=_validate_update,
    selectable=_selectable,
)
