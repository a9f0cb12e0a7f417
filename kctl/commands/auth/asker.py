"""Whom a question is about: the owner of the database, or --as somebody else."""

from __future__ import annotations

from kctl.api.authorization.authorizer import Authorizer
from kctl.api.user import AUTHENTICATED, MASTERS, User
from kctl.commands.command import UsageError
from kctl.commands.context import Context
from kctl.commands.parse import Args
from kctl.server.auth.impersonate import Wanted, acting
from kctl.server.auth.kubeconfig import USER
from kctl.server.auth.pki import ADMIN
from kctl.server.auth.reviews import Reviews

OWNER = User(ADMIN, (MASTERS, AUTHENTICATED))
"""Who works on the database itself may do what the administrator of a server may."""


def asker(args: Args) -> User:
    """Raises UsageError with client-go's text."""
    name, groups, uid = args["as"], args["as-group"], args["as-uid"]
    extra = _extra(args["as-user-extra"])
    if not name:
        if groups or uid or extra:
            raise UsageError(
                f"requesting uid, groups or user-extra for {USER} without impersonating a user"
            )
        return OWNER
    return acting(Wanted(name, tuple(groups), uid, extra))


def _extra(words: list[str]) -> tuple[tuple[str, str], ...]:
    found = []
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            raise UsageError(f"invalid user-extra: {word}, must be in the form of key=value")
        found.append((key.lower(), value))
    return tuple(found)


def reviews(ctx: Context) -> Reviews:
    """As the server of this control plane would answer."""
    return Reviews(Authorizer.over(ctx.plane.store), now=ctx.time)
