"""Bindings are made by whoever has the rights of the role, or the verb "bind" on it."""

from __future__ import annotations

from kctl.api.admission.rbac_escalation import asker, confirm, rights
from kctl.api.authorization.authorizer import Attributes
from kctl.api.errors import not_found
from kctl.api.kind import Request
from kctl.api.validation.rbac import GROUP, ROLES

_PLURALS = ("rolebindings", "clusterrolebindings")


class BindingEscalation:
    """Checks the rules that a new or changed binding gives against those of its author."""

    name = "RBACBindingEscalation"

    def admit(self, request: Request) -> None:
        kind = request.kind
        if kind.group != GROUP or kind.plural not in _PLURALS:
            return
        user = asker(request)
        if user is None or request.obj is None:
            return
        reference = request.obj.get("roleRef") or {}
        word, name = reference.get("kind", ""), reference.get("name", "")
        if word not in ROLES or not name:
            return  # such a binding is refused for what it says
        plural = f"{word.lower()}s"
        authorizer = rights(request)
        may = Attributes(user, "bind", GROUP, plural, namespace=request.namespace, name=name)
        if authorizer.authorize(may).allowed:
            return
        rules = authorizer.role_rules(reference, request.namespace)
        if rules is None:
            raise not_found(f"{plural}.{GROUP}", name)
        confirm(request, authorizer, user, rules)
