"""-l and --field-selector for commands that read through the light door."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kctl.commands.catalog import Resource
from kctl.commands.context import Context


def label_test(text: str) -> Callable[[Mapping[str, str]], bool]:
    """Whether labels match the selector. Raises the API's error for one that cannot be
    parsed."""
    from kctl.api.selectors import parse_labels

    return parse_labels(text).matches


def field_keys(ctx: Context, text: str, resource: Resource) -> set[tuple[str, str]]:
    """(namespace, name) of the objects that a field selector lets through."""
    kind = ctx.plane.kinds.resolve(resource.resource)
    assert kind is not None
    found = ctx.plane.api.list(kind, None, field_selector=text).items
    return {(obj["metadata"].get("namespace", ""), obj["metadata"]["name"]) for obj in found}
