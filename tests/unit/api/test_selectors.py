from __future__ import annotations

import pytest

from kctl.api.errors import ApiError
from kctl.api.selectors import from_map, from_object, parse_fields, parse_labels


@pytest.mark.parametrize(
    ("text", "labels", "matches"),
    [
        ("", {}, True),
        ("a=b", {"a": "b"}, True),
        ("a==b", {"a": "c"}, False),
        ("a!=b", {}, True),
        ("a!=b", {"a": "b"}, False),
        ("a", {"a": ""}, True),
        ("!a", {"a": ""}, False),
        ("a in (b, c)", {"a": "c"}, True),
        ("a notin (b,c)", {}, True),
        ("a in ()", {"a": ""}, True),
        ("a in (,b)", {"a": ""}, True),
        ("a>5", {"a": "6"}, True),
        ("a>5", {"a": "x"}, False),
        ("a<5", {"a": "4"}, True),
        ("a=,b=c", {"a": "", "b": "c"}, True),
        ("in in (in)", {"in": "in"}, True),
        ("x.io/a = b , c", {"x.io/a": "b", "c": ""}, True),
    ],
)
def test_label_selectors(text, labels, matches):
    assert parse_labels(text).matches(labels) is matches


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a in", "unable to parse requirement: found '' expected: '('"),
        ("a in (b", "unable to parse requirement: found '', expected: ',' or ')'"),
        ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
        ("=a", "found '=', expected: !, identifier, or 'end of string'"),
        ("a,", "found '', expected: identifier after ','"),
        ("a=b c", "found 'c', expected: ',' or 'end of string'"),
        ("a=!", "unable to parse requirement: found '!', expected: identifier"),
        (
            "a_=b",
            'unable to parse requirement: <nil>: Invalid value: "a_": name part must consist of '
            "alphanumeric characters, '-', '_' or '.', and must start and end with an "
            "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
            "validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
        ),
        (
            "a>b",
            "unable to parse requirement: values[0]: Invalid value: \"b\": for 'Gt', 'Lt' "
            "operators, the value must be an integer",
        ),
    ],
)
def test_label_selectors_that_cannot_be_read(text, message):
    with pytest.raises(ApiError) as caught:
        parse_labels(text)
    assert caught.value.message == message


def test_a_selector_prints_in_the_order_of_its_keys():
    assert str(parse_labels("b in (y,x),a=1,!c,d")) == "a=1,b in (x,y),!c,d"


def test_label_selector_objects():
    selector = from_object(
        {
            "matchLabels": {"a": "1"},
            "matchExpressions": [{"key": "b", "operator": "NotIn", "values": ["x"]}],
        }
    )
    assert selector.matches({"a": "1", "b": "y"})
    assert not selector.matches({"a": "1", "b": "x"})
    assert str(selector) == "a=1,b notin (x)"
    assert not from_object(None).matches({})
    assert from_object({}).matches({})
    assert from_map({"a": "1"}).matches({"a": "1", "b": "2"})


def test_field_selectors():
    selector = parse_fields(r"a=b,c!=d\,e,f==")
    values = {"a": "b", "c": "x", "f": ""}
    assert selector.matches(values.__getitem__)
    assert not selector.matches({**values, "c": "d,e"}.__getitem__)
    assert str(selector) == r"a=b,c!=d\,e,f="


@pytest.mark.parametrize("text", ["a", "a=b=c", r"a=\x"])
def test_field_selectors_that_cannot_be_read(text):
    with pytest.raises(ApiError):
        parse_fields(text)
