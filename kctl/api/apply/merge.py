"""An applied configuration on top of what is stored, as structured-merge-diff merges.

What the configuration says counts; what it does not mention stays. Lists with keys and sets
keep an order in which both sides' items stand as each had them, as far as that goes.
"""

from __future__ import annotations

from typing import Any

from kctl.api.apply import elements
from kctl.api.apply.compare import by_element
from kctl.api.apply.shapes import Shape


def merge(shape: Shape, live: Any, config: Any) -> Any:
    """The merged value. Neither argument is changed; the result may share parts of both."""
    shape = shape.of(config)
    if shape.leaf or config is None or live is None:
        return config if config is not None or shape.leaf else live
    if shape.form == Shape.LIST and isinstance(live, list) and isinstance(config, list):
        return _lists(shape, live, config)
    if shape.form == Shape.MAP and isinstance(live, dict) and isinstance(config, dict):
        return _maps(shape, live, config)
    return config


def _maps(shape: Shape, live: dict[str, Any], config: dict[str, Any]) -> dict[str, Any]:
    merged = dict(live)
    fields, rest = shape.fields, shape.item
    for name, value in config.items():
        found = fields.get(name)
        type_ = found.type if found is not None else rest
        known = name in merged and type_ is not None
        merged[name] = merge(type_, merged[name], value) if known and type_ is not None else value
    return merged


def _lists(shape: Shape, live: list[Any], config: list[Any]) -> list[Any]:
    if not live or not config:
        return live or config
    left = [elements.of_item(shape, each) for each in live]
    right = [elements.of_item(shape, each) for each in config]
    ours = by_element(shape, live)
    theirs = {element: items[0] for element, items in by_element(shape, config).items()}
    item = shape.item

    def taken(element: str) -> Any:
        """The configuration's item, merged with the live one where exactly one is there."""
        mine = ours.get(element, ())
        one = mine[0] if len(mine) == 1 else None
        return theirs[element] if one is None or item is None else merge(item, one, theirs[element])

    return [
        live[at] if at >= 0 else taken(element)
        for at, element in _order(left, right, set(ours), set(theirs))
    ]


def _order(
    left: list[str], right: list[str], ours: set[str], theirs: set[str]
) -> list[tuple[int, str]]:
    """The items of the result: (index in the live list, "") or (-1, element of the other).

    Both lists are walked side by side. A live item that the configuration has too waits for
    its turn there, so the configuration's order wins among what both have; a live item of
    its own is taken where it stands."""
    shared = [each for each in right if each in ours]
    next_shared = 0
    result: list[tuple[int, str]] = []
    merged: set[str] = set()
    at = to = 0
    while at < len(left) or to < len(right):
        wanted = shared[next_shared] if next_shared < len(shared) else None
        if at < len(left) and to < len(right):
            element = left[at]
            if element == right[to]:
                result.append((-1, element))
                merged.add(element)
                at, to, next_shared = at + 1, to + 1, next_shared + 1
                continue
            if element in theirs and wanted is not None and wanted != element:
                at += 1
                continue
        if at < len(left):
            element = left[at]
            if element not in theirs:
                result.append((at, ""))
                at += 1
                continue
            if element in merged:
                at += 1
        if to < len(right):
            element = right[to]
            result.append((-1, element))
            merged.add(element)
            to += 1
            if element == wanted:
                next_shared += 1
    return result
