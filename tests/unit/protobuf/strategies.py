"""Objects of any message of the table, as JSON clients would write them."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from kctl.api import times
from kctl.api.protobuf.alternatives import JOINED
from kctl.api.protobuf.table import Field, message

_WORDS = st.text(max_size=8)
_MOMENTS = st.datetimes(min_value=datetime(1, 1, 2), timezones=st.just(UTC))
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | _WORDS,
    lambda below: st.lists(below, max_size=2) | st.dictionaries(_WORDS, below, max_size=2),
    max_leaves=4,
)
SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "s": _WORDS,
    "i": st.integers(-(2**31), 2**31 - 1),
    "l": st.integers(-(2**63), 2**63 - 1),
    "b": st.booleans(),
    "y": st.binary(max_size=6).map(lambda raw: base64.b64encode(raw).decode()),
    "q": st.sampled_from(["0", "1", "100m", "2Gi", "-3", "1e3", "500Mi"]),
    "p": st.integers(0, 2**31 - 1) | _WORDS,
    "t": _MOMENTS.map(times.now_text),
    "u": _MOMENTS.map(times.micro_text),
    "d": st.sampled_from(["0s", "1m0s", "1h2m3.5s", "-5s", "10ms", "2.5µs", "7ns"]),
    "f": st.integers(-5, 5) | st.just(0.5),
    "o": st.dictionaries(_WORDS, _JSON, max_size=2),
    "w": st.lists(_WORDS, min_size=1, max_size=2),
}


@st.composite
def objects(draw: st.DrawFn, name: str, depth: int = 4) -> dict[str, Any]:
    """Some of the fields of a message, none of them empty where JSON would drop it."""
    result: dict[str, Any] = {}
    fields = list(message(name).values())
    chosen = draw(st.lists(st.sampled_from(fields), max_size=4, unique=True)) if fields else []
    for field in chosen:
        if field.is_message and depth == 0:
            continue
        if field.inline:
            result.update(draw(objects(field.type, depth - 1)))
        else:
            result[field.name] = draw(_value(field, depth))
    return result


def _value(field: Field, depth: int) -> st.SearchStrategy[Any]:
    if field.type in JOINED:
        one: st.SearchStrategy[Any] = st.just({"type": "string"})
    elif field.is_message:
        one = objects(field.type, depth - 1)
    else:
        one = SCALARS[field.type]
    if field.shape == "[]":
        return st.lists(one, min_size=1, max_size=2)
    if field.shape == "{}":
        return st.dictionaries(_WORDS, one, min_size=1, max_size=2)
    return one
