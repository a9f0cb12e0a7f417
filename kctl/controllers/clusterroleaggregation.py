"""The aggregation controller: cluster roles that collect the rules of others have them.

https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from kctl.api.authorization.aggregation import aggregated, collects
from kctl.api.validation.rbac import GROUP
from kctl.controllers.common import deleting, key_of
from kctl.controllers.types import Changes, Mapper, Object, View
from kctl.store.types import Key

RESOURCE = f"clusterroles.{GROUP}"


def _collectors(role: Object, view: View) -> Iterable[Key]:
    """Any role may have come into a selection, or have left it."""
    return [key_of(RESOURCE, each) for each in view.list(RESOURCE) if collects(each)]


class ClusterRoleAggregationController:
    """`kctl_controllers`: the rules of aggregated cluster roles."""

    name = "clusterrole-aggregation-controller"
    watches: Mapping[str, Mapper] = {RESOURCE: _collectors}

    def sync(self, keys: Sequence[Key], view: View, now: datetime) -> Changes:
        changes = Changes()
        roles = view.list(RESOURCE)
        for key in keys:
            role = view.get(*key)
            if role is None or deleting(role) or not collects(role):
                continue
            rules = aggregated(role, roles)
            if rules != (role.get("rules") or []):
                changes.update({**role, "rules": rules or None})
        return changes
