"""Expressions that ask for too much end, with little memory and in counted steps."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest

from kctl.api.cel.expression import PER_CALL, compile
from kctl.api.cel.values import Budget, CostExceeded

REPLACED = "'" + "x" * 50 + "'"
for _ in range(3):
    REPLACED = f"{REPLACED}.replace('x', {REPLACED})"

HOSTILE: list[tuple[str, Any]] = [
    ("self.all(a, self.all(b, self.all(c, a + b + c >= 0)))", list(range(1000))),
    (REPLACED + ".size() > 0", None),
    ("['x']" + ".map(x, x + x)" * 26 + ".size() > 0", None),
    ("[[1]]" + ".map(x, x + x)" * 24 + ".size() > 0", None),
    ("self.contains('" + "a" * 1000 + "b')", "a" * 2_000_000),
    ("self.map(x, self.map(y, self)).size() > 0", list(range(3000))),
    ("lists.range(1000000000).size() > 0", None),
    ("self.all(x, self == self)", [["a" * 1000] * 100] * 100),
    ("self.map(x, x).sort().size() > 0", list(range(200_000, 0, -1))),
    ("'%.999d'.format([1]) == '' || self.all(x, '%s'.format([self]) != '')", ["a" * 1000] * 999),
]


@pytest.mark.parametrize(("text", "value"), HOSTILE, ids=[text[:40] for text, _ in HOSTILE])
def test_a_hostile_expression_runs_out_of_budget(text: str, value: Any) -> None:
    expression = compile(text, (("self", "dyn"),))
    tracemalloc.start()
    try:
        with pytest.raises(CostExceeded):
            expression.evaluate({"self": value}, Budget(PER_CALL // 5))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 256 << 20


def test_a_pattern_that_stops_other_engines_is_linear() -> None:
    expression = compile("self.matches('(a*)*b')", (("self", "dyn"),))
    assert expression.evaluate({"self": "a" * 100_000}, Budget(PER_CALL)) is False


def test_a_map_over_many_items_costs_by_their_number() -> None:
    expression = compile("self.map(x, x + 1).size() == 50000", (("self", "dyn"),))
    budget = Budget(PER_CALL)
    assert expression.evaluate({"self": list(range(50_000))}, budget) is True
    assert PER_CALL - budget.left < 1_000_000
