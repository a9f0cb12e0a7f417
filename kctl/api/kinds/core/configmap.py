"""ConfigMap: configuration for pods, as text or base64."""

from __future__ import annotations

from kctl.api.fields import FieldError, forbidden, invalid, key, too_long
from kctl.api.kind import Cell, Column, Kind, Object
from kctl.api.kinds.cells import AGE, NAME, age
from kctl.api.validation.data import IMMUTABLE_WHEN_SET, MAX_BYTES, data_key, decoded_size


def _validate(obj: Object) -> list[FieldError]:
    errors: list[FieldError] = []
    data, binary = obj.get("data") or {}, obj.get("binaryData") or {}
    total = 0
    for name, value in data.items():
        path = key("data", name)
        errors += [invalid(path, name, text) for text in data_key(name)]
        if name in binary:
            errors.append(invalid(path, name, "duplicate of key present in binaryData"))
        total += len((value or "").encode())
    for name, value in binary.items():
        errors += [invalid(key("binaryData", name), name, text) for text in data_key(name)]
        total += decoded_size(value or "")
    if total > MAX_BYTES:
        errors.append(too_long("[]", MAX_BYTES))
    return errors


def _validate_update(new: Object, old: Object) -> list[FieldError]:
    if not old.get("immutable"):
        return []
    errors = []
    if not new.get("immutable"):
        errors.append(forbidden("immutable", IMMUTABLE_WHEN_SET))
    for name in ("data", "binaryData"):
        if (new.get(name) or {}) != (old.get(name) or {}):
            errors.append(forbidden(name, IMMUTABLE_WHEN_SET))
    return errors


def _row(obj: Object) -> list[Cell]:
    count = len(obj.get("data") or ()) + len(obj.get("binaryData") or ())
    return [obj["metadata"]["name"], count, age(obj)]


KIND = Kind(
    kind="ConfigMap",
    plural="configmaps",
    singular="configmap",
    short_names=("cm",),
    schema="io.k8s.api.core.v1.ConfigMap",
    columns=(NAME, Column("Data", type="integer"), AGE),
    row=_row,
    validate=_validate,
    validate_update=_validate_update,
)
