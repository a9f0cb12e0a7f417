"""Lists and sets: Kubernetes' list library, and the extensions of CEL (lists, sets, math)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cmp_to_key
from itertools import pairwise
from typing import Any

from kctl.api.cel.numbers import add, compare
from kctl.api.cel.values import Budget, CelError, equal, is_in, is_number, no_such_overload
from kctl.api.cel.wire import Uint


def _lists(*values: Any) -> None:
    if not all(isinstance(each, list) for each in values):
        raise no_such_overload()


def _is_sorted(budget: Budget, listed: Any) -> bool:
    _lists(listed)
    budget.spend(len(listed))
    return all(compare(one, other, budget) <= 0 for one, other in pairwise(listed))


def _sum(budget: Budget, listed: Any) -> Any:
    _lists(listed)
    budget.spend(len(listed))
    total: Any = 0
    for at, each in enumerate(listed):
        total = each if at == 0 else add(budget, total, each)
    return total


def _extreme(sign: int, word: str) -> Callable[..., Any]:
    def find(budget: Budget, listed: Any) -> Any:
        _lists(listed)
        if not listed:
            raise CelError(f"{word} called on empty list")
        best = listed[0]
        for each in listed[1:]:
            if compare(each, best, budget) * sign > 0:
                best = each
        return best

    return find


def _sort(budget: Budget, listed: Any) -> list[Any]:
    _lists(listed)
    budget.spend(len(listed) * max(len(listed).bit_length(), 1))
    return sorted(listed, key=cmp_to_key(lambda one, other: compare(one, other, budget)))


def _sort_by(budget: Budget, listed: Any, keys: Any) -> list[Any]:
    """list.@sortByAssociatedKeys: what the macro sortBy becomes."""
    _lists(listed, keys)
    budget.spend(len(listed) * max(len(listed).bit_length(), 1))
    order = sorted(
        range(len(listed)),
        key=cmp_to_key(lambda one, other: compare(keys[one], keys[other], budget)),
    )
    return [listed[at] for at in order]


def _distinct(budget: Budget, listed: Any) -> list[Any]:
    _lists(listed)
    found: list[Any] = []
    for each in listed:
        if not any(equal(each, other, budget) for other in found):
            found.append(each)
    return found


def _flatten(budget: Budget, listed: Any, depth: int = 1) -> list[Any]:
    _lists(listed)
    if depth < 0:
        raise CelError("flatten depth must be non-negative")
    found: list[Any] = []
    for each in listed:
        budget.spend(1)
        if isinstance(each, list) and depth > 0:
            found += _flatten(budget, each, depth - 1) if depth > 1 else each
        else:
            found.append(each)
    budget.spend(len(found))
    return found


def _slice(budget: Budget, listed: Any, start: int, end: int) -> list[Any]:
    _lists(listed)
    if start < 0 or end < 0 or start > end or end > len(listed):
        raise CelError(f"cannot slice({start}, {end}), list is length {len(listed)}")
    budget.spend(end - start)
    return list(listed[start:end])


def _range(budget: Budget, size: Any) -> list[int]:
    if isinstance(size, bool) or not isinstance(size, int):
        raise no_such_overload()
    budget.spend(max(size, 0))
    return list(range(max(size, 0)))


def _first(budget: Budget, listed: Any) -> Any:
    from kctl.api.cel.values import NONE, Optional_

    _lists(listed)
    return Optional_(True, listed[0]) if listed else NONE


def _last(budget: Budget, listed: Any) -> Any:
    from kctl.api.cel.values import NONE, Optional_

    _lists(listed)
    return Optional_(True, listed[-1]) if listed else NONE


def _has_all(budget: Budget, listed: Any, wanted: Any) -> bool:
    _lists(listed, wanted)
    return all(is_in(each, listed, budget) for each in wanted)


def _equivalent(budget: Budget, one: Any, other: Any) -> bool:
    return _has_all(budget, one, other) and _has_all(budget, other, one)


def _intersects(budget: Budget, one: Any, other: Any) -> bool:
    _lists(one, other)
    return any(is_in(each, other, budget) for each in one)


def _of_numbers(sign: int) -> Callable[..., Any]:
    """math.greatest and math.least, whose macros make them @max and @min."""

    def find(budget: Budget, *values: Any) -> Any:
        listed = values[0] if len(values) == 1 and isinstance(values[0], list) else list(values)
        if not listed or not all(is_number(each) for each in listed):
            raise no_such_overload()
        budget.spend(len(listed))
        best = listed[0]
        for each in listed[1:]:
            if (each > best) if sign > 0 else (each < best):
                best = each
        return best

    return find


def _absolute(budget: Budget, value: Any) -> Any:
    if not is_number(value):
        raise no_such_overload()
    return Uint(value) if isinstance(value, Uint) else abs(value)


FUNCTIONS: dict[tuple[str, bool], Any] = {
    ("isSorted", True): _is_sorted,
    ("sum", True): _sum,
    ("min", True): _extreme(-1, "min"),
    ("max", True): _extreme(1, "max"),
    ("sort", True): _sort,
    ("@sortByAssociatedKeys", True): _sort_by,
    ("distinct", True): _distinct,
    ("flatten", True): _flatten,
    ("slice", True): _slice,
    ("first", True): _first,
    ("last", True): _last,
    ("lists.range", False): _range,
    ("sets.contains", False): _has_all,
    ("sets.equivalent", False): _equivalent,
    ("sets.intersects", False): _intersects,
    ("math.@max", False): _of_numbers(1),
    ("math.@min", False): _of_numbers(-1),
    ("math.abs", False): _absolute,
}
