"""A namespace uses no more than its quotas allow: Kubernetes' ResourceQuota admission.

What is used is counted anew for each request, so that it is never out of date; only two
requests of the very same moment can go beyond a quota together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kctl.api import quantity
from kctl.api.errors import ApiError, forbidden
from kctl.api.kind import Object, Request
from kctl.api.quota.scopes import in_scope
from kctl.api.quota.usage import Usage, exceeded, missing, resource_of, total, usage_of

QUOTAS = "resourcequotas"


class ResourceQuota:
    """Refuses what would take a namespace beyond a quota of it."""

    name = "ResourceQuota"

    def admit(self, request: Request) -> None:
        obj, kind = request.obj, request.kind
        if obj is None or request.subresource or not kind.namespaced:
            return
        if request.operation not in ("CREATE", "UPDATE"):
            return
        for quota in request.list(QUOTAS, request.namespace):
            hard = (quota.get("spec") or {}).get("hard") or {}
            mine = [name for name in hard if resource_of(name) == kind.resource]
            if mine and in_scope(quota["spec"], kind.resource, obj):
                _check(request, obj, quota, {name: hard[name] for name in mine})


def _check(request: Request, obj: Object, quota: Object, hard: Mapping[str, str]) -> None:
    resource, name = request.kind.resource, quota["metadata"]["name"]
    if resource == "pods" and request.operation == "CREATE":
        unsaid = [f"{each} for: {','.join(names)}" for each, names in missing(obj, hard)]
        if unsaid:
            why = f"failed quota: {name}: must specify {'; '.join(unsaid)}"
            raise _refusal(request, obj, why)
    asked = _added(request, obj, hard)
    if not any(quantity.parse(amount) > 0 for amount in asked.values()):
        return
    used = total(
        (
            usage_of(resource, each, hard)
            for each in request.list(resource, request.namespace)
            if in_scope(quota["spec"], resource, each)
        ),
        hard,
    )
    over = exceeded(used, asked, dict(hard))
    if over:
        why = (
            f"exceeded quota: {name}, requested: {_shown(asked, over)}, "
            f"used: {_shown(used, over)}, limited: {_shown(hard, over)}"
        )
        raise _refusal(request, obj, why)


def _added(request: Request, obj: Object, hard: Mapping[str, str]) -> Usage:
    """What the request adds: of an update only the difference."""
    resource = request.kind.resource
    after = usage_of(resource, obj, hard)
    if request.old is None:
        return after
    before = usage_of(resource, request.old, hard)
    return {
        name: quantity.render(
            quantity.parse(amount) - quantity.parse(before.get(name, "0")), "decimal"
        )
        for name, amount in after.items()
    }


def _shown(amounts: Mapping[str, Any], names: list[str]) -> str:
    return ",".join(f"{name}={amounts.get(name, '0')}" for name in names)


def _refusal(request: Request, obj: Object, why: str) -> ApiError:
    return forbidden(request.kind.resource, obj["metadata"].get("name", ""), why)
