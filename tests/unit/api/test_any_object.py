"""Whatever an object of a kind holds in its fields, it is taken or refused in words, and what was
taken can be shown, changed and looked up."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kctl.api.errors import ApiError
from kctl.api.protobuf.table import message_of
from tests.unit.api.conftest import Desk
from tests.unit.protobuf.strategies import objects

Object = dict[str, Any]
KINDS = [kind for kind in Desk().kinds if message_of(kind.api_version, kind.kind)]


@st.composite
def drawn(draw: st.DrawFn, api_version: str, kind: str) -> Object:
    """Of the right types everywhere, mostly with a good name, and of any sense or none."""
    name = message_of(api_version, kind)
    assert name is not None
    found: Object = {**draw(objects(name)), "apiVersion": api_version, "kind": kind}
    if "metadata" not in found or draw(st.booleans()):
        found["metadata"] = {"name": "a"}
    return found


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_an_object_is_taken_or_refused_in_words(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(KINDS))
    first, second = (data.draw(drawn(kind.api_version, kind.kind)) for _ in range(2))
    api = Desk().api
    try:
        made = api.create(copy.deepcopy(first))
    except ApiError as error:
        assert error.code < 500 or "resourceVersion should not be set" in error.message
        return
    for subresource in ("", "status"):
        assert len(kind.row(made)) == len(kind.columns)
        kind.selectable(made), kind.refs(made), kind.claims(made)
        known = {key: made["metadata"].get(key, "") for key in ("name", "namespace")}
        second["metadata"] = {**second["metadata"], **known, "resourceVersion": ""}
        try:
            made = api.update(copy.deepcopy(second), subresource=subresource)
        except ApiError as error:
            assert error.code < 500
