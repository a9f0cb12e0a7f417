"""Acting as somebody else, by whoever may."""

from __future__ import annotations

import pytest

from kctl.api.authorization.authorizer import Authorizer
from kctl.api.errors import ApiError
from kctl.api.user import ANONYMOUS, AUTHENTICATED, MASTERS, User
from kctl.server.auth.impersonate import impersonate
from tests.unit.authorization.roles import JANE, binding, role, rule, user, world

ROOT = User("root", (MASTERS,))
Lines = list[tuple[str, str]]


@pytest.fixture
def authorizer() -> Authorizer:
    """Jane may act as the user joe, the group ops, and accounts of ci."""
    return world(
        role("j", rule("impersonate", "users", resourceNames=["joe"])),
        role("g", rule("impersonate", "groups", resourceNames=["ops"])),
        binding("j", "ClusterRole/j", user("jane")),
        binding("g", "ClusterRole/g", user("jane")),
        role("a", rule("impersonate", "serviceaccounts")),
        binding("a", "ClusterRole/a", user("jane"), namespace="default"),
    )[1]


def acts(authorizer: Authorizer, lines: Lines, who: User = ROOT) -> User:
    return impersonate(who, lines, authorizer)


def test_without_a_header_nobody_changes(authorizer: Authorizer) -> None:
    assert acts(authorizer, [("Accept", "*/*")], JANE) is JANE


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        ([("Impersonate-User", "joe")], User("joe", (AUTHENTICATED,))),
        (
            [("Impersonate-User", "joe"), ("impersonate-group", "a"), ("Impersonate-Group", "b,c")],
            User("joe", ("a", "b,c", AUTHENTICATED)),
        ),
        (
            [("Impersonate-User", "joe"), ("Impersonate-Group", AUTHENTICATED)],
            User("joe", (AUTHENTICATED,)),
        ),
        (
            [("Impersonate-User", "joe"), ("Impersonate-Uid", "7"),
             ("Impersonate-Extra-acme.com%2Fproject", "x"), ("Impersonate-Extra-A", "1"),
             ("Impersonate-Extra-a", "2")],
            User("joe", (AUTHENTICATED,), "7", {"acme.com/project": ("x",), "a": ("1", "2")}),
        ),
        (
            [("Impersonate-User", "system:serviceaccount:ci:robot")],
            User("system:serviceaccount:ci:robot",
                 ("system:serviceaccounts", "system:serviceaccounts:ci", AUTHENTICATED)),
        ),
        ([("Impersonate-User", "system:anonymous")], ANONYMOUS),
    ],
)  # fmt: skip
def test_whom_the_headers_name(authorizer: Authorizer, lines: Lines, wanted: User) -> None:
    assert acts(authorizer, lines) == wanted


def test_who_may_act_as_whom(authorizer: Authorizer) -> None:
    joe = [("Impersonate-User", "joe")]
    assert acts(authorizer, joe, JANE).name == "joe"
    ops = [*joe, ("Impersonate-Group", "ops")]
    assert acts(authorizer, ops, JANE).groups == ("ops", AUTHENTICATED)
    robot = [("Impersonate-User", "system:serviceaccount:default:robot")]
    assert acts(authorizer, robot, JANE).name == "system:serviceaccount:default:robot"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (
            [("Impersonate-User", "root")],
            'users "root" is forbidden: User "jane" cannot impersonate resource "users" in API '
            'group "" at the cluster scope',
        ),
        (
            [("Impersonate-User", "joe"), ("Impersonate-Group", MASTERS)],
            f'groups "{MASTERS}" is forbidden: User "jane" cannot impersonate resource "groups" '
            'in API group "" at the cluster scope',
        ),
        (
            [("Impersonate-User", "joe"), ("Impersonate-Uid", "7")],
            'uids.authentication.k8s.io "7" is forbidden: User "jane" cannot impersonate resource '
            '"uids" in API group "authentication.k8s.io" at the cluster scope',
        ),
        (
            [("Impersonate-User", "joe"), ("Impersonate-Extra-scopes", "x")],
            'userextras.authentication.k8s.io "x" is forbidden: User "jane" cannot impersonate '
            'resource "userextras/scopes" in API group "authentication.k8s.io" at the cluster '
            "scope",
        ),
        (
            [("Impersonate-User", "system:serviceaccount:ci:robot")],
            'serviceaccounts "robot" is forbidden: User "jane" cannot impersonate resource '
            '"serviceaccounts" in API group "" in the namespace "ci"',
        ),
    ],
)
def test_who_may_not(authorizer: Authorizer, lines: Lines, message: str) -> None:
    with pytest.raises(ApiError) as caught:
        acts(authorizer, lines, JANE)
    assert (caught.value.code, caught.value.message) == (403, message)


@pytest.mark.parametrize("header", ["Impersonate-Group", "Impersonate-Uid", "Impersonate-Extra-x"])
def test_a_user_must_be_named(authorizer: Authorizer, header: str) -> None:
    with pytest.raises(ApiError, match="without impersonating a user") as caught:
        acts(authorizer, [(header, "x")])
    assert caught.value.code == 400
