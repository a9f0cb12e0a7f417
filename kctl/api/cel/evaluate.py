"""Evaluation of checked expressions, with a bound on the work.

The library parses and checks; evaluating is done here, since an expression comes from a
user and must neither hang nor eat the process: every step is counted, in the units of
Kubernetes' own limits, so that the same expression fails alike on every machine. Errors
are values where CEL has them so: `false && error` is false.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kctl.api.cel.functions import FUNCTIONS, TYPES
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
    Comprehension,
    Constant,
    Ident,
    ListNode,
    MapNode,
    Node,
    Select,
)

Frame = dict[str, Any]
Step = Callable[[Frame, Budget], Any]


class Lazy:
    """A variable that is made when it is first read; what it raises, every read raises."""

    def __init__(self, make: Callable[[Budget], Any]) -> None:
        self._make, self._made = make, False
        self._value: Any = None
        self._error: Exception | None = None

    def get(self, budget: Budget) -> Any:
        if not self._made:
            self._made = True
            try:
                self._value = self._make(budget)
            except CelError as error:
                self._error = error
        if self._error is not None:
            raise self._error
        return self._value


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
    return _comprehension(node)


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
        return called(budget, *values)

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


# --- comprehensions ---


def _comprehension(node: Comprehension) -> Step:
    elements, init = _step(node.iter_range), _step(node.accu_init)
    condition, step, result = _step(node.condition), _step(node.step), _step(node.result)
    first, second, accu = node.iter_var, node.iter_var2, node.accu_var
    appends = _appended(node)

    def run(frame: Frame, budget: Budget) -> Any:
        pairs = _pairs(elements(frame, budget), two=bool(second))
        inner = dict(frame)
        try:
            inner[accu] = init(frame, budget)
        except CelError as error:
            inner[accu] = _failing(error)
        for key, value in pairs:
            budget.spend(1)
            if condition(inner, budget) is False:
                break
            inner[first] = key
            if second:
                inner[second] = value
            if appends is not None:
                appends(inner, budget)
                continue
            try:
                inner[accu] = step(inner, budget)
            except CelError as error:
                inner[accu] = _failing(error)
        return result(inner, budget)

    return run


def _failing(error: CelError) -> Lazy:
    """An accumulated error: whoever reads it raises it."""

    def fail(budget: Budget) -> Any:
        raise error

    return Lazy(fail)


def _pairs(value: Any, *, two: bool) -> list[tuple[Any, Any]]:
    if isinstance(value, list):
        return list(enumerate(value)) if two else [(each, None) for each in value]
    if isinstance(value, dict):
        return list(value.items())
    raise no_such_overload()


def _appended(node: Comprehension) -> Step | None:
    """`accu + [x]`, guarded by a condition or not, appends instead of copying: a map() over
    n items costs n, not n squared. None for any other step."""
    guard: Step | None = None
    step = node.step
    if isinstance(step, Call) and step.function == "_?_:_":
        keeps = step.args[2]
        if not (isinstance(keeps, Ident) and keeps.name == node.accu_var):
            return None
        guard, step = _step(step.args[0]), step.args[1]
    if not (isinstance(step, Call) and step.function == "_+_" and len(step.args) == 2):
        return None
    head, tail = step.args
    if not (isinstance(head, Ident) and head.name == node.accu_var):
        return None
    if not (isinstance(tail, ListNode) and isinstance(node.accu_init, ListNode)):
        return None
    return _append(node.accu_var, guard, _step(tail))


def _append(accu: str, guard: Step | None, tail: Step) -> Step:
    def run(frame: Frame, budget: Budget) -> None:
        made = frame[accu]
        if isinstance(made, Lazy):
            return  # it failed already
        try:
            if guard is not None:
                wanted = guard(frame, budget)
                if wanted is False:
                    return
                if wanted is not True:
                    raise no_such_overload()
            made.extend(tail(frame, budget))
        except CelError as error:
            frame[accu] = _failing(error)

    return run
