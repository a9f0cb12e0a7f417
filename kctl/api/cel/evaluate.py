"""Evaluation of checked expressions, with a bound on the work.

The library parses and checks; evaluating is done here, since an expression comes from a
user and must neither hang nor eat the process: every step is counted, in the units of
Kubernetes' own limits, so that the same expression fails alike on every machine. Errors
are values where CEL has them so: `false && error` is false.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kctl.api.cel.comprehensions import comprehension
from kctl.api.cel.functions import FUNCTIONS, TYPES
from kctl.api.cel.steps import Frame, Lazy, Step
from kctl.api.cel.values import (
    NONE,
    Budget,
    CelError,
    Optional_,
    TypeValue,
    no_such_overload,
)
from kctl.api.cel.wire import (
    Call,
    Constant,
    Ident,
    ListNode,
    MapNode,
    Node,
    Select,
)


def program(node: Node) -> Callable[[Mapping[str, Any], Budget], Any]:
    """What evaluates an expression over its variables. Raises CelError, CostExceeded."""
    step = _step(node)
    return lambda variables, budget: step(dict(variables), budget)


def _step(node: Node) -> Step:
    if isinstance(node, Constant):
        value = node.value
        return lambda frame, budget: value
    if isinstance(node, Ident):
        return _ident(node.name)
    if isinstance(node, Select):
        return _select(node)
    if isinstance(node, Call):
        return _call(node)
    if isinstance(node, ListNode):
        return _list(node)
    if isinstance(node, MapNode):
        return _map(node)
    return comprehension(node, _step)


def _ident(name: str) -> Step:
    def read(frame: Frame, budget: Budget) -> Any:
        budget.spend(1)
        if name in frame:
            value = frame[name]
            return value.get(budget) if isinstance(value, Lazy) else value
        if name in TYPES:
            return TypeValue(name)
        raise CelError(f"no such attribute(s): {name}")

    return read


def field_of(value: Any, field: str) -> Any:
    """Raises CelError."""
    if isinstance(value, Optional_):
        return optional_field(value, field)
    if not isinstance(value, dict):
        raise no_such_overload()
    if field not in value:
        raise CelError(f"no such key: {field}")
    return value[field]


def optional_field(value: Any, field: str) -> Optional_:
    if isinstance(value, Optional_):
        if not value.there:
            return NONE
        value = value.value
    if not isinstance(value, dict):
        raise no_such_overload()
    return Optional_(True, value[field]) if field in value else NONE


def _select(node: Select) -> Step:
    operand, field = _step(node.operand), node.field
    path = _path(node)

    def read(frame: Frame, budget: Budget) -> Any:
        budget.spend(1)
        if path is not None and path in frame:  # a variable whose name has dots
            return frame[path]
        value = operand(frame, budget)
        if isinstance(value, dict):
            found = value.get(field, NONE)
            if found is not NONE:
                return found.get(budget) if isinstance(found, Lazy) else found
        return field_of(value, field)

    def test(frame: Frame, budget: Budget) -> bool:
        budget.spend(1)
        value = operand(frame, budget)
        if isinstance(value, Optional_):
            return optional_field(value, field).there
        if not isinstance(value, dict):
            raise no_such_overload()
        return field in value

    return test if node.test_only else read


def _path(node: Select) -> str | None:
    if isinstance(node.operand, Ident):
        return f"{node.operand.name}.{node.field}"
    return None


def _list(node: ListNode) -> Step:
    steps = [_step(each) for each in node.elements]
    optional = node.optional

    def make(frame: Frame, budget: Budget) -> list[Any]:
        budget.spend(10)
        made: list[Any] = []
        for at, step in enumerate(steps):
            value = step(frame, budget)
            if at not in optional:
                made.append(value)
            elif value.there:
                made.append(value.value)
        return made

    return make


def _map(node: MapNode) -> Step:
    entries = [(_step(key), _step(value), optional) for key, value, optional in node.entries]

    def make(frame: Frame, budget: Budget) -> dict[Any, Any]:
        budget.spend(30)
        made: dict[Any, Any] = {}
        for key_step, value_step, optional in entries:
            key, value = key_step(frame, budget), value_step(frame, budget)
            if not isinstance(key, bool | int | str):
                raise CelError("unsupported key type")
            if not optional:
                made[key] = value
            elif value.there:
                made[key] = value.value
        return made

    return make


# --- calls ---


def _call(node: Call) -> Step:
    special = _SPECIAL.get(node.function)
    if special is not None:
        return special(node)
    args = [_step(each) for each in ((node.target,) if node.target else ()) + node.args]
    function = FUNCTIONS.get((node.function, node.target is not None))
    if function is None:
        text = f"no such overload: {node.function}"

        def refuse(frame: Frame, budget: Budget) -> Any:
            raise CelError(text)

        return refuse
    called = function

    def call(frame: Frame, budget: Budget) -> Any:
        values = [arg(frame, budget) for arg in args]
        budget.spend(1)
        try:
            return called(budget, *values)
        except (TypeError, AttributeError):  # dynamic values of other types than it takes
            raise no_such_overload() from None
        except (OverflowError, ValueError):
            raise CelError("value out of range") from None

    return call


def _logic(stops: bool) -> Callable[[Call], Step]:
    """`&&` stops at false, `||` at true; an error counts only where the other side does not
    decide."""

    def build(node: Call) -> Step:
        left, right = (_step(each) for each in node.args)

        def run(frame: Frame, budget: Budget) -> Any:
            error: CelError | None = None
            try:
                value = left(frame, budget)
                if value is stops:
                    return stops
                if not isinstance(value, bool):
                    error = no_such_overload()
            except CelError as caught:
                error = caught
            value = right(frame, budget)
            if value is stops:
                return stops
            if error is not None:
                raise error
            if not isinstance(value, bool):
                raise no_such_overload()
            return not stops

        return run

    return build


def _conditional(node: Call) -> Step:
    condition, yes, no = (_step(each) for each in node.args)

    def run(frame: Frame, budget: Budget) -> Any:
        value = condition(frame, budget)
        if value is True:
            return yes(frame, budget)
        if value is False:
            return no(frame, budget)
        raise no_such_overload()

    return run


def _not_strictly_false(node: Call) -> Step:
    inner = _step(node.args[0])

    def run(frame: Frame, budget: Budget) -> bool:
        try:
            return inner(frame, budget) is not False
        except CelError:
            return True

    return run


def _optional_select(node: Call) -> Step:
    operand = _step(node.args[0])
    constant = node.args[1]
    field = constant.value if isinstance(constant, Constant) else ""

    def run(frame: Frame, budget: Budget) -> Optional_:
        budget.spend(1)
        return optional_field(operand(frame, budget), field)

    return run


def _or(value: bool) -> Callable[[Call], Step]:
    """optional.or(other) and optional.orValue(other): the other is asked only where needed."""

    def build(node: Call) -> Step:
        target = _step(node.target) if node.target is not None else _step(node.args[0])
        other = _step(node.args[-1])

        def run(frame: Frame, budget: Budget) -> Any:
            found = target(frame, budget)
            if not isinstance(found, Optional_):
                raise no_such_overload()
            if not found.there:
                return other(frame, budget)
            return found.value if value else found

        return run

    return build


_SPECIAL: dict[str, Callable[[Call], Step]] = {
    "_&&_": _logic(False),
    "_||_": _logic(True),
    "_?_:_": _conditional,
    "@not_strictly_false": _not_strictly_false,
    "__not_strictly_false__": _not_strictly_false,
    "_?._": _optional_select,
    "or": _or(False),
    "orValue": _or(True),
}
