"""kctl's evaluation against the CEL library's own, expression by expression."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from cel_expr_python import cel
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kctl.api.cel.declarations import EXTENSIONS
from kctl.api.cel.expression import PER_CALL, CompileError, compile
from kctl.api.cel.values import Budget, CelError

TYPES = (("self", "dyn"),)
SELF = {
    "a": 1,
    "f": 1.5,
    "s": "héllo",
    "l": [3, 1, 2],
    "m": {"k": "v", "n": "w"},
    "items": [{"x": 1, "y": "a"}, {"x": 2}],
    "n": None,
    "b": True,
    "t": "2024-02-29T12:30:45Z",
}

EXPRESSIONS = [
    "self.a + 2 * 3 - 4 / 2 % 3",
    "-7 / 2 == -3 && -7 % 3 == -1",
    "self.f * 2.0",
    "self.a == 1 && self.f > 1.0",
    "self.a == self.f",
    "self.s + '!' == 'héllo!'",
    "self.s.size()",
    "size(self.l) + self.m.size()",
    "self.l.map(x, x * 2)",
    "self.l.filter(x, x > 1)",
    "self.l.map(x, x > 1, x + 10)",
    "self.l.all(x, x > 0)",
    "self.l.exists(x, x == 2)",
    "self.l.exists_one(x, x > 1)",
    "self.m.all(k, k != 'z')",
    "self.m.exists(k, v, v == 'w')",
    "self.items.all(i, has(i.x))",
    "self.items.exists(i, i.y == 'a')",
    "self.items.map(i, has(i.y) ? i.y : 'none')",
    "has(self.a) && !has(self.zz)",
    "self.?zz.orValue(5)",
    "self.?a.hasValue()",
    "self.items[0].x",
    "self.m['k']",
    "1 in self.l && 'k' in self.m",
    "self.n == null",
    "self.b ? 'yes' : 'no'",
    "false && self.zz",
    "self.zz && false",
    "true || self.zz",
    "self.zz == 1 || true",
    "int('42') + int(3.7) + int(true ? 1 : 0)",
    "double('1.5') + double(2)",
    "string(1) + string(1.5) + string(true)",
    "bytes('abc') == b'abc'",
    "uint(3) + 4u",
    "duration('90m') > duration('1h')",
    "duration('90s').getSeconds()",
    "duration('1h30m').getMinutes()",
    "timestamp(self.t).getFullYear()",
    "timestamp(self.t).getMonth() + timestamp(self.t).getDate()",
    "timestamp(self.t).getDayOfYear() + timestamp(self.t).getDayOfWeek()",
    "timestamp(self.t).getHours('-02:00')",
    "timestamp(self.t) + duration('1s') > timestamp(self.t)",
    "timestamp(self.t) - timestamp('2024-02-29T12:30:00Z')",
    "type(self.a) == int && type(self.s) == string",
    "'abc'.contains('b') && 'abc'.startsWith('a') && 'abc'.endsWith('c')",
    "'abc'.matches('^a.c$')",
    "'hello'.charAt(1) + 'hello'.substring(1, 3)",
    "'hello'.indexOf('l') + 'hello'.lastIndexOf('l')",
    "'a,b,c'.split(',')",
    "'a,b,c'.split(',', 2)",
    "['a', 'b'].join('-')",
    "'aaa'.replace('a', 'b', 2)",
    "'  x '.trim() + 'ABC'.lowerAscii() + 'abc'.upperAscii()",
    "'%s has %d items, %.2f'.format(['x', 3, 1.5])",
    "'%s'.format([[1, 'a', true]])",
    "sets.contains([1, 2, 3], [2]) && sets.equivalent([1, 2], [2, 1])",
    "sets.intersects([1], [2])",
    "math.greatest(1, 5, 3) + math.least([4, 2])",
    "cel.bind(x, 4, x * x)",
    "[1, 2].transformList(i, v, i + v)",
    "[?self.?zz, ?self.?a]",
    "{'k': self.a, ?'z': self.?zz}",
    "self.l.sort()",
    "self.items.sortBy(i, -i.x)",
    "[[1], [2, 3]].flatten()",
    "[1, 1, 2].distinct()",
    "[1, 2, 3].slice(1, 2)",
    "lists.range(3)",
    "[1, 2] + [3]",
    "[1, [2.0]] == [1, [2.0]]",
    "{'a': [1]} == {'a': [1]}",
    "dyn(1) == 1.0 && dyn(1) != 'a'",
    "'b' > 'a' && b'b' > b'a' && true > false",
    "1 < 2 && 1u < 2u && 1.0 < 1.5",
]


def ours(text: str, self_: Any = SELF) -> Any:
    return compile(text, TYPES).evaluate({"self": self_}, Budget(PER_CALL))


def theirs(text: str, self_: Any = SELF) -> Any:
    config = cel.NewEnvConfigFromYaml(EXTENSIONS)
    environment = cel.NewEnv(config=config, variables={"self": cel.Type.DYN})
    answer = environment.compile(text).eval(data={"self": self_})
    if answer.type() == cel.Type.ERROR:
        raise CelError(str(answer))
    return answer.plain_value()


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_an_expression_has_the_value_that_the_library_gives_it(text: str) -> None:
    assert ours(text) == theirs(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("self.zz", "no such key: zz"),
        ("self.l[7]", "index out of bounds: 7"),
        ("self.m['zz']", "no such key: zz"),
        ("1 / 0", "division by zero"),
        ("1 % 0", "modulus by zero"),
        ("9223372036854775807 + self.a", "integer overflow"),
        ("int('x')", "cannot convert 'x' to int"),
        ("self.s + 1", "no such overload"),
        ("self.a.b", "no such overload"),
        ("self.s.matches('[a-')", "error parsing regexp: missing ]: [a-"),
        ("optional.none().value()", "optional.none() dereference"),
        ("self.zz || false", "no such key: zz"),
    ],
)
def test_what_fails_fails_in_the_words_of_kubernetes(text: str, words: str) -> None:
    with pytest.raises(CelError) as caught:
        ours(text)
    assert str(caught.value) == words
    with pytest.raises((CelError, RuntimeError)):
        theirs(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("self.a +", "ERROR: <input>:1:9: Syntax error:"),
        ("foo > 1", "ERROR: <input>:1:1: undeclared reference to 'foo' (in container '')"),
        ("1 + 'a'", "found no matching overload for '_+_' applied to '(int, string)'"),
        ("quantity(1)", "found no matching overload for 'quantity' applied to '(int)'"),
        ("(" * 200 + "1" + ")" * 200, "recursion"),
        ("'" + "a" * 200_000 + "'", "expression size exceeds limit"),
    ],
)
def test_what_does_not_compile_says_where(text: str, words: str) -> None:
    with pytest.raises(CompileError) as caught:
        compile(text, TYPES)
    assert words in str(caught.value)


_SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
_numbers = st.integers(-(2**63), 2**63 - 1)


@_SLOW
@given(_numbers, _numbers, st.sampled_from(["+", "-", "*", "/", "%", "<", "<=", "==", "!="]))
def test_integers_are_reckoned_as_the_library_does(one: int, other: int, sign: str) -> None:
    text = f"self.one {sign} self.other"
    data = {"one": one, "other": other}
    try:
        expected = theirs(text, data)
    except CelError:
        with pytest.raises(CelError):
            ours(text, data)
    else:
        assert ours(text, data) == expected


_texts = st.characters(min_codepoint=1, exclude_categories=["Cs"])


@_SLOW
@given(st.text(_texts, max_size=20), st.text(_texts, min_size=1, max_size=3))
def test_texts_are_taken_apart_as_the_library_does(text: str, part: str) -> None:
    for rule in ("self.t.split(self.p)", "self.t.replace(self.p, 'x')", "self.t.indexOf(self.p)",
                 "self.t.contains(self.p)", "self.t.trim()", "self.t < self.p"):  # fmt: skip
        data = {"t": text, "p": part}
        assert ours(rule, data) == theirs(rule, data), rule


def test_a_duration_is_what_go_reads() -> None:
    assert ours("duration('1.5h')") == timedelta(minutes=90)
    for wrong in ("", "1", "1x", "h"):
        with pytest.raises(CelError):
            ours("duration(self)", wrong)


def test_maps_are_transformed() -> None:
    """The library checks it and cannot evaluate it."""
    assert ours("{'a': 1, 'b': 2}.transformMap(k, v, v * 2)") == {"a": 2, "b": 4}
