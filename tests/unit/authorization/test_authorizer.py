"""Who may do what: the rules of matching, the reasons, and that nothing stale is answered."""

from __future__ import annotations

import pytest

from kctl.api.authorization.authorizer import REMEMBERED, Attributes, Authorizer
from kctl.api.authorization.rules import Rule
from kctl.api.user import MASTERS, User
from tests.unit.authorization.roles import (
    JANE,
    account,
    binding,
    group,
    role,
    rule,
    user,
    world,
)


def allows(given: Rule, asked: str, name: str = "", path: str | None = None) -> bool:
    """`asked`: "VERB GROUP RESOURCE[/SUBRESOURCE]"."""
    _, authorizer = world(role("r", given), binding("b", "ClusterRole/r", user("jane")))
    if path is not None:
        return authorizer.authorize(Attributes(JANE, asked, path=path)).allowed
    verb, api_group, resource = asked.split()
    plural, _, subresource = resource.partition("/")
    api_group = "" if api_group == "core" else api_group
    attributes = Attributes(JANE, verb, api_group, plural, subresource, "default", name)
    return authorizer.authorize(attributes).allowed


@pytest.mark.parametrize(
    ("given", "asked", "expected"),
    [
        (rule("get", "pods"), "get core pods", True),
        (rule("get", "pods"), "list core pods", False),
        (rule("get", "pods"), "get apps pods", False),
        (rule("get", "pods"), "get core services", False),
        (rule("*", "pods"), "deletecollection core pods", True),
        (rule("get", "*"), "get core secrets", True),
        (rule("get", "*"), "get core pods/log", True),
        (rule("get", "*"), "get apps deployments", False),
        (rule("get", "*", "*"), "get apps deployments", True),
        (rule("get", "pods", "core apps"), "get apps pods", True),
        (rule("get", "pods"), "get core pods/log", False),
        (rule("get", "pods/log"), "get core pods/log", True),
        (rule("get", "pods/log"), "get core pods", False),
        (rule("update", "*/scale", "apps"), "update apps deployments/scale", True),
        (rule("update", "*/scale", "apps"), "update apps deployments/status", False),
        (rule("update", "*/scale", "apps"), "update apps deployments", False),
        (rule("get", "pods/*"), "get core pods/log", False),  # no wildcard in Kubernetes
        (rule("GET", "pods"), "get core pods", False),
    ],
)
def test_a_rule_allows_what_it_names(given: Rule, asked: str, expected: bool) -> None:
    assert allows(given, asked) is expected


@pytest.mark.parametrize(("name", "expected"), [("a", True), ("c", False), ("", False)])
def test_names_narrow_a_rule(name: str, expected: bool) -> None:
    assert allows(rule("get", "pods", resourceNames=["a", "b"]), "get core pods", name) is expected


@pytest.mark.parametrize(
    ("urls", "path", "expected"),
    [
        (["/healthz"], "/healthz", True),
        (["/healthz"], "/healthz/etcd", False),
        (["/healthz/*"], "/healthz/etcd", True),
        (["/healthz/*"], "/healthz", False),
        (["/heal*"], "/healthz", True),
        (["*"], "/metrics", True),
        (["/a", "/metrics"], "/metrics", True),
    ],
)
def test_urls_may_end_in_a_star(urls: list[str], path: str, expected: bool) -> None:
    assert allows(rule("get", nonResourceURLs=urls), "get", path=path) is expected


def test_a_rule_about_urls_says_nothing_of_resources() -> None:
    assert not allows(rule("*", nonResourceURLs=["*"]), "get core pods")
    assert not allows(rule("*", "*", "*"), "get", path="/metrics")


def test_a_binding_in_a_namespace_counts_there_alone() -> None:
    _, authorizer = world(
        role("r", rule("get", "pods nodes")),
        binding("b", "ClusterRole/r", group("dev"), namespace="default"),
    )

    def may(resource: str, namespace: str) -> bool:
        return authorizer.authorize(
            Attributes(JANE, "get", resource=resource, namespace=namespace)
        ).allowed

    assert may("pods", "default")
    assert not may("pods", "other")
    assert not may("pods", "")
    assert not may("nodes", "")


def test_the_reason_names_binding_role_and_subject() -> None:
    _, authorizer = world(
        role("r", rule("get", "pods"), namespace="default"),
        binding("b", "Role/r", user("jane"), namespace="default"),
        role("c", rule("list", "pods")),
        binding("cb", "ClusterRole/c", account("robot", "ci")),
    )
    found = authorizer.authorize(Attributes(JANE, "get", "", "pods", "", "default"))
    assert found.reason == 'RBAC: allowed by RoleBinding "b/default" of Role "r" to User "jane"'
    robot = User("system:serviceaccount:ci:robot")
    found = authorizer.authorize(Attributes(robot, "list", "", "pods", "", "default"))
    assert found.reason == (
        'RBAC: allowed by ClusterRoleBinding "cb" of ClusterRole "c" to ServiceAccount "robot/ci"'
    )


def test_an_account_without_a_namespace_is_one_of_the_bindings_namespace() -> None:
    _, authorizer = world(
        role("r", rule("get", "pods"), namespace="default"),
        binding("b", "Role/r", account("robot"), namespace="default"),
    )
    robot = User("system:serviceaccount:default:robot")
    assert authorizer.authorize(Attributes(robot, "get", "", "pods", "", "default")).allowed


def test_a_missing_role_is_named_to_whom_it_would_have_helped() -> None:
    _, authorizer = world(binding("b", "ClusterRole/gone", user("jane")))
    found = authorizer.authorize(Attributes(JANE, "get", "", "pods"))
    assert found == (
        False,
        'RBAC: clusterrole.rbac.authorization.k8s.io "gone" not found',
        False,
    )
    assert authorizer.authorize(Attributes(User("joe"), "get", "", "pods")).reason == ""


def test_masters_may_do_everything_without_a_role() -> None:
    _, authorizer = world()
    root = User("root", (MASTERS,))
    assert authorizer.authorize(Attributes(root, "delete", "", "nodes", name="x")) == (
        True,
        "",
        False,
    )
    assert authorizer.authorize(Attributes(root, "get", path="/metrics")).allowed
    assert {"verbs": ["*"], "nonResourceURLs": ["*"]} in authorizer.rules(root, "default").rules


def test_a_change_counts_once_it_is_told() -> None:
    api, authorizer = world(role("r", rule("get", "pods")))
    asked = Attributes(JANE, "get", "", "pods")
    assert not authorizer.authorize(asked).allowed
    made = api.create(binding("b", "ClusterRole/r", user("jane")))
    authorizer.invalidate("pods")
    assert not authorizer.authorize(asked).allowed
    authorizer.invalidate("clusterrolebindings.rbac.authorization.k8s.io")
    assert authorizer.authorize(asked).allowed
    api.delete("clusterrolebindings.rbac.authorization.k8s.io", made["metadata"]["name"])
    authorizer.invalidate()
    assert not authorizer.authorize(asked).allowed


def test_what_is_remembered_is_bounded_and_right() -> None:
    _, authorizer = world(
        role("r", rule("get", "pods", resourceNames=["p7"])),
        binding("b", "ClusterRole/r", user("jane")),
    )
    for number in range(REMEMBERED + 10):
        asked = Attributes(JANE, "get", "", "pods", name=f"p{number}")
        assert authorizer.authorize(asked).allowed is (number == 7)
    _, known = authorizer._current()
    assert len(known) <= REMEMBERED


def test_rules_of_a_user_come_from_every_binding() -> None:
    _, authorizer = world(
        role("c", rule("get", "nodes")),
        binding("cb", "ClusterRole/c", group("dev")),
        role("r", rule("get", "pods"), namespace="default"),
        binding("b", "Role/r", user("jane"), namespace="default"),
        binding("gone", "Role/gone", user("jane"), namespace="default"),
    )
    found = authorizer.rules(JANE, "default")
    assert found.rules == [rule("get", "nodes"), rule("get", "pods")]
    assert found.error == 'role.rbac.authorization.k8s.io "gone" not found'
    assert authorizer.rules(JANE, "other").rules == [rule("get", "nodes")]


def test_it_reads_nothing_again_while_nothing_changes() -> None:
    reads: list[str] = []

    def read(resource: str) -> list[dict[str, object]]:
        reads.append(resource)
        return []

    authorizer = Authorizer(read)
    for _ in range(5):
        authorizer.authorize(Attributes(JANE, "get", "", "pods"))
    assert len(reads) == 4
