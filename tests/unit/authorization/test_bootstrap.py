"""The default roles: there at once, kept whole, left alone where their owner says so."""

from __future__ import annotations

import pytest

from kctl.api.api import Api
from kctl.api.authorization.authorizer import Attributes, Authorizer
from kctl.api.authorization.bootstrap import BINDINGS, ROLES, ensure_bootstrap
from kctl.api.authorization.policy import AUTOUPDATE
from kctl.api.user import ANONYMOUS, AUTHENTICATED, User
from tests.unit.api.conftest import Desk
from tests.unit.authorization.roles import binding, role, rule, user

JANE = User("jane", (AUTHENTICATED,))


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    ensure_bootstrap(made.api)
    return made


def may(desk: Desk, who: User, *asked: str, path: str | None = None) -> bool:
    authorizer = Authorizer.over(desk.backend)
    return authorizer.authorize(Attributes(who, *asked, path=path)).allowed


def test_a_second_time_writes_nothing(desk: Desk) -> None:
    before = desk.backend.revision()
    ensure_bootstrap(desk.api)
    assert desk.backend.revision() == before


def test_every_default_object_says_that_it_is_one(desk: Desk) -> None:
    for resource in (ROLES, BINDINGS):
        for each in desk.api.list(resource).items:
            assert each["metadata"]["labels"]["kubernetes.io/bootstrapping"] == "rbac-defaults"
            assert each["metadata"]["annotations"][AUTOUPDATE] == "true"


def test_strangers_see_health_and_version_alone(desk: Desk) -> None:
    for path in ("/healthz", "/livez", "/readyz", "/version"):
        assert may(desk, ANONYMOUS, "get", path=path)
    for path in ("/", "/api", "/apis", "/metrics", "/openapi/v2"):
        assert not may(desk, ANONYMOUS, "get", path=path)
    assert not may(desk, ANONYMOUS, "list", "", "pods")


def test_who_is_known_may_look_around(desk: Desk) -> None:
    for path in ("/api", "/apis/apps/v1", "/openapi/v3", "/version"):
        assert may(desk, JANE, "get", path=path)
    assert may(desk, JANE, "create", "authorization.k8s.io", "selfsubjectaccessreviews")
    assert not may(desk, JANE, "get", path="/metrics")


@pytest.mark.parametrize(
    ("name", "asked", "expected"),
    [
        ("view", ("list", "", "pods"), True),
        ("view", ("list", "", "secrets"), False),
        ("view", ("delete", "", "pods"), False),
        ("view", ("get", "metrics.k8s.io", "pods"), True),
        ("edit", ("delete", "", "pods"), True),
        ("edit", ("list", "", "secrets"), True),
        ("edit", ("create", "rbac.authorization.k8s.io", "roles"), False),
        ("admin", ("create", "rbac.authorization.k8s.io", "roles"), True),
        ("admin", ("create", "apps", "deployments"), True),
        ("admin", ("get", "", "nodes"), False),
        ("cluster-admin", ("get", "", "nodes"), True),
        ("cluster-admin", ("frob", "foo.example.com", "bars"), True),
    ],
)
def test_the_roles_for_people(
    desk: Desk, name: str, asked: tuple[str, str, str], expected: bool
) -> None:
    verb, group, resource = asked
    desk.api.create(binding("b", f"ClusterRole/{name}", user("jane"), namespace="default"))
    assert may(desk, JANE, verb, group, resource, "", "default") is expected
    assert not may(desk, JANE, verb, group, resource, "", "other")


def test_rules_that_were_taken_away_come_back(desk: Desk) -> None:
    desk.api.patch(ROLES, "system:basic-user", "", {"rules": None}, "merge")
    ensure_bootstrap(desk.api)
    assert may(desk, JANE, "create", "authorization.k8s.io", "selfsubjectaccessreviews")


def test_rules_that_were_added_stay(desk: Desk) -> None:
    _add_rule(desk.api)
    ensure_bootstrap(desk.api)
    assert may(desk, JANE, "get", "", "nodes")


def _add_rule(api: Api) -> None:
    found = api.get(ROLES, "system:basic-user")
    api.update({**found, "rules": [*found["rules"], rule("get", "nodes")]})


def test_subjects_that_were_taken_away_come_back(desk: Desk) -> None:
    desk.api.patch(BINDINGS, "system:discovery", "", {"subjects": None}, "merge")
    assert not may(desk, JANE, "get", path="/api")
    ensure_bootstrap(desk.api)
    assert may(desk, JANE, "get", path="/api")


def test_an_object_that_opted_out_is_left_alone(desk: Desk) -> None:
    patch = {"subjects": None, "metadata": {"annotations": {AUTOUPDATE: "false"}}}
    desk.api.patch(BINDINGS, "system:discovery", "", patch, "merge")
    ensure_bootstrap(desk.api)
    assert not may(desk, JANE, "get", path="/api")


def test_roles_of_others_join_the_default_ones(desk: Desk) -> None:
    labels = {"rbac.authorization.k8s.io/aggregate-to-view": "true"}
    desk.api.create(role("crons", rule("get", "crontabs", "x.y"), metadata={"labels": labels}))
    ensure_bootstrap(desk.api)
    for name in ("view", "edit", "admin"):
        assert rule("get", "crontabs", "x.y") in desk.api.get(ROLES, name)["rules"]
