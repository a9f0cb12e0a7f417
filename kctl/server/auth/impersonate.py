"""Acting as somebody else: the Impersonate-* headers of a request.

Whoever sends them needs the verb "impersonate" on each user, group, uid and extra value that
they name (apiserver's WithImpersonation).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import unquote

from kctl.api.authorization.authorizer import Attributes, Authorizer
from kctl.api.authorization.messages import require
from kctl.api.errors import bad_request
from kctl.api.user import ANONYMOUS, AUTHENTICATED, UNAUTHENTICATED, User
from kctl.server.auth.tokens import account_user, split_account

AUTHENTICATION = "authentication.k8s.io"
_USER, _GROUP, _UID = "impersonate-user", "impersonate-group", "impersonate-uid"
_EXTRA = "impersonate-extra-"


class Wanted(NamedTuple):
    """Whom the headers of a request name."""

    name: str = ""
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: tuple[tuple[str, str], ...] = ()


def wanted(headers: Iterable[tuple[str, str]]) -> Wanted:
    """`headers`: every header line as (name, value), repeated names as often as they stood
    there; names in any case."""
    name, uid = "", ""
    groups: list[str] = []
    extra: list[tuple[str, str]] = []
    for header, value in headers:
        word = header.lower()
        if not word.startswith("impersonate-"):
            continue
        if word == _USER:
            name = name or value
        elif word == _GROUP:
            groups.append(value)
        elif word == _UID:
            uid = uid or value
        elif word.startswith(_EXTRA):
            extra.append((unquote(word.removeprefix(_EXTRA)), value))
    return Wanted(name, tuple(groups), uid, tuple(extra))


def impersonate(user: User, headers: Iterable[tuple[str, str]], authorizer: Authorizer) -> User:
    """The user that a request acts as: `user` where no header names another. Raises ApiError:
    403 for whoever may not, 400 for headers without a user."""
    who = wanted(headers)
    if who == Wanted():
        return user
    if not who.name:
        raise bad_request("requested impersonation without impersonating a user")
    for asked in _questions(user, who):
        require(authorizer, asked)
    return acting(who)


def acting(who: Wanted) -> User:
    """The user that is acted as, with the groups that they have by themselves."""
    account = split_account(who.name)
    groups = who.groups
    if account is not None and not groups:
        groups = account_user(*account).groups
    if who.name == ANONYMOUS.name:
        if UNAUTHENTICATED not in groups:
            groups = (*groups, UNAUTHENTICATED)
    elif not {AUTHENTICATED, UNAUTHENTICATED} & set(groups):
        groups = (*groups, AUTHENTICATED)
    extra: dict[str, tuple[str, ...]] = {}
    for key, value in who.extra:
        extra[key] = (*extra.get(key, ()), value)
    return User(who.name, groups, who.uid, extra)


def _questions(user: User, who: Wanted) -> Iterable[Attributes]:
    account = split_account(who.name)
    if account is not None:
        namespace, name = account
        yield Attributes(
            user, "impersonate", resource="serviceaccounts", namespace=namespace, name=name
        )
    else:
        yield Attributes(user, "impersonate", resource="users", name=who.name)
    for group in who.groups:
        yield Attributes(user, "impersonate", resource="groups", name=group)
    for key, value in who.extra:
        yield Attributes(user, "impersonate", AUTHENTICATION, "userextras", key, name=value)
    if who.uid:
        yield Attributes(user, "impersonate", AUTHENTICATION, "uids", name=who.uid)
