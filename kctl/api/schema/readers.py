"""One reader for each type of the schema table: a JSON value in, its canonical form out.

Readers are made once for each definition and kept. A wrong type raises `Mismatch`, which
the innermost struct completes with the place, as Go's decoder words it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from kctl.api import quantity, times
from kctl.api.encode import copy
from kctl.api.schema.schema import OBJECT_META, Definition, Field, definition

_INDEX = re.compile(r"\[\d+\]")
_BASE64 = re.compile(r"[A-Za-z0-9+/]*")


class Mismatch(Exception):
    """A value of the wrong type. `place` is "PodSpec.spec.containers" once it is known."""

    def __init__(self, found: str, wanted: str, text: str = "") -> None:
        super().__init__()
        self.found, self.wanted, self.text, self.place = found, wanted, text, ""

    def __str__(self) -> str:
        if self.text:
            return self.text
        where = f"struct field {self.place}" if self.place else "value"
        return f"json: cannot unmarshal {self.found} into Go {where} of type {self.wanted}"


class Problems:
    """What a decoding noticed: the paths of unknown fields."""

    def __init__(self) -> None:
        self.unknown: list[str] = []


Reader = Callable[[Any, str, Problems], Any]
"""(value, its path, problems) to the canonical value."""


def read_object(schema: str, obj: Any, problems: Problems) -> dict[str, Any]:
    """A whole object by the name of its definition. A kind that the table does not know (a
    plugin's) has only its metadata checked."""
    found = definition(schema)
    if found is not None:
        result: dict[str, Any] = struct(found.name)(obj, "", problems)
        return result
    if not isinstance(obj, dict):
        raise Mismatch(json_type(obj), "map[string]interface {}")
    free = {name: item for name, item in obj.items() if name != "metadata"}
    meta = struct(OBJECT_META)(obj.get("metadata") or {}, "metadata", problems)
    return {"metadata": meta, **copy(free)}


@cache
def struct(name: str) -> Reader:
    """The reader of a definition."""
    found = definition(name)
    if found is None:
        raise KeyError(name)
    return _struct_reader(found)


def _struct_reader(of: Definition) -> Reader:
    readers: dict[str, tuple[type | None, bool, Reader]] | None = None

    def read(value: Any, path: str, problems: Problems) -> dict[str, Any]:
        nonlocal readers
        if readers is None:
            readers = {key: _field_reader(field) for key, field in of.fields.items()}
        if type(value) is not dict:
            raise Mismatch(json_type(value), of.go_name)
        result: dict[str, Any] = {}
        for key, item in value.items():
            found = readers.get(key)
            if found is None:
                problems.unknown.append(f"{path}.{key}" if path else str(key))
                continue
            if item is None:
                continue
            exact, drops_empty, reader = found
            if type(item) is exact:
                result[key] = item
                continue
            below = f"{path}.{key}" if path else key
            try:
                decoded = reader(item, below, problems)
            except Mismatch as error:
                if not error.place:
                    error.place = f"{of.short_name}.{_INDEX.sub('', below)}"
                raise
            if decoded or not drops_empty:
                result[key] = decoded
        return result

    return read


def _field_reader(field: Field) -> tuple[type | None, bool, Reader]:
    """The Python type that needs no look, whether an empty value vanishes, the reader."""
    exact = {"s": str, "b": bool}.get(field.type)
    return exact, field.type[:2] in ("[]", "{}") and not field.required, reader_of(field.type)


@cache
def reader_of(type_: str) -> Reader:
    """The reader of a type in the notation of the table."""
    if type_.startswith("@"):
        return lambda value, path, problems: struct(type_[1:])(value, path, problems)
    if type_.startswith("[]"):
        return _list_reader(type_)
    if type_.startswith("{}"):
        return _map_reader(type_)
    return _SCALARS[type_]


def go_type(type_: str) -> str:
    """As Go prints it: "[]v1.Container", "map[string]string"."""
    if type_.startswith("@"):
        found = definition(type_[1:])
        return found.go_name if found else "interface {}"
    if type_.startswith("[]"):
        return f"[]{go_type(type_[2:])}"
    if type_.startswith("{}"):
        return "v1.ResourceList" if type_ == "{}q" else f"map[string]{go_type(type_[2:])}"
    return _GO_TYPES[type_]


_GO_TYPES = {
    "s": "string",
    "i": "int32",
    "l": "int64",
    "b": "bool",
    "f": "float64",
    "y": "[]uint8",
    "o": "map[string]interface {}",
    "a": "interface {}",
    "q": "resource.Quantity",
    "p": "intstr.IntOrString",
    "t": "v1.Time",
    "u": "v1.MicroTime",
}


def _list_reader(type_: str) -> Reader:
    item_type = type_[2:]
    zero: Any = {"s": "", "i": 0, "l": 0}.get(item_type)
    exact = {"s": str, "i": None, "b": bool}.get(item_type)
    item_reader = reader_of(item_type)

    def read(value: Any, path: str, problems: Problems) -> list[Any]:
        if type(value) is not list:
            raise Mismatch(json_type(value), go_type(type_))
        result: list[Any] = []
        for at, item in enumerate(value):
            if type(item) is exact:
                result.append(item)
            elif item is None:
                result.append({} if item_type.startswith("@") else zero)
            else:
                result.append(item_reader(item, f"{path}[{at}]", problems))
        return result

    return read


def _map_reader(type_: str) -> Reader:
    item_type = type_[2:]
    item_reader = reader_of(item_type)
    zero: Any = {"s": "", "i": 0, "l": 0, "y": "", "q": "0"}.get(item_type)

    def read(value: Any, path: str, problems: Problems) -> dict[str, Any]:
        if type(value) is not dict:
            raise Mismatch(json_type(value), go_type(type_))
        if item_type == "s" and all(type(item) is str for item in value.values()):
            return dict(value)
        return {
            key: zero if item is None else item_reader(item, f"{path}.{key}", problems)
            for key, item in value.items()
        }

    return read


# --- scalars ---


def json_type(value: Any) -> str:
    """What Go's decoder calls a JSON value."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, str):
        return "string"
    if isinstance(value, int | float):
        return "number"
    return "array" if isinstance(value, list) else "object"


def _string(value: Any, path: str, problems: Problems) -> str:
    if isinstance(value, str):
        return value
    raise Mismatch(json_type(value), "string")


def _bool(value: Any, path: str, problems: Problems) -> bool:
    if isinstance(value, bool):
        return value
    raise Mismatch(json_type(value), "bool")


def _integer(bits: int) -> Reader:
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    name = f"int{bits}"

    def read(value: Any, path: str, problems: Problems) -> int:
        if type(value) is float and value.is_integer():
            value = int(value)  # clients write 3.0 as 3
        if type(value) is int:
            if low <= value <= high:
                return value
            raise Mismatch(f"number {value}", name)
        found = json_type(value)
        raise Mismatch(f"number {number_text(value)}" if found == "number" else found, name)

    return read


def number_text(value: int | float) -> str:
    """A number as Go's JSON encoder writes it."""
    if isinstance(value, int):
        return str(value)
    if value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    return re.sub(r"e([+-])0(\d)$", r"e\1\2", repr(value))


def _float(value: Any, path: str, problems: Problems) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Mismatch(json_type(value), "float64")
    return value


def _bytes(value: Any, path: str, problems: Problems) -> str:
    """Base64, in its canonical form."""
    if not isinstance(value, str):
        raise Mismatch(json_type(value), "[]uint8")
    text = value.replace("\n", "").replace("\r", "")
    try:
        return base64.b64encode(base64.b64decode(text, validate=True)).decode()
    except (binascii.Error, ValueError):
        raise Mismatch("", "", f"illegal base64 data at input byte {_illegal(text)}") from None


def _illegal(text: str) -> int:
    """Where Go's decoder gives up."""
    found = _BASE64.match(text)
    end = found.end() if found else 0
    if end == len(text):
        return end - end % 4 if end % 4 == 1 else end
    if text[end] == "=" and end % 4 >= 2:
        padding = 4 - end % 4
        rest = text[end:]
        extra = len(rest) - len(rest.lstrip("="))
        return end + min(extra, padding)
    return end


def _quantity(value: Any, path: str, problems: Problems) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Mismatch("", "", quantity.FORMAT_ERROR)
    text = value if isinstance(value, str) else number_text(value)
    try:
        return quantity.canonical(text.strip())
    except ValueError as error:
        raise Mismatch("", "", str(error)) from None


def _int_or_string(value: Any, path: str, problems: Problems) -> int | str:
    if isinstance(value, str):
        return value
    number: int = _integer(32)(value, path, problems)
    return number


def _time(value: Any, path: str, problems: Problems) -> str:
    if not isinstance(value, str):
        raise Mismatch(json_type(value), "string")
    try:
        return times.now_text(times.parse(value))
    except ValueError as error:
        raise Mismatch("", "", str(error)) from None


def _micro_time(value: Any, path: str, problems: Problems) -> str:
    if not isinstance(value, str):
        raise Mismatch(json_type(value), "string")
    try:
        return times.micro_text(times.parse(value))
    except ValueError as error:
        raise Mismatch("", "", str(error)) from None


def _object(value: Any, path: str, problems: Problems) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Mismatch(json_type(value), "map[string]interface {}")
    return copy(value)


def _anything(value: Any, path: str, problems: Problems) -> Any:
    return copy({"": value})[""]


_SCALARS: dict[str, Reader] = {
    "s": _string,
    "b": _bool,
    "i": _integer(32),
    "l": _integer(64),
    "f": _float,
    "y": _bytes,
    "o": _object,
    "a": _anything,
    "q": _quantity,
    "p": _int_or_string,
    "t": _time,
    "u": _micro_time,
}
