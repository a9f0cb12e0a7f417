"""Nobody grants what they do not have: the check that roles and bindings share.

https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping
"""

from __future__ import annotations

from collections.abc import Iterable

from kctl.api.authorization.authorizer import Authorizer
from kctl.api.authorization.rules import Rule, compact, compact_text, missing, quoted
from kctl.api.errors import forbidden
from kctl.api.kind import Object, Request
from kctl.api.user import MASTERS, User

_COLLECTED = ("ownerReferences", "finalizers")
"""What the garbage collector must be free to change."""


def asker(request: Request) -> User | None:
    """Who has to be checked: nobody where the request may do everything, or where it writes
    something that gives no rights."""
    user = request.user
    if user is None or MASTERS in user.groups or request.subresource or request.obj is None:
        return None
    if request.operation not in ("CREATE", "UPDATE"):
        return None
    if request.old is not None and _content(request.obj) == _content(request.old):
        return None
    return user


def _content(obj: Object) -> Object:
    skipped = (*_COLLECTED, "resourceVersion", "managedFields")
    meta = {name: value for name, value in obj["metadata"].items() if name not in skipped}
    return {**obj, "metadata": meta}


def rights(request: Request) -> Authorizer:
    """An authorizer over the objects that the request sees."""
    return Authorizer(request.list)


def confirm(request: Request, authorizer: Authorizer, user: User, rules: Iterable[Rule]) -> None:
    """Raises ApiError 403 where the user does not hold every one of the rules."""
    held = authorizer.rules(user, request.namespace)
    lacking = missing(held.rules, rules)
    if not lacking:
        return
    texts = sorted({compact_text(each) for each in compact(lacking)})
    why = (
        f'user "{user.name}" (groups={quoted(user.groups)}) is attempting to grant RBAC '
        "permissions not currently held:\n" + "\n".join(texts)
    )
    if held.error:
        why += f"; resolution errors: [{held.error}]"
    raise refused(request, why)


def refused(request: Request, why: str) -> Exception:
    name = request.obj["metadata"].get("name", "") if request.obj else ""
    return forbidden(request.kind.resource, name, why)
