"""Keeps the status of resource quotas: what is allowed, and what is used of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from kctl.api.quota.scopes import in_scope
from kctl.api.quota.usage import Usage, resource_of, total, usage_of
from kctl.controllers.common import key_of, namespace_of
from kctl.controllers.types import Changes, Mapper, Object, View
from kctl.store.types import Key

QUOTAS = "resourcequotas"


def _of_any(obj: Object, view: View) -> Iterable[Key]:
    """The quotas of the namespace that the object lives in."""
    namespace = namespace_of(obj)
    if not namespace:
        return []
    return [key_of(QUOTAS, quota) for quota in view.list(QUOTAS, namespace)]


class ResourceQuotaController:
    """`kctl_controllers`: resourcequotas."""

    name = "resourcequota-controller"
    watches: Mapping[str, Mapper] = {"*": _of_any}

    def sync(self, keys: Sequence[Key], view: View, now: datetime) -> Changes:
        changes = Changes()
        for key in keys:
            quota = view.get(*key)
            if quota is None:
                continue
            hard = (quota.get("spec") or {}).get("hard") or {}
            status = {"hard": dict(hard), "used": used(quota, view)} if hard else {}
            if status != (quota.get("status") or {}):
                changes.update_status({**quota, "status": status})
        return changes


def used(quota: Object, view: View) -> Usage:
    """What the namespace uses now of each name that the quota limits."""
    spec = quota["spec"]
    by_resource: dict[str | None, list[str]] = {}
    for name in spec.get("hard") or {}:
        by_resource.setdefault(resource_of(name), []).append(name)
    found: Usage = {}
    for resource, names in by_resource.items():
        listed = [] if resource is None else view.list(resource, namespace_of(quota))
        found |= total(
            (
                usage_of(resource or "", each, names)
                for each in listed
                if in_scope(spec, resource or "", each)
            ),
            names,
        )
    return {name: found[name] for name in spec.get("hard") or {}}
