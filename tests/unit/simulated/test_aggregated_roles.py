"""Aggregated cluster roles under the real pass."""

from __future__ import annotations

from kctl.api.authorization.bootstrap import ROLES, ensure_bootstrap
from kctl.testing.cluster import Cluster
from tests.unit.authorization.roles import role, rule

LABELS = {"rbac.authorization.k8s.io/aggregate-to-view": "true"}
CRONS = rule("get", "crontabs", "example.com")


def test_a_labelled_role_reaches_whoever_collects_it() -> None:
    cluster = Cluster(nodes=1)
    ensure_bootstrap(cluster.api)
    cluster.create(role("crons", CRONS, metadata={"labels": LABELS}))
    cluster.advance(2)
    for name in ("view", "edit", "admin"):
        assert CRONS in cluster.api.get(ROLES, name)["rules"], name
    cluster.api.delete(ROLES, "crons")
    cluster.advance(2)
    for name in ("view", "edit", "admin"):
        assert CRONS not in cluster.api.get(ROLES, name)["rules"], name
    settled = cluster.api.list(ROLES).items
    cluster.advance(5)
    assert cluster.api.list(ROLES).items == settled
