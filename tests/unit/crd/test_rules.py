"""x-kubernetes-validations: rules in CEL of custom kinds."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.crd.conftest import Extended, Object, crontab, definition

INT = {"type": "integer"}


def with_rules(rules: list[Object], **properties: Any) -> Object:
    found = {"low": INT, "high": INT, "name": {"type": "string"}, **properties}
    return definition({"type": "object", "properties": found, "x-kubernetes-validations": rules})


def created(extended: Extended, spec: Object) -> str:
    """ "" where the object is accepted, what is wrong with it otherwise."""
    from kctl.api.errors import ApiError

    try:
        extended.api.create(crontab(spec))
    except ApiError as error:
        return error.message.removeprefix('CronTab.example.com "c" is invalid: ')
    return ""


@pytest.mark.parametrize(
    ("rule", "spec", "text"),
    [
        ({"rule": "self.low <= self.high"}, {"low": 1, "high": 2}, ""),
        (
            {"rule": "self.low <= self.high"},
            {"low": 3, "high": 2},
            "spec: Invalid value: failed rule: self.low <= self.high",
        ),
        (
            {"rule": "self.low <= self.high", "message": "too low"},
            {"low": 3, "high": 2},
            "spec: Invalid value: too low",
        ),
        (
            {"rule": "self.low <= self.high", "messageExpression": "'low is ' + string(self.low)"},
            {"low": 3, "high": 2},
            "spec: Invalid value: low is 3",
        ),
        (
            {
                "rule": "self.low <= self.high",
                "reason": "FieldValueForbidden",
                "fieldPath": ".low",
                "message": "no",
            },
            {"low": 3, "high": 2},
            "spec.low: Forbidden: no",
        ),
        (
            {
                "rule": "self.low <= self.high",
                "reason": "FieldValueRequired",
                "fieldPath": ".high",
                "message": "no",
            },
            {"low": 3, "high": 2},
            "spec.high: Required value: no",
        ),
        (
            {"rule": "self.low <= self.high"},
            {"low": 3},
            'spec: Invalid value: "object": no such key: high evaluating rule: self.low <= '
            "self.high",
        ),
        (
            {"rule": "self.low <= self.high", "message": "low first"},
            {"low": 3},
            'spec: Invalid value: "object": no such key: high evaluating rule: low first',
        ),
        ({"rule": "!has(self.high) || self.low <= self.high"}, {"low": 3}, ""),
        (
            {"rule": "self.name.matches('^[a-z]+$')"},
            {"name": "A"},
            "spec: Invalid value: failed rule: self.name.matches('^[a-z]+$')",
        ),
        ({"rule": "self == oldSelf"}, {"low": 1}, ""),
        ({"rule": "!oldSelf.hasValue()", "optionalOldSelf": True}, {"low": 1}, ""),
    ],
)
def test_a_rule_decides(extended: Extended, rule: Object, spec: Object, text: str) -> None:
    extended.api.create(with_rules([rule]))
    assert created(extended, spec) == text


def test_rules_stand_at_any_place_and_see_what_is_there(extended: Extended) -> None:
    item = {
        "type": "object",
        "properties": {"a-b": {"type": "string"}, "namespace": {"type": "string"}},
        "x-kubernetes-validations": [{"rule": "self.a__dash__b != self.__namespace__"}],
    }
    extended.api.create(
        definition(
            {
                "type": "object",
                "properties": {
                    "items": {"type": "array", "items": item},
                    "map": {
                        "type": "object",
                        "additionalProperties": {
                            "type": "string",
                            "x-kubernetes-validations": [{"rule": "self.size() < 3"}],
                        },
                    },
                    "when": {
                        "type": "string",
                        "format": "date-time",
                        "x-kubernetes-validations": [
                            {"rule": "self < timestamp('2030-01-01T00:00:00Z')"}
                        ],
                    },
                    "wait": {
                        "type": "string",
                        "format": "duration",
                        "x-kubernetes-validations": [{"rule": "self <= duration('1h')"}],
                    },
                },
            }
        )
    )
    good = {"items": [{"a-b": "x", "namespace": "y"}], "map": {"k": "v"}, "wait": "5m"}
    assert created(extended, {**good, "when": "2026-01-01T00:00:00Z"}) == ""
    bad = {
        "items": [{"a-b": "x", "namespace": "x"}],
        "map": {"k": "long"},
        "when": "2031-01-01T00:00:00Z",
        "wait": "2h",
    }
    message = created(extended, bad)
    for place in (
        "spec.items[0]: ",
        'spec.map[k]: Invalid value: "long"',
        'spec.when: Invalid value: "2031-01-01T00:00:00Z"',
        'spec.wait: Invalid value: "2h"',
    ):
        assert place in message


def test_the_root_sees_the_name(extended: Extended) -> None:
    made = definition()
    made["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["x-kubernetes-validations"] = [
        {"rule": "self.metadata.name != 'c' && self.kind == 'CronTab'", "message": "not c"}
    ]
    extended.api.create(made)
    assert (
        "<nil>: Invalid value: not c"
        in extended.refused(lambda: extended.api.create(crontab())).message
    )


def test_a_transition_rule_compares_with_what_was(extended: Extended) -> None:
    item = {
        "type": "object",
        "required": ["k"],
        "properties": {
            "k": {"type": "string"},
            "v": {"type": "integer", "x-kubernetes-validations": [{"rule": "self >= oldSelf"}]},
        },
    }
    listing = {
        "type": "array",
        "items": item,
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["k"],
    }
    extended.api.create(
        with_rules([{"rule": "self.low == oldSelf.low", "message": "stays"}], list=listing)
    )
    extended.api.create(crontab({"low": 1, "list": [{"k": "a", "v": 5}, {"k": "b", "v": 1}]}))

    def patched(spec: Object) -> str:
        error = extended.refused(
            lambda: extended.api.patch("ct", "c", "default", {"spec": spec}, "merge")
        )
        return error.message

    assert "spec: Invalid value: stays" in patched({"low": 2})
    swapped = [{"k": "b", "v": 1}, {"k": "a", "v": 4}, {"k": "new", "v": 0}]
    message = patched({"list": swapped})
    assert "spec.list[1].v: Invalid value: 4: failed rule: self >= oldSelf" in message
    assert "list[0]" not in message and "list[2]" not in message


def test_a_rule_that_comes_later_does_not_block_what_stays_as_it_is(extended: Extended) -> None:
    extended.api.create(with_rules([]))
    extended.api.create(crontab({"low": 3, "high": 2}))
    made = extended.api.get(
        "customresourcedefinitions.apiextensions.k8s.io", "crontabs.example.com"
    )
    schema = made["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    schema["x-kubernetes-validations"] = [{"rule": "self.low <= self.high"}]
    extended.api.update(made)
    extended.api.patch("ct", "c", "default", {"metadata": {"labels": {"a": "b"}}}, "merge")
    error = extended.refused(
        lambda: extended.api.patch("ct", "c", "default", {"spec": {"low": 4}}, "merge")
    )
    assert "failed rule" in error.message


def test_rules_are_not_asked_about_what_is_no_valid_object(extended: Extended) -> None:
    extended.api.create(with_rules([{"rule": "self.low <= self.high"}]))
    message = created(extended, {"low": "x", "high": 1})
    assert message.endswith(
        "<nil>: Invalid value: null: some validation rules were not checked because the object "
        "was invalid; correct the existing errors to complete validation]"
    )


def test_rules_that_ask_for_too_much_end(extended: Extended) -> None:
    rule = "self.l.all(a, self.l.all(b, self.l.all(c, a + b + c >= 0)))"
    extended.api.create(with_rules([{"rule": rule}], l={"type": "array", "items": INT}))
    message = created(extended, {"l": list(range(300))})
    assert "no further validation rules will be run due to call cost exceeds limit" in message


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (
            {"rule": "self.zz == 1"},
            "compilation failed: ERROR: <input>:1:5: undefined field 'zz'\n"
            " | self.zz == 1\n | ....^",
        ),
        (
            {"rule": "self.low > 'a'"},
            "found no matching overload for '_>_' applied to '(int, string)'",
        ),
        ({"rule": "has(self.low) && self.low > 'a'"}, ""),
        ({"rule": "self.list.all(x, x.zz > 1)"}, "undefined field 'zz'"),
        ({"rule": "self.list.all(x, x.k > 1)"}, ""),
        ({"rule": "self.low +"}, "compilation failed: ERROR: <input>:1:11: Syntax error"),
        ({"rule": "self.low + 1"}, "cel expression must evaluate to a bool"),
        (
            {"rule": "true", "messageExpression": "self.low"},
            "messageExpression must evaluate to a string",
        ),
        ({"rule": "true", "messageExpression": "self.zz"}, "messageExpression compilation failed"),
        (
            {"rule": "true", "optionalOldSelf": True},
            "may not be set if oldSelf is not used in rule",
        ),
        ({"rule": "true", "message": "a\nb"}, "message must not contain line breaks"),
        ({"rule": ""}, "rule: Required value"),
        (
            {"rule": "true", "fieldPath": ".zz"},
            'fieldPath: Invalid value: ".zz": fieldPath must be a valid path',
        ),
        ({"rule": "true", "fieldPath": "low"}, "fieldPath must be a valid path"),
        ({"rule": "true", "fieldPath": ".low"}, ""),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_with_its_definition(
    extended: Extended, rule: Object, text: str
) -> None:
    listing = {"type": "array", "items": {"type": "object", "properties": {"k": INT}}}
    made = with_rules([rule], list=listing)
    if not text:
        extended.api.create(made)
        return
    error = extended.refused(lambda: extended.api.create(made))
    assert text in error.message
    assert "properties[spec].x-kubernetes-validations[0]" in error.message


def test_a_rule_is_shown_as_go_shows_it(extended: Extended) -> None:
    error = extended.refused(lambda: extended.api.create(with_rules([{"rule": "self.zz"}])))
    assert (
        'Invalid value: apiextensions.ValidationRule{Rule:"self.zz", Message:"", '
        'MessageExpression:"", Reason:(*apiextensions.FieldValueErrorReason)(nil), FieldPath:"", '
        "OptionalOldSelf:(*bool)(nil)}: compilation failed: " in error.message
    )


STRINGS = {"type": "array", "items": {"type": "string"}}
MAP = {"type": "object", "additionalProperties": {"type": "string"}}
ITEM = {"type": "object", "properties": {"key": {"type": "string"}, "foo": INT}}
DOCUMENTED = [
    "self.minReplicas <= self.replicas && self.replicas <= self.maxReplicas",
    "'Available' in self.stateCounts",
    "(self.list1.size() == 0) != (self.list2.size() == 0)",
    "self.details.all(key, key.matches('^[a-zA-Z]*$'))",
    "self.details['key'] == 'x' || self.details.size() == 0",
    "!('MY_KEY' in self.details) || self.details['MY_KEY'].matches('^[a-zA-Z]*$')",
    "self.envars.filter(e, e.key == 'MY_ENV').all(e, e.foo > 0)",
    "has(self.expired) && self.created + self.ttl < self.expired",
    "self.health.startsWith('ok')",
    "self.widgets.exists(w, w.key == 'x' && w.foo < 10)",
    "type(self.intOrString) == string ? self.intOrString == '99%' : self.intOrString == 42",
    "self.list1.all(e, !(e in self.list2))",
    "size(self.list1) == size(self.details) && self.list1.all(n, n in self.details)",
    "size(self.widgets.filter(c, c.key == 'x')) == 1",
    "self.list1.isSorted() && self.list1.indexOf('x') < 3",
    "self.widgets.map(w, w.foo).sum() < 100",
    "self.created.getFullYear() > 2000",
    "self.ttl == duration('1h') || self.ttl.getSeconds() < 10",
    "self.blob == bytes('x') || size(self.blob) < 10",
    "quantity(self.health).isLessThan(quantity('1Gi')) || true",
    "self.widgets.all(w1, self.widgets.exists_one(w2, w1.key == w2.key))",
    "self.ratio > 0.5 && self.minReplicas % 2 == 0",
    "!has(oldSelf.health) || has(self.health)",
    "self.embedded.metadata.name != '' && self.embedded.kind == 'Pod'",
    "self.open == null || true",
    "cel.bind(w, self.widgets, w.size() > 0)",
    "self.?health.orValue('ok').startsWith('ok')",
]


def test_rules_as_the_documentation_of_kubernetes_shows_them_compile(extended: Extended) -> None:
    time = {"type": "string", "format": "date-time"}
    properties = {
        "minReplicas": INT, "replicas": INT, "maxReplicas": INT, "stateCounts": MAP,
        "list1": STRINGS, "list2": STRINGS, "details": MAP, "created": time, "expired": time,
        "ttl": {"type": "string", "format": "duration"}, "health": {"type": "string"},
        "widgets": {"type": "array", "items": ITEM}, "envars": {"type": "array", "items": ITEM},
        "intOrString": {"x-kubernetes-int-or-string": True}, "ratio": {"type": "number"},
        "blob": {"type": "string", "format": "byte"},
        "open": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        "embedded": {"type": "object", "x-kubernetes-embedded-resource": True,
                     "x-kubernetes-preserve-unknown-fields": True},
    }  # fmt: skip
    extended.api.create(with_rules([{"rule": rule} for rule in DOCUMENTED], **properties))
