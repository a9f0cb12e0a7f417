"""Nobody grants what they do not have."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest

from kctl.api.admission.rbac_bindings import BindingEscalation
from kctl.api.admission.rbac_roles import RoleEscalation
from kctl.api.api import Api
from kctl.api.authorization.bootstrap import ROLES, ensure_bootstrap
from kctl.api.errors import ApiError
from kctl.api.user import AUTHENTICATED, CURRENT, MASTERS, User
from tests.unit.api.conftest import Desk
from tests.unit.authorization.roles import Object, binding, role, rule, user

JANE = User("jane", (AUTHENTICATED,))
PODS = rule("get", "pods")
Act = Callable[[User | None], None]


@pytest.fixture
def act() -> Iterator[Act]:
    token = CURRENT.set(None)
    yield lambda who: CURRENT.set(who) and None
    CURRENT.reset(token)


@pytest.fixture
def api(act: Act) -> Api:
    """Jane is an admin of the namespace default."""
    desk = Desk()
    uids = itertools.count(1000)
    made = Api(
        desk.backend,
        desk.kinds,
        now=lambda: desk.now,
        new_uid=lambda: f"uid-{next(uids)}",
        suffix=lambda: "xxxxx",
        admission=[BindingEscalation(), RoleEscalation()],
    )
    ensure_bootstrap(made)
    made.create(binding("jane", "ClusterRole/admin", user("jane"), namespace="default"))
    act(JANE)
    return made


def refused(api: Api, obj: Object) -> str:
    with pytest.raises(ApiError) as caught:
        api.create(obj)
    assert caught.value.code in (403, 404)
    return caught.value.message


def test_rights_that_one_has_may_be_put_into_a_role(api: Api) -> None:
    api.create(role("r", PODS, namespace="default"))
    api.create(binding("b", "Role/r", user("joe"), namespace="default"))
    api.create(binding("v", "ClusterRole/view", user("joe"), namespace="default"))


def test_rights_that_one_lacks_may_not(api: Api) -> None:
    said = refused(api, role("r", PODS, rule("get list", "nodes"), namespace="default"))
    assert said == (
        'roles.rbac.authorization.k8s.io "r" is forbidden: user "jane" '
        '(groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently '
        'held:\n{APIGroups:[""], Resources:["nodes"], Verbs:["get" "list"]}'
    )


def test_rights_in_one_namespace_are_none_in_another(api: Api) -> None:
    assert 'Resources:["pods"]' in refused(api, role("r", PODS, namespace="kube-system"))
    assert 'Resources:["pods"]' in refused(api, role("r", PODS))


def test_a_binding_gives_no_more_than_its_author_has(api: Api) -> None:
    said = refused(
        api, binding("b", "ClusterRole/cluster-admin", user("jane"), namespace="default")
    )
    assert said.endswith(
        '{APIGroups:["*"], Resources:["*"], Verbs:["*"]}\n{NonResourceURLs:["*"], Verbs:["*"]}'
    )


def test_a_binding_to_a_role_that_is_not_there_tells_so(api: Api) -> None:
    said = refused(api, binding("b", "ClusterRole/gone", user("joe"), namespace="default"))
    assert said == 'clusterroles.rbac.authorization.k8s.io "gone" not found'


def test_an_update_is_checked_as_a_create(api: Api) -> None:
    made = api.create(role("r", PODS, namespace="default"))
    with pytest.raises(ApiError, match="attempting to grant"):
        api.update({**made, "rules": [rule("*", "nodes")]})
    api.update({**made, "rules": [rule("list", "pods")]})


def test_a_patch_is_checked_too(api: Api) -> None:
    api.create(role("r", PODS, namespace="default"))
    with pytest.raises(ApiError, match="attempting to grant"):
        patch = {"rules": [rule("*", "*")]}
        api.patch("roles.rbac.authorization.k8s.io", "r", "default", patch, "merge")


def test_a_dry_run_is_checked_too(api: Api) -> None:
    with pytest.raises(ApiError, match="attempting to grant"):
        api.create(role("r", rule("*", "*"), namespace="default"), dry_run=True)


@pytest.mark.parametrize("who", [None, User("root", (MASTERS,))])
def test_kctl_itself_and_masters_are_free(api: Api, act: Act, who: User | None) -> None:
    act(who)
    api.create(role("r", rule("*", "*")))
    api.create(binding("b", "ClusterRole/cluster-admin", user("joe")))


def test_the_verb_escalate_frees_the_roles(api: Api, act: Act) -> None:
    act(None)
    api.create(role("e", rule("escalate create", "roles", "rbac.authorization.k8s.io")))
    api.create(binding("e", "ClusterRole/e", user("jane"), namespace="default"))
    act(JANE)
    api.create(role("r", rule("*", "*"), namespace="default"))
    assert "forbidden" in refused(api, role("r", rule("*", "*")))


def test_the_verb_bind_frees_the_bindings_to_that_role(api: Api, act: Act) -> None:
    act(None)
    bind = rule(
        "bind", "clusterroles", "rbac.authorization.k8s.io", resourceNames=["cluster-admin"]
    )
    api.create(role("e", bind))
    api.create(binding("e", "ClusterRole/e", user("jane"), namespace="default"))
    api.create(role("other", rule("*", "nodes")))
    act(JANE)
    api.create(binding("b", "ClusterRole/cluster-admin", user("joe"), namespace="default"))
    assert "forbidden" in refused(
        api, binding("c", "ClusterRole/other", user("joe"), namespace="default")
    )


def test_only_an_administrator_collects_the_rules_of_others(api: Api, act: Act) -> None:
    said = refused(api, role("all", aggregationRule={"clusterRoleSelectors": [{}]}))
    assert said == (
        'clusterroles.rbac.authorization.k8s.io "all" is forbidden: '
        "must have cluster-admin privileges to use the aggregationRule"
    )
    act(None)
    api.create(binding("a", "ClusterRole/cluster-admin", user("jane")))
    act(JANE)
    api.create(role("all", aggregationRule={"clusterRoleSelectors": [{}]}))


def test_the_garbage_collector_may_take_its_finalizer(api: Api, act: Act) -> None:
    act(None)
    made = api.create(role("r", rule("*", "*"), metadata={"finalizers": ["x.y/z"]}))
    act(JANE)
    made["metadata"]["finalizers"] = []
    api.update(made)
    assert not api.get(ROLES, "r")["metadata"].get("finalizers")
    with pytest.raises(ApiError, match="attempting to grant"):
        api.patch(ROLES, "r", "", {"metadata": {"labels": {"a": "b"}}}, "merge")
