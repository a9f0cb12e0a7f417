"""The protobuf of OpenAPI 2.0 holds what its JSON holds."""

from __future__ import annotations

from typing import Any

import orjson

from kctl.api.kinds.plugin import kctl_kinds
from kctl.api.openapi import Documents
from kctl.api.protobuf.wire import fields


def messages(data: bytes, number: int) -> list[bytes]:
    return [
        data[first:second]
        for found, wire, first, second in fields(data, 0, len(data), "x")
        if found == number and wire == 2
    ]


def text(data: bytes, number: int) -> str:
    found = messages(data, number)
    return found[-1].decode() if found else ""


def read(data: bytes) -> dict[str, Any]:
    """A Schema message as JSON."""
    found: dict[str, Any] = {}
    for key, number in {"$ref": 1, "format": 2, "description": 4}.items():
        if messages(data, number):
            found[key] = text(data, number)
    if messages(data, 5):
        found["default"] = orjson.loads(text(messages(data, 5)[0], 2))
    if messages(data, 19):
        found["required"] = [each.decode() for each in messages(data, 19)]
    if messages(data, 21):
        found["additionalProperties"] = read(messages(messages(data, 21)[0], 1)[0])
    if messages(data, 22):
        found["type"] = text(messages(data, 22)[0], 1)
    if messages(data, 23):
        found["items"] = read(messages(messages(data, 23)[0], 1)[0])
    if messages(data, 25):
        named = messages(messages(data, 25)[0], 1)
        found["properties"] = {text(each, 1): read(messages(each, 2)[0]) for each in named}
    for each in messages(data, 31):
        found[text(each, 1)] = orjson.loads(text(messages(each, 2)[0], 2))
    return found


def test_definitions_come_back_as_they_were() -> None:
    documents = Documents(kctl_kinds())
    raw, document = documents.v2_protobuf(), documents.v2_json()
    assert text(raw, 1) == "2.0"
    assert text(messages(raw, 2)[0], 1) == "Kubernetes"
    named = messages(messages(raw, 9)[0], 1)
    assert {text(each, 1): read(messages(each, 2)[0]) for each in named} == document["definitions"]
