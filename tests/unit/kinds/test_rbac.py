"""Roles and bindings: what is refused, what is filled in, their rows."""

from __future__ import annotations

from typing import Any

import pytest

from kctl.api.api import Api
from kctl.api.errors import ApiError
from tests.unit.api.conftest import Desk
from tests.unit.authorization.roles import account, binding, group, role, rule, user
from tests.unit.kinds.objects import CREATED, EPOCH, row

Object = dict[str, Any]
GROUP = "rbac.authorization.k8s.io"


@pytest.fixture
def api() -> Api:
    return Desk().api


def refused(api: Api, obj: Object) -> list[str]:
    with pytest.raises(ApiError) as caught:
        api.create(obj)
    assert caught.value.code == 422
    return [f"{cause['field']}: {cause['message']}" for cause in caught.value.details["causes"]]


NOTHING: list[str] = []


@pytest.mark.parametrize(
    ("given", "namespace", "said"),
    [
        ({"verbs": NOTHING}, "", ["verbs: Required value: verbs must contain at least one value",
            "apiGroups: Required value: resource rules must supply at least one api group",
            "resources: Required value: resource rules must supply at least one resource"]),
        (rule("get", nonResourceURLs=["/x"]), "default", [
            'nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to '
            "non-resource URLs"]),
        (rule("get", "pods", nonResourceURLs=["/x"]), "", [
            'nonResourceURLs: Invalid value: ["/x"]: rules cannot apply to both regular '
            "resources and non-resource URLs"]),
    ],
)  # fmt: skip
def test_rules_that_say_nothing_are_refused(
    api: Api, given: Object, namespace: str, said: list[str]
) -> None:
    found = refused(api, role("r", given, namespace=namespace))
    assert found == [f"rules[0].{each}" for each in said]


def test_an_aggregation_needs_a_selector(api: Api) -> None:
    assert refused(api, role("r", aggregationRule={})) == [
        "aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector "
        "required if aggregationRule is non-nil"
    ]
    selector = {"matchExpressions": [{"key": "a", "operator": "Frob"}]}
    (said,) = refused(api, role("r", aggregationRule={"clusterRoleSelectors": [selector]}))
    assert said.startswith("aggregationRule.clusterRoleSelectors[0].matchExpressions[0].operator:")


@pytest.mark.parametrize(
    ("to", "namespace", "said"),
    [
        ("Frob/r", "default",
            'roleRef.kind: Unsupported value: "Frob": supported values: "Role", "ClusterRole"'),
        ("Role/r", "", 'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"'),
        ("ClusterRole/", "", "roleRef.name: Required value"),
        ("ClusterRole/a/b", "", "roleRef.name: Invalid value: \"a/b\": may not contain '/'"),
    ],
)  # fmt: skip
def test_a_binding_leads_to_a_role(api: Api, to: str, namespace: str, said: str) -> None:
    assert refused(api, binding("b", to, namespace=namespace)) == [said]


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        (user(""), ["name: Required value"]),
        (account("a"), ["namespace: Required value"]),
        (account("A b", "x"), ['name: Invalid value: "A b": a lowercase RFC 1123 subdomain']),
        ({**account("a", "x"), "apiGroup": "y"},
            ['apiGroup: Unsupported value: "y": supported values: ""']),
        ({**user("a"), "apiGroup": "y"},
            [f'apiGroup: Unsupported value: "y": supported values: "{GROUP}"']),
        ({"kind": "Frob", "name": "a"}, ['kind: Unsupported value: "Frob": supported values: '
            '"ServiceAccount", "User", "Group"']),
    ],
)  # fmt: skip
def test_a_subject_is_somebody(api: Api, subject: Object, said: list[str]) -> None:
    found = refused(api, binding("b", "ClusterRole/r", subject))
    assert len(found) == len(said)
    for text, start in zip(found, said, strict=True):
        assert text.startswith(f"subjects[0].{start}")


def test_users_groups_and_roles_are_of_rbac(api: Api) -> None:
    made = binding("b", "ClusterRole/r", user("a"), group("g"), account("s", "x"))
    del made["roleRef"]["apiGroup"]
    stored = api.create(made)
    assert stored["roleRef"]["apiGroup"] == GROUP
    assert [each.get("apiGroup") for each in stored["subjects"]] == [GROUP, GROUP, None]


def test_a_binding_leads_to_one_role_for_ever(api: Api) -> None:
    made = api.create(binding("b", "ClusterRole/r"))
    made["roleRef"]["name"] = "other"
    with pytest.raises(ApiError) as caught:
        api.update(made)
    shown = f'{{"APIGroup":"{GROUP}","Kind":"ClusterRole","Name":"other"}}'
    assert caught.value.message == (
        f'ClusterRoleBinding.{GROUP} "b" is invalid: roleRef: Invalid value: {shown}: '
        "cannot change roleRef"
    )


def test_the_names_of_roles_are_path_segments(api: Api) -> None:
    assert api.create(role("system:node"))["metadata"]["name"] == "system:node"
    for name in ("a/b", "a%b", "..", "."):
        assert refused(api, role(name))[0].startswith("metadata.name: Invalid value")


def test_a_role_without_rules_shows_null(api: Api) -> None:
    assert api.create(role("r"))["rules"] is None
    assert api.get(f"clusterroles.{GROUP}", "r")["rules"] is None


def test_the_row_of_a_role_is_its_time() -> None:
    obj = role("r", namespace="default", metadata={"creationTimestamp": CREATED})
    assert row(obj) == ["r", CREATED]


def test_the_row_of_a_binding_is_whom_it_is_for() -> None:
    obj = binding("b", "ClusterRole/view", user("a"), user("c"), group("g"), account("s", "x"))
    obj["metadata"]["creationTimestamp"] = CREATED
    assert row(obj) == ["b", "ClusterRole/view", [EPOCH], "a, c", "g", "x/s"]
