"""Roles are made by whoever has the rights in them, or the verb "escalate" on roles."""

from __future__ import annotations

from kctl.api.admission.rbac_escalation import asker, confirm, refused, rights
from kctl.api.authorization.authorizer import Attributes
from kctl.api.authorization.rules import EVERYTHING
from kctl.api.errors import ApiError
from kctl.api.kind import Request
from kctl.api.validation.rbac import GROUP

_PLURALS = ("roles", "clusterroles")
_NOT_ADMIN = "must have cluster-admin privileges to use the aggregationRule"


class RoleEscalation:
    """Checks the rules of a new or changed role against those of its author."""

    name = "RBACRoleEscalation"

    def admit(self, request: Request) -> None:
        kind = request.kind
        if kind.group != GROUP or kind.plural not in _PLURALS:
            return
        user = asker(request)
        if user is None or request.obj is None:
            return
        name = request.obj["metadata"].get("name", "") if request.old is not None else ""
        authorizer = rights(request)
        may = Attributes(
            user, "escalate", GROUP, kind.plural, namespace=request.namespace, name=name
        )
        if authorizer.authorize(may).allowed:
            return
        confirm(request, authorizer, user, request.obj.get("rules") or ())
        if any((each or {}).get("aggregationRule") for each in (request.obj, request.old)):
            try:
                confirm(request, authorizer, user, EVERYTHING)
            except ApiError:
                raise refused(request, _NOT_ADMIN) from None
