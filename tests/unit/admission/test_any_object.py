"""Whatever an object of a kind holds in its fields, it is taken or refused in words, and what was
taken can be shown, changed and looked up."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kctl.api.errors import ApiError
from kctl.api.kinds.plugin import kctl_kinds
from kctl.api.protobuf.table import message_of
from tests.unit.admission.conftest import Asked
from tests.unit.protobuf.strategies import objects

Object = dict[str, Any]
KINDS = [kind for kind in kctl_kinds() if message_of(kind.api_version, kind.kind)]
DEFAULT = {"metadata": {"name": "default", "namespace": "default"}}
THERE: list[Object] = [
    {
        **DEFAULT,
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "value": 1,
        "globalDefault": True,
    },
    {
        **DEFAULT,
        "apiVersion": "v1",
        "kind": "LimitRange",
        "spec": {"limits": [{"type": "Container", "default": {"cpu": "1"}, "max": {"cpu": "2"}}]},
    },
    {
        **DEFAULT,
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "spec": {"hard": {"pods": "5", "requests.cpu": "1", "services": "3"}},
    },
    {**DEFAULT, "apiVersion": "v1", "kind": "ServiceAccount"},
]
"""What looks at the objects of others."""
LIKE_KUBERNETES = "resourceVersion should not be set on objects to be created"
"""A 500 there, too."""


@st.composite
def drawn(draw: st.DrawFn, api_version: str, kind: str) -> Object:
    """Of the right types everywhere, mostly with a good name, and of any sense or none."""
    name = message_of(api_version, kind)
    assert name is not None
    found: Object = {**draw(objects(name)), "apiVersion": api_version, "kind": kind}
    if "metadata" not in found or draw(st.booleans()):
        found["metadata"] = {"name": "a"}
    return found


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_an_object_is_taken_or_refused_in_words(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(KINDS))
    first, second = (data.draw(drawn(kind.api_version, kind.kind)) for _ in range(2))
    api = Asked().api
    for each in THERE:
        api.create(copy.deepcopy(each))
    try:
        made = api.create(copy.deepcopy(first))
    except ApiError as error:
        assert error.code < 500 or error.message == LIKE_KUBERNETES
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
