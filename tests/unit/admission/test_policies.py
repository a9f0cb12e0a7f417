"""ValidatingAdmissionPolicies and their bindings."""

from __future__ import annotations

from typing import Any

import pytest

from kctl.api.user import CURRENT, User
from tests.unit.admission.conftest import RULE, Asked, Object, configmap


def policy(*validations: Object, name: str = "p", **spec: Any) -> Object:
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": name},
        "spec": {
            "matchConstraints": {"resourceRules": [RULE]},
            "validations": list(validations),
            **spec,
        },
    }


def binding(*actions: str, name: str = "b", **spec: Any) -> Object:
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": name},
        "spec": {"policyName": "p", "validationActions": list(actions or ["Deny"]), **spec},
    }


HEAD = (
    "configmaps \"c\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: "
)


def outcome(world: Asked, obj: Object | None = None) -> str:
    from kctl.api.errors import ApiError

    try:
        world.api.create(obj or configmap())
    except ApiError as error:
        return error.message.removeprefix(HEAD)
    return ""


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ({"expression": "object.data.k == 'v'"}, ""),
        ({"expression": "object.data.k != 'v'"}, "failed expression: object.data.k != 'v'"),
        ({"expression": "false", "message": "never"}, "never"),
        ({"expression": "false", "messageExpression": "'k is ' + object.data.k"}, "k is v"),
        (
            {"expression": "false", "messageExpression": "object.zz", "message": "fall back"},
            "fall back",
        ),
        (
            {"expression": "object.data.zz == ''"},
            "expression 'object.data.zz == ''' resulted in error: no such key: zz",
        ),
        ({"expression": "oldObject == null"}, ""),
        ({"expression": "request.operation == 'CREATE' && request.namespace == 'default'"}, ""),
        ({"expression": "namespaceObject.metadata.labels.team == 'default'"}, ""),
        (
            {
                "expression": "authorizer.group('').resource('pods').namespace('default')"
                ".check('delete').allowed()"
            },
            "",
        ),
        ({"expression": "authorizer.requestResource.check('create').allowed()"}, ""),
        (
            {
                "expression": "!authorizer.serviceAccount('default', 'x').group('').resource('pod')"
                ".check('list').allowed()"
            },
            "",
        ),
        ({"expression": "authorizer.path('/healthz').check('get').allowed()"}, ""),
    ],
)
def test_a_rule_decides(world: Asked, rule: Object, text: str) -> None:
    world.api.create(policy(rule))
    world.api.create(binding())
    assert outcome(world) == text


def test_a_policy_counts_only_where_it_is_bound(world: Asked) -> None:
    world.api.create(policy({"expression": "false"}))
    assert outcome(world) == ""
    selector = {"namespaceSelector": {"matchLabels": {"team": "other"}}}
    world.api.create(binding(matchResources=selector))
    assert outcome(world, configmap("d")) == ""
    assert outcome(world, configmap(namespace="other")) == "failed expression: false"


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("", 422),
        ("Invalid", 422),
        ("Forbidden", 403),
        ("Unauthorized", 401),
        ("RequestEntityTooLarge", 413),
    ],
)
def test_the_status_is_that_of_the_reason(world: Asked, reason: str, code: int) -> None:
    rule = {"expression": "false", **({"reason": reason} if reason else {})}
    world.api.create(policy(rule))
    world.api.create(binding())
    error = world.refused(lambda: world.api.create(configmap()))
    assert (error.code, error.reason) == (code, reason or "Invalid")
    (cause,) = error.status["details"]["causes"]
    assert cause["message"].startswith("ValidatingAdmissionPolicy 'p' with binding 'b' denied")


def test_a_binding_may_warn_instead(world: Asked) -> None:
    world.api.create(policy({"expression": "false", "message": "careful"}))
    world.api.create(binding("Warn", "Audit"))
    assert outcome(world) == ""
    assert world.warnings == [
        "Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': careful"
    ]


def test_a_policy_that_fails_openly_lets_errors_pass(world: Asked) -> None:
    world.api.create(policy({"expression": "object.data.zz == ''"}, failurePolicy="Ignore"))
    world.api.create(binding())
    assert outcome(world) == ""


def test_variables_are_made_once_and_read_those_before(world: Asked) -> None:
    variables = [
        {"name": "key", "expression": "object.data.k"},
        {"name": "long", "expression": "variables.key.size() > 3"},
        {"name": "unused", "expression": "object.zz"},
    ]
    world.api.create(policy({"expression": "variables.long"}, variables=variables))
    world.api.create(binding())
    assert outcome(world) == "failed expression: variables.long"
    assert outcome(world, configmap(k="long enough")) == ""


def test_a_variable_without_a_value_fails_what_reads_it(world: Asked) -> None:
    variables = [{"name": "x", "expression": "object.zz"}]
    world.api.create(policy({"expression": "variables.x == 1"}, variables=variables))
    world.api.create(binding())
    assert outcome(world) == (
        "expression 'variables.x == 1' resulted in error: composited variable \"x\" fails to "
        "evaluate: no such key: zz"
    )


def test_conditions_say_whether_a_policy_is_asked(world: Asked) -> None:
    conditions = [{"name": "not-system", "expression": "request.userInfo.username != 'kctl'"}]
    world.api.create(policy({"expression": "false"}, matchConditions=conditions))
    world.api.create(binding())
    assert outcome(world) == ""
    token = CURRENT.set(User("jane"))
    try:
        assert "denied request" in world.refused(lambda: world.api.create(configmap("d"))).message
    finally:
        CURRENT.reset(token)


def test_parameters_come_from_objects(world: Asked) -> None:
    kind = {"apiVersion": "v1", "kind": "ConfigMap"}
    rules = {"resourceRules": [{**RULE, "resources": ["secrets"]}]}
    world.api.create(
        policy(
            {"expression": "size(object.data) <= int(params.data.most)"},
            paramKind=kind,
            matchConstraints=rules,
        )
    )
    world.api.create(binding(paramRef={"name": "limits", "parameterNotFoundAction": "Deny"}))

    def secret(name: str, *keys: str) -> Object:
        meta = {"name": name, "namespace": "default"}
        data = dict.fromkeys(keys, "eA==")
        return {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "data": data}

    error = world.refused(lambda: world.api.create(secret("a", "x")))
    assert error.message.endswith(
        "failed to configure binding: no params found for policy binding with `Deny` "
        "parameterNotFoundAction"
    )
    world.api.create(configmap("limits", most="1"))
    world.api.create(secret("a", "x"))
    error = world.refused(lambda: world.api.create(secret("b", "x", "y")))
    assert "failed expression: size(object.data) <= int(params.data.most)" in error.message


def test_resources_can_be_excluded_and_named(world: Asked) -> None:
    excluded = {
        "resourceRules": [{**RULE, "resources": ["*"]}],
        "excludeResourceRules": [{**RULE, "resourceNames": ["spared"]}],
    }
    world.api.create(policy({"expression": "false"}, matchConstraints=excluded))
    world.api.create(binding())
    assert outcome(world, configmap("spared")) == ""
    assert outcome(world) == "failed expression: false"


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        (
            {"validations": [{"expression": "object.x +"}]},
            "spec.validations[0].expression: Invalid "
            'value: "object.x +": compilation failed: ERROR: <input>:1:11: Syntax error',
        ),
        ({"validations": [{"expression": "1"}]}, "must evaluate to bool"),
        (
            {"validations": [{"expression": "true", "messageExpression": "1"}]},
            "must evaluate to string",
        ),
        (
            {"validations": [{"expression": "params.x"}]},
            "<input>:1:1: undeclared reference to 'params' (in container '')\n | params.x\n | ^",
        ),
        ({"validations": [{"expression": "variables.x"}]}, "<input>:1:10: undefined field 'x'"),
        ({"validations": [{"expression": "true", "reason": "Mood"}]}, 'Unsupported value: "Mood"'),
        (
            {"validations": []},
            "spec.validations: Required value: validations or auditAnnotations "
            "must contain at least one item",
        ),
        ({"matchConstraints": None}, "spec.matchConstraints: Required value"),
        ({"variables": [{"name": "a-b", "expression": "1"}]}, "name is not a valid CEL identifier"),
        ({"failurePolicy": "Maybe"}, 'spec.failurePolicy: Unsupported value: "Maybe"'),
    ],
)
def test_a_policy_that_is_wrong_is_refused(world: Asked, spec: Object, text: str) -> None:
    made = policy({"expression": "true"})
    made["spec"] |= spec
    error = world.refused(lambda: world.api.create(made))
    assert error.code == 422 and text in error.message


def test_a_binding_cannot_both_deny_and_warn(world: Asked) -> None:
    error = world.refused(lambda: world.api.create(binding("Deny", "Warn")))
    assert "must not contain both Deny and Warn" in error.message
