"""Whatever values an expression meets, it has a value, an error of CEL, or no budget left."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kctl.api.cel.expression import CompileError, compile
from kctl.api.cel.functions import FUNCTIONS
from kctl.api.cel.values import Budget, CelError, CostExceeded

WORDS = [
    "10Gi", "10.0.0.1", "10.0.0.0/8", "1.2.3", "https://a:1/b", "1h", "%s", "[a-", "0", "-1",
    "2024-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
]  # fmt: skip
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
TYPES = (("self", "dyn"),)
MADE = ["self.a", "quantity(self.a)", "ip(self.a)", "cidr(self.a)", "url(self.a)", "semver(self.a)",
        "duration(self.a)", "timestamp(self.a)", "optional.of(self.a)", "self.?a", "[self.a]",
        "format.uuid()", "self.a + self.b"]  # fmt: skip


def _expressions() -> list[str]:
    """Every function, as method and otherwise, with none to two arguments."""
    found = []
    for name, member in FUNCTIONS:
        if not name.replace(".", "").isidentifier() or "@" in name:
            continue
        for count in range(3):
            given_ = ", ".join(["self.b", "self.c"][:count])
            if member:
                found += [f"{each}.{name}({given_})" for each in MADE]
            else:
                found.append(f"{name}({given_})")
    found += [
        f"self.a {sign} self.b" for sign in ("+", "-", "*", "/", "%", "<", ">=", "==", "in", "&&")
    ]
    found += [
        "self.a[self.b]",
        "self.a[?self.b]",
        "-self.a",
        "!self.a",
        "self.a ? self.b : self.c",
        "self.a.all(x, x == self.b)",
        "self.a.map(x, x + self.b)",
        "{self.a: self.b}",
        "'%s %d %x'.format([self.a, self.b, self.c])",
        "type(self.a) == type(self.b)",
    ]
    return found  # fmt: skip


def _compiled() -> list[Any]:
    made = []
    for text in _expressions():
        with suppress(CompileError):
            made.append(compile(text, TYPES))
    return made


COMPILED = _compiled()


def test_there_is_something_to_try() -> None:
    assert len(COMPILED) > 300


@given(st.sampled_from(COMPILED), VALUES, VALUES, VALUES)
@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_function_takes_every_value(expression: Any, a: Any, b: Any, c: Any) -> None:
    with suppress(CelError, CostExceeded):
        expression.evaluate({"self": {"a": a, "b": b, "c": c}}, Budget(100_000))


@given(st.text(st.sampled_from("selfab.()[]{}?:+-*/%<>=!&|'\"0123 ,inullq"), max_size=30))
@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_text_compiles_or_is_refused(text: str) -> None:
    with suppress(CompileError):
        expression = compile(text, TYPES)
        with suppress(CelError, CostExceeded):
            expression.evaluate({"self": {"a": 1}}, Budget(100_000))
