"""Macros: all(), exists(), map(), filter() and their like are folds over a list or a map."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kctl.api.cel.steps import Frame, Lazy, Step
from kctl.api.cel.values import Budget, CelError, no_such_overload
from kctl.api.cel.wire import Call, Comprehension, Ident, ListNode, Node

Compile = Callable[[Node], Step]


def comprehension(node: Comprehension, compile: Compile) -> Step:
    """`compile` makes the steps of the parts."""
    elements, init = compile(node.iter_range), compile(node.accu_init)
    condition, step = compile(node.condition), compile(node.step)
    result = compile(node.result)
    first, second, accu = node.iter_var, node.iter_var2, node.accu_var
    appends = _appended(node, compile)

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


def _appended(node: Comprehension, compile: Compile) -> Step | None:
    """`accu + [x]`, guarded by a condition or not, appends instead of copying: a map() over
    n items costs n, not n squared. None for any other step."""
    guard: Step | None = None
    step = node.step
    if isinstance(step, Call) and step.function == "_?_:_":
        keeps = step.args[2]
        if not (isinstance(keeps, Ident) and keeps.name == node.accu_var):
            return None
        guard, step = compile(step.args[0]), step.args[1]
    if not (isinstance(step, Call) and step.function == "_+_" and len(step.args) == 2):
        return None
    head, tail = step.args
    if not (isinstance(head, Ident) and head.name == node.accu_var):
        return None
    if not (isinstance(tail, ListNode) and isinstance(node.accu_init, ListNode)):
        return None
    return _append(node.accu_var, guard, compile(tail))


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
