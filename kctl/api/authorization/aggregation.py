"""Cluster roles that collect the rules of others (aggregationRule)."""

from __future__ import annotations

from collections.abc import Iterable

from kctl.api.authorization.rules import Rule
from kctl.api.kind import Object
from kctl.api.selectors import from_object


def collects(role: Object) -> bool:
    """Whether the rules of a cluster role are those of others."""
    return role.get("aggregationRule") is not None


def aggregated(role: Object, roles: Iterable[Object]) -> list[Rule]:
    """The rules that `role` should have: of every role that one of its selectors picks, by
    the order of their names, each rule once; never its own."""
    selectors = (role["aggregationRule"] or {}).get("clusterRoleSelectors") or ()
    tests = [from_object(each) for each in selectors]
    found: list[Rule] = []
    for each in sorted(roles, key=lambda other: str(other["metadata"]["name"])):
        meta = each["metadata"]
        if meta["name"] == role["metadata"]["name"]:
            continue
        if any(test.matches(meta.get("labels") or {}) for test in tests):
            found += [rule for rule in each.get("rules") or () if rule not in found]
    return found


def settle(roles: list[Object]) -> list[Object]:
    """Those of `roles` whose rules have to change, with their new rules. One may collect
    what another collects, so it goes on until nothing changes."""
    now = {str(each["metadata"]["name"]): each for each in roles}
    changed: set[str] = set()
    for _ in range(len(roles) + 1):
        again = False
        for name, role in list(now.items()):
            if collects(role):
                rules = aggregated(role, now.values())
                if rules != (role.get("rules") or []):
                    now[name] = {**role, "rules": rules or None}
                    changed.add(name)
                    again = True
        if not again:
            break
    return [now[name] for name in sorted(changed)]
