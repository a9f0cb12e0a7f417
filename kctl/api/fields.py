"""Field errors: what is wrong, and exactly where.

The wording follows apimachinery's `field.Error`: "spec.replicas: Invalid value: -1: must be
greater than or equal to 0".
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_WORDS = {
    "FieldValueRequired": "Required value",
    "FieldValueInvalid": "Invalid value",
    "FieldValueNotSupported": "Unsupported value",
    "FieldValueDuplicate": "Duplicate value",
    "FieldValueForbidden": "Forbidden",
    "FieldValueTooLong": "Too long",
    "FieldValueTooMany": "Too many",
    "FieldValueNotFound": "Not found",
    "FieldValueTypeInvalid": "Invalid value",
    "InternalError": "Internal error",
}


@dataclass(frozen=True)
class FieldError:
    """One cause of a 422. `reason` is the cause's reason on the wire."""

    reason: str
    field: str
    detail: str
    value: str = ""
    """The bad value as it is printed, empty where Kubernetes prints none."""

    def __str__(self) -> str:
        return f"{self.field}: {self._message()}"

    def _message(self) -> str:
        head = _WORDS[self.reason]
        if self.value:
            head = f"{head}: {self.value}"
        return f"{head}: {self.detail}" if self.detail else head

    def cause(self) -> dict[str, Any]:
        """The entry of details.causes."""
        return {"reason": self.reason, "message": self._message(), "field": self.field}


def show(value: Any) -> str:
    """A value as Go's field errors print it: strings quoted, objects as JSON, nil as null."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, (dict, list)):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return str(value)


def required(field: str, detail: str = "") -> FieldError:
    return FieldError("FieldValueRequired", field, detail)


def invalid(field: str, value: Any, detail: str) -> FieldError:
    return FieldError("FieldValueInvalid", field, detail, show(value))


def type_invalid(field: str, value: Any, detail: str) -> FieldError:
    return FieldError("FieldValueTypeInvalid", field, detail, show(value))


def not_supported(field: str, value: Any, supported: Sequence[str]) -> FieldError:
    listed = ", ".join(json.dumps(each) for each in supported)
    return FieldError("FieldValueNotSupported", field, f"supported values: {listed}", show(value))


def duplicate(field: str, value: Any) -> FieldError:
    return FieldError("FieldValueDuplicate", field, "", show(value))


def forbidden(field: str, detail: str) -> FieldError:
    return FieldError("FieldValueForbidden", field, detail)


def too_long(field: str, limit: int) -> FieldError:
    return FieldError("FieldValueTooLong", field, f"may not be more than {limit} bytes")


def too_many(field: str, count: int, limit: int) -> FieldError:
    return FieldError("FieldValueTooMany", field, f"must have at most {limit} items", str(count))


def not_found(field: str, value: Any) -> FieldError:
    return FieldError("FieldValueNotFound", field, "", show(value))


def child(path: str, name: str) -> str:
    """ "spec" and "replicas" make "spec.replicas"."""
    return f"{path}.{name}" if path else name


def index(path: str, at: int) -> str:
    return f"{path}[{at}]"


def key(path: str, name: str) -> str:
    """A map entry: "data" and "a.b" make "data[a.b]"."""
    return f"{path}[{name}]"
