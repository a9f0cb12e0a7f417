"""Every function that an expression may call, by its name and whether it is a method.

The standard library of CEL and its extensions (strings, sets, lists, math, optionals) are
here and in the modules beside; those of Kubernetes are in `kctl.api.cel.kubernetes`. A
function gets the budget and its values, the receiver first, and raises CelError.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kctl.api.cel import (
    authorizer,
    conversions,
    kubernetes,
    lists,
    network,
    numbers,
    strings,
    times,
)
from kctl.api.cel.values import (
    NONE,
    Budget,
    CelError,
    Optional_,
    TypeValue,
    equal,
    is_in,
    no_such_overload,
    type_name,
)

Function = Callable[..., Any]

TYPES = frozenset(
    {
        "bool", "bytes", "double", "duration", "int", "list", "map", "null_type", "string",
        "timestamp", "type", "uint", "google.protobuf.Timestamp", "google.protobuf.Duration",
        "kubernetes.Quantity", "kubernetes.URL", "net.IP", "net.CIDR", "kubernetes.NamedFormat",
        "kubernetes.Semver", "optional_type",
    }
)  # fmt: skip


def _equals(budget: Budget, one: Any, other: Any) -> bool:
    return equal(one, other, budget)


def _differs(budget: Budget, one: Any, other: Any) -> bool:
    return not equal(one, other, budget)


def _in(budget: Budget, value: Any, container: Any) -> bool:
    return is_in(value, container, budget)


def _not(budget: Budget, value: Any) -> bool:
    if not isinstance(value, bool):
        raise no_such_overload()
    return not value


def _index(budget: Budget, container: Any, key: Any) -> Any:
    if isinstance(container, Optional_):
        return _optional_index(budget, container, key)
    if isinstance(container, list):
        if isinstance(key, bool) or not isinstance(key, int | float) or key != int(key):
            raise no_such_overload()
        if not 0 <= key < len(container):
            raise CelError(f"index out of bounds: {int(key)}")
        return container[int(key)]
    if isinstance(container, dict):
        if isinstance(key, list | dict) or key not in container:
            raise CelError(f"no such key: {key}")
        return container[key]
    raise no_such_overload()


def _optional_index(budget: Budget, container: Any, key: Any) -> Optional_:
    if isinstance(container, Optional_):
        if not container.there:
            return NONE
        container = container.value
    try:
        return Optional_(True, _index(budget, container, key))
    except CelError as error:
        if str(error) == "no such overload":
            raise
        return NONE


def _type(budget: Budget, value: Any) -> TypeValue:
    return TypeValue(type_name(value))


def _dyn(budget: Budget, value: Any) -> Any:
    return value


def _optional_of(budget: Budget, value: Any) -> Optional_:
    return Optional_(True, value)


def _optional_non_zero(budget: Budget, value: Any) -> Optional_:
    return Optional_(True, value) if value else NONE


def _optional_none(budget: Budget) -> Optional_:
    return NONE


def _has_value(budget: Budget, value: Any) -> bool:
    if not isinstance(value, Optional_):
        raise no_such_overload()
    return value.there


def _value(budget: Budget, value: Any) -> Any:
    if not isinstance(value, Optional_):
        raise no_such_overload()
    if not value.there:
        raise CelError("optional.none() dereference")
    return value.value


def _map_insert(budget: Budget, into: dict[Any, Any], *more: Any) -> dict[Any, Any]:
    """cel.@mapInsert: of transformMap and transformMapEntry."""
    budget.spend(1 + len(into))
    added = more[0] if len(more) == 1 else {more[0]: more[1]}
    for key in added:
        if key in into:
            raise CelError(f"insert failed: key {key} already exists")
    return {**into, **added}


FUNCTIONS: dict[tuple[str, bool], Function] = {
    ("_==_", False): _equals,
    ("_!=_", False): _differs,
    ("@in", False): _in,
    ("_in_", False): _in,
    ("!_", False): _not,
    ("_[_]", False): _index,
    ("_[?_]", False): _optional_index,
    ("type", False): _type,
    ("dyn", False): _dyn,
    ("optional.of", False): _optional_of,
    ("optional.ofNonZeroValue", False): _optional_non_zero,
    ("optional.none", False): _optional_none,
    ("hasValue", True): _has_value,
    ("value", True): _value,
    ("cel.@mapInsert", False): _map_insert,
    **numbers.FUNCTIONS,
    **strings.FUNCTIONS,
    **conversions.FUNCTIONS,
    **times.FUNCTIONS,
    **lists.FUNCTIONS,
    **kubernetes.FUNCTIONS,
    **network.FUNCTIONS,
    **authorizer.FUNCTIONS,
}
